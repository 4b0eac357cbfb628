//! The files of a workspace, as the disk has them, and those folders that somebody made by name: they are empty files whose name ends with a slash.

use crate::FOLDERS;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::Path;

/// How the names of folders begin that are made by name; others come and go with what is in them.
pub(crate) const MADE: &str = "made";

/// The workload's files with their bytes, by path inside the workspace.
pub(crate) fn files(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for folder in FOLDERS {
        gather(root, folder, &mut found)?;
    }
    Ok(found)
}

/// What lies below a folder, by path inside the workspace.
pub(crate) fn below(root: &Path, folder: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    gather(root, folder, &mut found)?;
    found.retain(|path, _| !path.ends_with('/'));
    Ok(found)
}

fn gather(root: &Path, folder: &str, found: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let entries = match fs_err::read_dir(root.join(folder)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            if entry.file_name().to_string_lossy().starts_with(MADE) {
                found.insert(format!("{path}/"), Vec::new());
            }
            gather(root, &path, found)?;
        } else {
            found.insert(path, fs_err::read(entry.path())?);
        }
    }
    Ok(())
}

/// Copies a folder with everything in it.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs_err::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
