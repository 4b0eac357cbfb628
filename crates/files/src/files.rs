//! The open folder: what stands at a path, and reading it.
//!
//! Invariant: a file that is opened is a regular one, and opening it waits for nobody.
//! Not here: changes (`change`), walks (`find`).

use crate::entry::{Entry, Kind};
use crate::error::{Error, Result, short};
use crate::folder::{Folder, Identity, identity};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use corpus::DocPath;
use std::fs::File;
use std::io;
use std::path::Path;

/// Bytes of a path. Looked up name by name it could be of any length; with the folder's own path before it other programs could not open it.
const LONGEST: usize = 2048;

/// The folder of a workspace, open. Whatever its own path comes to mean later, this is the folder that was opened.
#[derive(Debug)]
pub struct Files {
    root: Dir,
    /// The name of the folder in it that is the program's.
    own: String,
    /// What that folder is under any other spelling that the file system takes for it.
    own_identity: Option<Identity>,
}

impl Files {
    /// Opens the folder at `root`, of which all but the folder `own` can be reached.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(root: &Path, own: &str) -> io::Result<Self> {
        let root = Dir::open_ambient_dir(root, ambient_authority())?;
        let own_identity = match root.symlink_metadata(own) {
            Ok(meta) => Some(identity(&meta)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(Self { root, own: own.to_owned(), own_identity })
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound), or when the path leads out, through a link, below a file, or to the program's own.
    pub fn stat(&self, path: &DocPath) -> Result<Entry> {
        let folder = self.parent(path, false)?;
        Ok(Entry::new(path, &self.look(&folder, path)?))
    }

    /// What it is that stands at a path, to know it again under another.
    ///
    /// # Errors
    /// As [`Files::stat`].
    pub fn identity(&self, path: &DocPath) -> Result<Identity> {
        let folder = self.parent(path, false)?;
        Ok(identity(&self.look(&folder, path)?))
    }

    /// The folder itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn stat_root(&self) -> Result<Entry> {
        let refused = |source| Error::Io { what: "look at", path: String::new(), source };
        Ok(Entry::root(&self.root.dir_metadata().map_err(refused)?))
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`Files::stat`], and when it is anything but a regular file.
    pub fn open_file(&self, path: &DocPath) -> Result<(File, Entry)> {
        let folder = self.parent(path, false)?;
        // Looked at first: merely opening a device can do something.
        only_file(path, &self.look(&folder, path)?)?;
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = folder.dir().open_with(path.file_name(), &options);
        let file = file.map_err(|error| Error::io("open", path, error))?;
        let meta = file.metadata().map_err(|error| Error::io("look at", path, error))?;
        // Somebody may have put something else there in between.
        only_file(path, &meta)?;
        Ok((file.into_std(), Entry::new(path, &meta)))
    }

    pub(crate) fn root_file(&self) -> io::Result<File> {
        // The handle itself is only good for looking names up.
        Ok(self.root.open(".")?.into_std())
    }

    pub(crate) fn root(&self) -> Folder<'_> {
        Folder::root(&self.root)
    }

    /// The folder that a path's last name is looked up in; made, with those above it, if `make` says so.
    pub(crate) fn parent(&self, path: &DocPath, make: bool) -> Result<Folder<'_>> {
        self.admit(path)?;
        let mut folder = self.root();
        for (end, _) in path.as_str().match_indices('/') {
            self.enter(&mut folder, path, end, make)?;
        }
        Ok(folder)
    }

    /// The folder at a path; the root when there is none.
    pub(crate) fn folder(&self, path: Option<&DocPath>) -> Result<Folder<'_>> {
        let Some(path) = path else { return Ok(self.root()) };
        let mut folder = self.parent(path, false)?;
        let other = |kind| Error::Other { path: path.clone(), kind };
        match self.enter(&mut folder, path, path.as_str().len(), false) {
            Err(Error::Below { kind, .. }) => Err(other(kind)),
            // Where the last name leads is not asked.
            Err(Error::Outside { .. } | Error::Through { .. }) => Err(other(Kind::Link)),
            entered => entered.map(|()| folder),
        }
    }

    /// One step on the way along `path`: into the folder whose path ends at that byte.
    fn enter(&self, folder: &mut Folder<'_>, path: &DocPath, end: usize, make: bool) -> Result<()> {
        let above = &path.as_str()[..end];
        let at = DocPath::new(above).map_err(|_| Error::NotFound(path.clone()))?;
        folder.enter(at.file_name(), make, path, &at)?;
        if above.contains('/') {
            return Ok(());
        }
        let meta = folder.dir().dir_metadata().map_err(|error| Error::io("look at", &at, error))?;
        self.refuse_own(path, &meta)
    }

    /// What stands at a path whose folder is open.
    pub(crate) fn look(&self, folder: &Folder<'_>, path: &DocPath) -> Result<Metadata> {
        let meta = folder.dir().symlink_metadata(path.file_name());
        let meta = meta.map_err(|error| Error::io("look at", path, error))?;
        if !path.as_str().contains('/') {
            self.refuse_own(path, &meta)?;
        }
        Ok(meta)
    }

    /// Refuses what is too long, and the program's own folder by its name, however it is written: a system that takes both for one would let it through, and one that
    /// does not loses little.
    pub(crate) fn admit(&self, path: &DocPath) -> Result<()> {
        if path.as_str().len() > LONGEST {
            let source = io::ErrorKind::InvalidFilename.into();
            return Err(Error::Name { path: short(path.as_str()), source });
        }
        let first = path.as_str().split('/').next().unwrap_or_default();
        if self.is_own_name(first) { Err(Error::Own(path.clone())) } else { Ok(()) }
    }

    pub(crate) fn is_own_name(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.own)
    }

    pub(crate) fn is_own(&self, meta: &Metadata) -> bool {
        self.own_identity == Some(identity(meta))
    }

    /// Refuses the program's own folder by what it is: file systems know more spellings of one name than case.
    fn refuse_own(&self, path: &DocPath, meta: &Metadata) -> Result<()> {
        if self.is_own(meta) { Err(Error::Own(path.clone())) } else { Ok(()) }
    }
}

/// Refuses anything but a regular file.
pub(crate) fn only_file(path: &DocPath, meta: &Metadata) -> Result<()> {
    match Kind::from(meta.file_type()) {
        Kind::File => Ok(()),
        kind => Err(Error::Other { path: path.clone(), kind }),
    }
}
