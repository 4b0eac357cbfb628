//! The sources of the sample: what they are, and fetching them with the ordinary tools.
//!
//! Invariant: text is read only from packages whose SHA-256 is the listed one.
//! Not here: what is taken out of the text.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use fs_err as fs;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::read::Reader;

#[derive(Deserialize)]
struct List {
    source: Vec<Entry>,
}

/// One entry of `SOURCES.toml`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    kind: Kind,
    version: String,
    sha256: String,
    #[expect(dead_code, reason = "for people; reading it makes sure that it is there")]
    license: String,
    /// Folders inside the package; only files below them count.
    pub(super) folders: Vec<String>,
    /// How names of files end, without the dot.
    pub(super) endings: Vec<String>,
    pub(super) reader: Reader,
    /// Whether some of the files are compressed one by one.
    #[serde(default)]
    gzip: bool,
    /// Whether the files' names have no dot. A whole name is then taken for an ending.
    #[serde(default)]
    bare: bool,
    /// The version of Python that a wheel is for. It is only read, so it need not be the one that is here.
    #[serde(default = "usual_python")]
    python: String,
    /// At most so many passages.
    pub(super) passages: usize,
}

fn usual_python() -> String {
    "3.12".to_owned()
}

/// Who distributes a package.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// A binary package of Debian.
    Debian,
    /// A wheel of the Python package index.
    Python,
    /// A crate of the Rust registry, which must be among this workspace's dependencies.
    Crate,
}

/// An entry and where its files are.
pub(super) struct Source {
    pub(super) entry: Entry,
    pub(super) dir: PathBuf,
}

/// Reads the list, fetches what is missing into `work`, and unpacks it.
pub(super) fn fetch(list: &Path, work: &Path) -> anyhow::Result<Vec<Source>> {
    let list: List = toml::from_str(&fs::read_to_string(list)?)?;
    let one = |entry: Entry| {
        let dir = work.join("sources").join(format!(
            "{}-{}",
            entry.name,
            &entry.sha256[..16.min(entry.sha256.len())]
        ));
        if !dir.exists() {
            fetch_one(&entry, work, &dir).with_context(|| format!("source {}", entry.name))?;
        }
        Ok(Source { entry, dir })
    };
    list.source.into_iter().map(one).collect()
}

fn fetch_one(entry: &Entry, work: &Path, dir: &Path) -> anyhow::Result<()> {
    println!("fetching {} {}", entry.name, entry.version);
    let package = match entry.kind {
        Kind::Crate => cached_crate(&entry.name, &entry.version)?,
        kind => download(kind, entry, &work.join("download"))?,
    };
    let found: String =
        Sha256::digest(fs::read(&package)?).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(found == entry.sha256, "SHA-256 is {found}, not {}", entry.sha256);
    let unpacked = dir.with_extension("new");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir_all(&unpacked)?;
    let mut unpack = match entry.kind {
        Kind::Debian => command("dpkg-deb", &["-x"]),
        Kind::Python => command("python3", &["-m", "zipfile", "-e"]),
        Kind::Crate => command("tar", &["-x", "-z", "-f"]),
    };
    unpack.arg(&package);
    if matches!(entry.kind, Kind::Crate) {
        unpack.arg("-C");
    }
    run(unpack.arg(&unpacked))?;
    for folder in entry.folders.iter().map(|folder| unpacked.join(folder)) {
        if entry.gzip {
            decompress(&folder)?;
        }
        if entry.bare {
            dot_names(&folder)?;
        }
    }
    fs::rename(&unpacked, dir)?;
    Ok(())
}

/// Decompresses the files of `dir` that are compressed; the second ending is a variant of the format for dictionaries.
fn decompress(dir: &Path) -> anyhow::Result<()> {
    for suffix in [".gz", ".dz"] {
        run(command("gzip", &["--decompress", "--recursive", "--suffix", suffix]).arg(dir))?;
    }
    Ok(())
}

/// Puts a dot before the names of the files in `dir` that have none.
fn dot_names(dir: &Path) -> anyhow::Result<()> {
    let names: Vec<_> = fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    for name in names.iter().filter_map(|name| name.to_str()) {
        if !name.contains('.') && dir.join(name).is_file() {
            fs::rename(dir.join(name), dir.join(format!(".{name}")))?;
        }
    }
    Ok(())
}

fn download(kind: Kind, entry: &Entry, dir: &Path) -> anyhow::Result<PathBuf> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)?;
    let mut command = match kind {
        Kind::Debian => command("apt-get", &["download", &format!("{}={}", entry.name, entry.version)]),
        _ => {
            let spec = format!("{}=={}", entry.name, entry.version);
            let python = format!("--python-version={}", entry.python);
            let options = ["--no-deps", "--only-binary=:all:", &python, "--disable-pip-version-check", "-q"];
            command("python3", &[&["-m", "pip", "download"][..], &options, &[&spec]].concat())
        }
    };
    run(command.current_dir(dir))?;
    let mut files = fs::read_dir(dir)?;
    let file = files.next().context("nothing was downloaded")??;
    Ok(file.path())
}

/// A crate's package as cargo keeps it.
fn cached_crate(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("cargo has no home")?;
    let file = format!("{name}-{version}.crate");
    for registry in fs::read_dir(home.join("registry/cache"))? {
        let path = registry?.path().join(&file);
        if path.exists() {
            return Ok(path);
        }
    }
    bail!("{file} is not in cargo's cache: run `cargo fetch`")
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} failed: {}", said.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_reads_and_names_each_package_once() {
        let text = fs::read_to_string(crate::root().join("data/student/SOURCES.toml")).unwrap();
        let list: List = toml::from_str(&text).unwrap();
        let mut names: Vec<_> = list.source.iter().map(|entry| &entry.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), list.source.len());
        for entry in &list.source {
            let is_hash = entry.sha256.len() == 64 && entry.sha256.bytes().all(|c| c.is_ascii_hexdigit());
            assert!(is_hash && entry.passages > 0 && !entry.folders.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn files_that_are_compressed_or_have_no_ending_become_readable() {
        let dir = std::env::temp_dir().join(format!("xtask-sources-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for (name, suffix) in [("words.dict", ".dz"), ("notes.txt", ".gz")] {
            fs::write(dir.join(name), name).unwrap();
            run(command("gzip", &["--suffix", suffix]).arg(dir.join(name))).unwrap();
        }
        fs::write(dir.join("food"), "food").unwrap();
        decompress(&dir).unwrap();
        dot_names(&dir).unwrap();
        let mut found: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        found.sort();
        let text = fs::read_to_string(dir.join("words.dict")).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!(found, [".food", "notes.txt", "words.dict"]);
        assert_eq!(text, "words.dict");
    }
}
