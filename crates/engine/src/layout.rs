//! Where a workspace keeps its own files, and how one is found.
//!
//! Invariant: everything the program writes for itself lies under `.workroom/`; only what a caller writes, moves or removes by name
//! (`files`) lies elsewhere.
//! Not here: who may write there (`lock`).

use crate::{Error, ErrorKind, Result};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder inside a workspace that holds what the program keeps for itself.
pub const WORKROOM_DIR: &str = ".workroom";

/// The paths inside one workspace.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

impl Layout {
    /// The layout of the workspace at `root`, which must hold `.workroom/`.
    pub(crate) fn of(root: &Path) -> Result<Self> {
        let layout = Self { root: canonical(root)? };
        if layout.dir().is_dir() {
            return Ok(layout);
        }
        Err(Error::new(ErrorKind::NotAWorkspace, format!("{} is not a workspace", root.display())).at(root))
    }

    /// Makes the folders of a workspace at `root` where they are missing. Returns whether it is new.
    pub(crate) fn make(root: &Path) -> Result<(Self, bool)> {
        let layout = Self { root: canonical(root)? };
        let is_new = !layout.is_furnished();
        layout.make_temporary()?;
        Ok((layout, is_new))
    }

    /// Whether the folder was made a workspace to the end.
    pub(crate) fn is_furnished(&self) -> bool {
        self.config().exists()
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.root.join(WORKROOM_DIR)
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.dir().join("index")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    /// The file whose lock means owning the workspace.
    pub(crate) fn lock(&self) -> PathBuf {
        self.dir().join("lock")
    }

    /// Refuses what is neither file nor folder under the index: reading it could wait for ever.
    pub(crate) fn refuse_special(&self) -> Result<()> {
        let mut folders = vec![self.index()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry?.path();
                match std::fs::metadata(&path) {
                    Ok(meta) if meta.is_dir() => folders.push(path),
                    Ok(meta) if !meta.is_file() => {
                        let message = format!("{} is no regular file", path.display());
                        return Err(Error::new(ErrorKind::Corrupt, message).at(path));
                    }
                    // What is gone or hidden is for its store to judge.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Notes something for `status`. What cannot be noted is not worth failing for.
    pub(crate) fn note(&self, name: &str, text: &str) {
        if let Err(error) = fs_err::write(self.dir().join(name), format!("{text}\n")) {
            tracing::warn!(%error, "a note for `status` is lost");
        }
    }

    /// For files that are renamed into place. On the same file system as the workspace, and never watched.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.dir().join("tmp")
    }

    /// Makes the program's own folders where they are missing, so that they survive a power cut.
    pub(crate) fn make_temporary(&self) -> Result<()> {
        match fs_err::create_dir_all(self.temporary()) {
            // Something else is in its place, which is ours to remove.
            Err(_) if self.temporary().is_file() => {
                fs_err::remove_file(self.temporary())?;
                fs_err::create_dir(self.temporary())?;
            }
            made => made?,
        }
        sync_folder(&self.dir())?;
        sync_folder(&self.root)
    }

    /// Writes a file whole: it is the old one or the new one, never a part, and durable when this returns.
    pub(crate) fn write_whole(&self, to: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(self.temporary())?;
        file.write_all(bytes)?;
        crate::files::usual_permissions(file.path())?;
        file.as_file().sync_all()?;
        file.persist(to).map_err(|error| error.error)?;
        to.parent().map_or(Ok(()), sync_folder)
    }
}

/// Makes names that were given or taken away in a folder survive a power cut. Systems other than Unix have no such call and need none.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// The workspace that `start` lies in: the nearest folder, from `start` upwards, that holds `.workroom/`.
///
/// # Errors
/// When `start` does not exist.
pub fn find_workspace(start: &Path) -> Result<Option<PathBuf>> {
    let start = canonical(start)?;
    Ok(start.ancestors().find(|folder| folder.join(WORKROOM_DIR).is_dir()).map(Path::to_path_buf))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    let folder = std::fs::canonicalize(path).map_err(|error| {
        let kind =
            if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Io };
        Error::new(kind, format!("cannot open the folder {}: {error}", path.display()))
            .at(path)
            .hint("name an existing folder with `-w DIR`")
    })?;
    if folder.is_dir() {
        return Ok(folder);
    }
    let error = Error::new(ErrorKind::Invalid, format!("{} is not a folder", path.display()));
    Err(error.at(path).hint("name an existing folder with `-w DIR`"))
}
