//! A copy of a folder, out of the workspace into the program's own folder, from where it can be put in its place in one step.
//!
//! Invariant: the copy is whole and durable when this returns. What cannot be copied as it is, a link or a device, makes it fail by name.

use crate::change::apart;
use crate::entry::Kind;
use crate::error::{Error, Result};
use crate::files::Files;
use crate::find::{Find, Page};
use corpus::{DocPath, PathSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Entries copied between two looks at the folder.
const AT_ONCE: usize = 4096;

impl Files {
    /// Copies what is in a folder to `to`, a new folder of the program's own, for a place at `target`.
    ///
    /// # Errors
    /// When it is no folder, holds a link or a device, when `target` lies in it, or when the system refuses.
    pub fn copy_folder(&self, from: &DocPath, target: &DocPath, to: &Path) -> Result<()> {
        apart(from, target)?;
        let mut page = Page::first(AT_ONCE);
        let all = PathSet::all();
        let find = Find { folder: Some(from), depth: usize::MAX, pattern: None, within: &all };
        let mut folders = vec![to.to_path_buf()];
        fs::create_dir(to).map_err(|error| Error::io("copy", from, error))?;
        loop {
            let found = self.find(&find, &page)?;
            for entry in &found.entries {
                let path = DocPath::new(&entry.path).map_err(|_| Error::NotFound(from.clone()))?;
                let below = path.as_str().get(from.as_str().len() + 1..).unwrap_or_default();
                let at = to.join(below);
                match entry.kind {
                    Kind::Folder => {
                        fs::create_dir(&at).map_err(|error| Error::io("copy", &path, error))?;
                        folders.push(at);
                    }
                    Kind::File => self.copy_file(&path, &at)?,
                    kind => return Err(Error::Other { path, kind }),
                }
            }
            page.after = found.next;
            if page.after.is_none() {
                break;
            }
        }
        // The innermost first: a folder is on the disk when all that it names is.
        let synced = folders.iter().rev().try_for_each(|folder| sync_folder(folder));
        synced.map_err(|error| Error::io("copy", from, error))
    }

    fn copy_file(&self, path: &DocPath, to: &Path) -> Result<()> {
        let (mut file, _) = self.open_file(path)?;
        let copied = File::create_new(to).and_then(|mut copy| {
            // By the system itself where it can: without reading, and without using room twice.
            io::copy(&mut file, &mut copy)?;
            copy.set_permissions(plain(&file)?)?;
            copy.sync_all()
        });
        copied.map_err(|error| Error::io("copy", path, error))
    }
}

/// Permissions without the right to run as somebody else.
fn plain(file: &File) -> io::Result<fs::Permissions> {
    let permissions = file.metadata()?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(fs::Permissions::from_mode(permissions.mode() & 0o777))
    }
    #[cfg(not(unix))]
    Ok(permissions)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
