//! Listing the workspace: every file that belongs to it, with its stat.
//!
//! Invariant: symbolic links are never followed, so a walk ends and never leaves the root.
//! Not here: threads. One thread lists and stats 10,000 files in well under 100 ms (two system calls a file), less than starting
//! a pool would save.

use std::fs::{FileType, Metadata};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use corpus::DocPath;

use crate::rules::{Chain, View, parent};
use crate::stat::is_absence;
use crate::{Presence, Problem, Reason, Rules, Stat};

/// A file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub path: DocPath,
    /// What the file system said of it during the scan.
    pub stat: Stat,
}

/// What a scan yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanItem {
    /// A file that belongs to the workspace.
    File(Found),
    /// Something that was left out although no rule excludes it.
    Problem(Problem),
}

impl ScanItem {
    fn path(&self) -> &str {
        match self {
            Self::File(found) => found.path.as_str(),
            Self::Problem(problem) => &problem.path,
        }
    }
}

/// All files of the workspace, or of the file or folder `subtree` of it, and all problems; sorted by path.
///
/// The listing is not atomic: what moves meanwhile may be missing, and a file may be gone when it is opened. A file that is missing
/// because of a [`Problem`] that [hides](Problem::hides) it must not be taken for removed.
pub fn scan(rules: &Rules, subtree: Option<&DocPath>) -> impl Iterator<Item = ScanItem> + use<> {
    let mut items = Vec::new();
    let _whole = walk(rules, subtree, &mut |visit| {
        match visit {
            Visit::File(found) => items.push(ScanItem::File(found)),
            Visit::Problem(problem) => items.push(ScanItem::Problem(problem)),
            Visit::Folder(_) => {}
        }
        ControlFlow::Continue(())
    });
    items.sort_by(|a, b| a.path().cmp(b.path()));
    items.into_iter()
}

/// One step of a walk.
pub(crate) enum Visit<'a> {
    /// A folder of the workspace (the root is the empty string), **before** its ignore files are read and its entries listed: a watch
    /// that is added now misses nothing.
    Folder(&'a str),
    /// A file of the workspace.
    File(Found),
    /// Something left out.
    Problem(Problem),
}

/// Walks the workspace, or the file or folder `from`, in no particular order, until `visit` breaks off.
pub(crate) fn walk(
    rules: &Rules,
    from: Option<&DocPath>,
    visit: &mut dyn FnMut(Visit<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut walk = Walk { rules, visit, folders: Vec::new() };
    match from {
        None => walk.folders.push((String::new(), None)),
        Some(path) => walk.begin(path)?,
    }
    while let Some((dir, above)) = walk.folders.pop() {
        walk.folder(&dir, above)?;
    }
    ControlFlow::Continue(())
}

struct Walk<'a> {
    rules: &'a Rules,
    visit: &'a mut dyn FnMut(Visit<'_>) -> ControlFlow<()>,
    /// Folders to list, with the rules of the folder above (`None` for the root).
    folders: Vec<(String, Option<Arc<Chain>>)>,
}

impl Walk<'_> {
    fn begin(&mut self, path: &DocPath) -> ControlFlow<()> {
        let Some(chain) = View::new(self.rules).chain(parent(path.as_str())) else {
            return ControlFlow::Continue(());
        };
        match fs_err::symlink_metadata(path.to_fs(self.rules.root())) {
            Ok(metadata) => {
                self.entry(&chain, path.as_str().to_owned(), metadata.file_type(), || Ok(metadata))
            }
            Err(error) => self.refused(path.as_str(), &error),
        }
    }

    fn folder(&mut self, dir: &str, above: Option<Arc<Chain>>) -> ControlFlow<()> {
        (self.visit)(Visit::Folder(dir))?;
        let chain = match above {
            None => self.rules.top(),
            Some(above) => self.rules.enter(&above, dir),
        };
        for problem in chain.problems_of(dir) {
            (self.visit)(Visit::Problem(problem.clone()))?;
        }
        let at = if dir.is_empty() { self.rules.root().to_path_buf() } else { self.rules.root().join(dir) };
        match fs_err::read_dir(at) {
            Ok(entries) => entries.into_iter().try_for_each(|entry| match entry {
                Ok(entry) => self.dir_entry(&chain, dir, &entry),
                Err(error) => self.refused(dir, &error),
            }),
            // The root is expected to be there: were it silently empty, a caller would drop the whole index.
            Err(error) if dir.is_empty() => self.problem("", Reason::Unreadable(error.kind().to_string())),
            Err(error) => self.refused(dir, &error),
        }
    }

    fn dir_entry(&mut self, chain: &Arc<Chain>, dir: &str, entry: &fs_err::DirEntry) -> ControlFlow<()> {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        let path = if dir.is_empty() { shown.to_string() } else { format!("{dir}/{shown}") };
        match entry.file_type() {
            Ok(kind) if name.to_str().is_none() => {
                if self.rules.keeps(chain, &path, kind.is_dir()) {
                    self.problem(&path, Reason::NotUtf8)?;
                }
                ControlFlow::Continue(())
            }
            Ok(kind) => self.entry(chain, path, kind, || entry.metadata()),
            Err(error) => self.refused(&path, &error),
        }
    }

    fn entry(
        &mut self,
        chain: &Arc<Chain>,
        path: String,
        kind: FileType,
        metadata: impl FnOnce() -> io::Result<Metadata>,
    ) -> ControlFlow<()> {
        if !self.rules.keeps(chain, &path, kind.is_dir()) {
            return ControlFlow::Continue(());
        }
        if kind.is_dir() {
            self.folders.push((path, Some(chain.clone())));
            return ControlFlow::Continue(());
        }
        if kind.is_symlink() {
            return self.link(&path);
        }
        if !kind.is_file() {
            return self.problem(&path, Reason::Special(special_name(kind)));
        }
        match metadata() {
            Ok(metadata) => self.file(&path, &metadata),
            Err(error) => self.refused(&path, &error),
        }
    }

    fn file(&mut self, path: &str, metadata: &Metadata) -> ControlFlow<()> {
        match DocPath::new(path) {
            Ok(path) => (self.visit)(Visit::File(Found { path, stat: Stat::from_metadata(metadata) })),
            Err(error) => self.problem(path, Reason::Unreadable(error.to_string())),
        }
    }

    /// A link's target inside the workspace is found by itself, if it belongs to it; so only what leads elsewhere is worth a word.
    fn link(&mut self, path: &str) -> ControlFlow<()> {
        match self.rules.root().join(path).canonicalize() {
            Ok(target) if target.starts_with(self.rules.root()) => ControlFlow::Continue(()),
            Ok(_) => self.problem(path, Reason::LinkOutside),
            Err(error) => self.problem(path, Reason::LinkBroken(error.kind().to_string())),
        }
    }

    /// What vanished between listing and looking is no problem.
    fn refused(&mut self, path: &str, error: &io::Error) -> ControlFlow<()> {
        if is_absence(error.kind()) {
            return ControlFlow::Continue(());
        }
        self.problem(path, Reason::Unreadable(error.kind().to_string()))
    }

    fn problem(&mut self, path: &str, reason: Reason) -> ControlFlow<()> {
        (self.visit)(Visit::Problem(Problem::new(path, reason)))
    }
}

#[cfg(unix)]
pub(crate) fn special_name(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;

    match kind {
        kind if kind.is_fifo() => "FIFO",
        kind if kind.is_socket() => "socket",
        kind if kind.is_block_device() => "block device",
        kind if kind.is_char_device() => "character device",
        _ => "special file",
    }
}

#[cfg(not(unix))]
pub(crate) fn special_name(_: FileType) -> &'static str {
    "special file"
}

/// Whether a folder, a file or nothing stands at `path`. What cannot be looked at counts as nothing: a scan will report it.
pub(crate) fn presence(root: &Path, path: &DocPath) -> Presence {
    Presence::of(&path.to_fs(root)).unwrap_or(Presence::Absent)
}
