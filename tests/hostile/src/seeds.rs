//! What the fuzzers begin with: the samples of the parsers, each as an input of every target that it is for.

use crate::packages::unpacked;
use crate::targets::{TARGETS, Target};
use fence::Parsed;
use fs_err as fs;
use std::io;
use std::path::{Path, PathBuf};

/// Larger files only slow a fuzzer down.
const MAX_SEED: u64 = 200 << 10;

/// The folders of samples in this repository.
///
/// # Errors
/// When the repository cannot be read.
pub fn seed_folders() -> io::Result<Vec<PathBuf>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = own.ancestors().nth(2).unwrap_or(own);
    let mut folders = vec![own.join("samples")];
    for entry in fs::read_dir(root.join("crates"))? {
        let tests = entry?.path().join("tests");
        folders.extend(
            [tests.join("samples"), tests.join("it/samples")].into_iter().filter(|path| path.is_dir()),
        );
    }
    folders.sort();
    Ok(folders)
}

/// The inputs of a target that the files in these folders make, each with its file's name.
///
/// # Errors
/// When a folder cannot be read.
pub fn seeds(target: Target, folders: &[PathBuf]) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut seeds = Vec::new();
    for folder in folders {
        for file in files(folder)? {
            let extension = file.extension().unwrap_or_default().to_string_lossy().to_lowercase();
            let Some(choice) = target.seeds.iter().position(|known| *known == extension) else { continue };
            let bytes = fs::read(&file)?;
            let body = if target.is_packed { unpacked(&bytes).unwrap_or_default() } else { bytes };
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            seeds.push((format!("{}-{name}", seeds.len()), [&[choice as u8][..], &body].concat()));
        }
    }
    if target.name == "wire" {
        seeds.extend(replies());
    }
    seeds.extend(crate::custody::seeds(target.name)?);
    Ok(seeds)
}

/// All files below a folder that are small enough, in the order of their names.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.metadata()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.len() <= MAX_SEED {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Replies of parsers to small texts.
fn replies() -> Vec<(String, Vec<u8>)> {
    let steps: [&[u8]; 3] =
        [b"", b"\0\x03T\x01\x02\x01\x05hello\x06\x00\x04page", b"\x80\0\x04\x03a|b\x05\x03c|d"];
    let reply = |steps: &[u8]| {
        let document = crate::chunks::built(crate::input::Input::new(steps));
        fence::wire_bytes(document.map(Parsed::without_parts)).unwrap_or_default()
    };
    steps.into_iter().enumerate().map(|(n, steps)| (format!("{n}-reply"), reply(steps))).collect()
}

/// Writes the seeds of each target into a folder of its name.
///
/// # Errors
/// When a folder cannot be read, or one not be written.
pub fn write_seeds(into: &Path, folders: &[PathBuf]) -> io::Result<()> {
    for target in TARGETS {
        let folder = into.join(target.name);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds(target, folders)? {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}
