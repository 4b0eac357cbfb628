//! The folder that is measured: a copy under `target/bench/`, so that the original is never changed.

use crate::Failure;
use std::path::{Path, PathBuf};

pub(crate) struct Copy {
    pub(crate) root: PathBuf,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

/// Where cargo unpacks the sources of dependencies.
pub(crate) fn registry_sources() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let source = home.ok_or("no cargo home is known; name a folder")?.join("registry").join("src");
    let registry =
        std::fs::read_dir(&source)?.next().ok_or("cargo has unpacked no sources yet; name a folder")??;
    Ok(registry.path())
}

/// Copies a folder's regular files. An index of an earlier run goes.
pub(crate) fn prepare(folder: &Path) -> Result<Copy, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench/folder");
    if root.exists() {
        std::fs::remove_dir_all(&root)?;
    }
    std::fs::create_dir_all(&root)?;
    let mut copy = Copy { root: root.canonicalize()?, files: 0, bytes: 0 };
    let mut open = vec![(folder.to_path_buf(), copy.root.clone())];
    while let Some((from, to)) = open.pop() {
        std::fs::create_dir_all(&to)?;
        for entry in std::fs::read_dir(&from)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() && entry.file_name() != ".workroom" {
                open.push((entry.path(), to.join(entry.file_name())));
            } else if kind.is_file() {
                copy.bytes += std::fs::copy(entry.path(), to.join(entry.file_name()))?;
                copy.files += 1;
            }
        }
    }
    Ok(copy)
}
