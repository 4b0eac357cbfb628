//! The system's own watcher: one watch for each folder, and its events as [`Signal`]s. The only module that names notify.
//!
//! Invariant: a folder is watched before it is listed, so a file is either listed or told.
//! Invariant: the handler, which runs on notify's thread, only sorts out and hands over; it never blocks. What does not fit is lost,
//! and that is told on a channel of its own.
//! Not here: what a signal leads to (see `worker`), when it is told (see `settle`).
//!
//! A renamed folder keeps its watch, under its old name, both in the kernel and in notify. So the watches at and below a folder are
//! given up as soon as an event says that it left, and made anew where it arrives.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use corpus::DocPath;
use crossbeam_channel::{Receiver, Sender, bounded};
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RemoveKind, RenameMode};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::scan::{Found, Visit, walk};
use crate::stat::is_absence;
use crate::{PollReason, Problem, Reason, Rules};

/// Whether one watch on the root serves the whole tree. Where it does (macOS, Windows), a watch for each folder would be slow; on
/// Linux it would walk into ignored folders and lose files in new ones.
const ONE_WATCH: bool = cfg!(any(target_os = "macos", target_os = "windows"));

/// As many signals may wait as the Linux kernel queues events by default.
const QUEUE: usize = 16_384;

/// One event about one path.
#[derive(Debug)]
pub(crate) struct Signal {
    /// `None` for the root itself.
    pub(crate) path: Option<DocPath>,
    pub(crate) kind: SignalKind,
    pub(crate) at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalKind {
    /// A file is being written.
    Writing,
    /// A file that was open for writing was closed.
    Closed,
    FolderCreated,
    /// A file or folder was moved here.
    MovedIn,
    FileRemoved,
    FolderRemoved,
    /// A file or folder was moved away, or a watched folder removed.
    Left,
    /// Something happened; only a look tells what.
    Unknown,
}

/// The native watcher and the folders it watches.
pub(crate) struct Native {
    root: PathBuf,
    notify: RecommendedWatcher,
    /// Watched folders with their inodes; the root is the empty string.
    folders: BTreeMap<String, u64>,
    /// The folder last watched for an inode: tells when two names share one watch.
    by_inode: HashMap<u64, String>,
    limit: usize,
    n_watches: Arc<AtomicUsize>,
    pub(crate) signals: Receiver<Signal>,
    pub(crate) overflow: Receiver<()>,
}

/// Told during [`Native::adopt`].
pub(crate) enum Adopted {
    File(Found),
    Problem(Problem),
}

impl Native {
    /// A watcher that watches nothing yet. `n_watches` is kept at the number of watched folders.
    pub(crate) fn new(
        root: &Path,
        limit: Option<usize>,
        n_watches: Arc<AtomicUsize>,
    ) -> Result<Self, PollReason> {
        let (signal_sender, signals) = bounded(QUEUE);
        let (overflow_sender, overflow) = bounded(1);
        let handler = Handler { root: root.to_path_buf(), signals: signal_sender, overflow: overflow_sender };
        let config = notify::Config::default().with_follow_symlinks(false);
        let no_watcher = |error: notify::Error| PollReason::NoNativeWatcher(error.to_string());
        let mut notify =
            RecommendedWatcher::new(move |event| handler.take(event), config).map_err(no_watcher)?;
        if ONE_WATCH {
            notify.watch(root, RecursiveMode::Recursive).map_err(no_watcher)?;
        }
        Ok(Self {
            root: root.to_path_buf(),
            notify,
            folders: BTreeMap::new(),
            by_inode: HashMap::new(),
            limit: limit.unwrap_or(usize::MAX),
            n_watches,
            signals,
            overflow,
        })
    }

    /// Whether the folder is watched under this name.
    pub(crate) fn is_watched(&self, dir: &DocPath) -> bool {
        self.folders.contains_key(dir.as_str())
    }

    /// Watches every folder of the workspace at and below `from`, and tells every file in them, until `tell` breaks off.
    pub(crate) fn adopt(
        &mut self,
        rules: &Rules,
        from: Option<&DocPath>,
        tell: &mut dyn FnMut(Adopted) -> ControlFlow<()>,
    ) -> Result<(), PollReason> {
        let mut refused = None;
        let _whole = walk(rules, from, &mut |visit| match visit {
            Visit::Folder(dir) => match self.watch(dir) {
                Ok(None) => ControlFlow::Continue(()),
                Ok(Some(problem)) => tell(Adopted::Problem(problem)),
                Err(reason) => {
                    refused = Some(reason);
                    ControlFlow::Break(())
                }
            },
            Visit::File(found) => tell(Adopted::File(found)),
            Visit::Problem(problem) => tell(Adopted::Problem(problem)),
        });
        refused.map_or(Ok(()), Err)
    }

    /// Makes the watched folders at and below `from` those of the workspace, whatever happened to folders or rules meanwhile.
    pub(crate) fn resync(
        &mut self,
        rules: &Rules,
        from: Option<&DocPath>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<(), PollReason> {
        let mut stale: BTreeSet<String> =
            self.at_and_below(from.map_or("", DocPath::as_str)).into_iter().collect();
        let mut refused = None;
        let whole = walk(rules, from, &mut |visit| {
            if let Visit::Folder(dir) = visit {
                stale.remove(dir);
                // Again even if it is watched: it may be another folder than it was. It costs no second watch.
                refused = self.watch(dir).err();
            }
            if refused.is_none() && go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if whole.is_continue() {
            self.unwatch(stale.into_iter().collect())?;
        }
        refused.map_or(Ok(()), Err)
    }

    /// Gives up the watches at and below a folder that left. Tells whether it was watched.
    pub(crate) fn release(&mut self, dir: &DocPath) -> Result<bool, PollReason> {
        let was_watched = self.is_watched(dir);
        if was_watched {
            self.unwatch(self.at_and_below(dir.as_str()))?;
        }
        Ok(was_watched)
    }

    fn at_and_below(&self, dir: &str) -> Vec<String> {
        if dir.is_empty() {
            return self.folders.keys().cloned().collect();
        }
        // Everything below sorts between `dir/` and the successor of that slash.
        let below = self.folders.range(format!("{dir}/")..format!("{dir}0")).map(|(dir, _)| dir.clone());
        self.folders.contains_key(dir).then(|| dir.to_owned()).into_iter().chain(below).collect()
    }

    fn watch(&mut self, dir: &str) -> Result<Option<Problem>, PollReason> {
        if !self.folders.contains_key(dir) && self.folders.len() >= self.limit {
            return Err(PollReason::WatchesExhausted);
        }
        let at = self.root.join(dir);
        let inode = inode(&at);
        if self.folders.get(dir).is_some_and(|known| *known != inode) {
            // Another folder took its place: the watch of the old one would go on to report under this name.
            self.unwatch(vec![dir.to_owned()])?;
        }
        if !ONE_WATCH && let Err(error) = self.notify.watch(&at, RecursiveMode::NonRecursive) {
            return refusal(dir, error);
        }
        self.folders.insert(dir.to_owned(), inode);
        self.by_inode.insert(inode, dir.to_owned());
        self.n_watches.store(self.folders.len(), Ordering::Relaxed);
        Ok(None)
    }

    /// The kernel has one watch for each inode. If a folder was moved and is watched under its new name already, taking the watch away
    /// from its old name took it from both: then it is watched again.
    fn unwatch(&mut self, dirs: Vec<String>) -> Result<(), PollReason> {
        let mut shared = Vec::new();
        for dir in dirs {
            if !ONE_WATCH && let Err(error) = self.notify.unwatch(&self.root.join(&dir)) {
                tracing::trace!(%dir, %error, "the watch was gone already");
            }
            let Some(inode) = self.folders.remove(&dir) else { continue };
            match self.by_inode.get(&inode) {
                Some(owner) if *owner == dir => drop(self.by_inode.remove(&inode)),
                Some(owner) => shared.push(owner.clone()),
                None => {}
            }
        }
        self.n_watches.store(self.folders.len(), Ordering::Relaxed);
        for dir in shared {
            if self.folders.contains_key(&dir) {
                self.watch(&dir)?;
            }
        }
        Ok(())
    }
}

fn refusal(dir: &str, error: notify::Error) -> Result<Option<Problem>, PollReason> {
    match error.kind {
        ErrorKind::MaxFilesWatch => Err(PollReason::WatchesExhausted),
        // It left while we came: an event about that is on its way.
        ErrorKind::PathNotFound if !dir.is_empty() => Ok(None),
        ErrorKind::Io(ref error) if is_absence(error.kind()) && !dir.is_empty() => Ok(None),
        ErrorKind::Io(ref error) if !dir.is_empty() => {
            Ok(Some(Problem::new(dir, Reason::Unreadable(error.kind().to_string()))))
        }
        _ => Err(PollReason::NoNativeWatcher(error.to_string())),
    }
}

#[cfg(unix)]
fn inode(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;

    path.symlink_metadata().map_or(0, |metadata| metadata.ino())
}

#[cfg(not(unix))]
fn inode(_: &Path) -> u64 {
    0
}

struct Handler {
    root: PathBuf,
    signals: Sender<Signal>,
    overflow: Sender<()>,
}

impl Handler {
    fn take(&self, event: notify::Result<notify::Event>) {
        let at = Instant::now();
        let event = match event {
            // First of all: an overflow carries no path.
            Ok(event) if event.need_rescan() => return self.overflowed(),
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "the native watcher failed to read events");
                return self.overflowed();
            }
        };
        let Some(kind) = signal_kind(event.kind) else { return };
        for path in event.paths {
            let Some(path) = self.inside(&path) else { continue };
            if self.signals.try_send(Signal { path, kind, at }).is_err() {
                return self.overflowed();
            }
        }
    }

    fn overflowed(&self) {
        // When the channel is full, an overflow is waiting to be seen already.
        let _full = self.overflow.try_send(());
    }

    /// The path as seen from the root (`Some(None)` is the root), unless no document can be there.
    fn inside(&self, path: &Path) -> Option<Option<DocPath>> {
        if path == self.root {
            return Some(None);
        }
        let path = DocPath::from_fs(&self.root, path).ok()?;
        let is_ours = crate::rules::is_reserved(path.as_str().split('/').next().unwrap_or_default());
        (!is_ours).then_some(Some(path))
    }
}

fn signal_kind(kind: EventKind) -> Option<SignalKind> {
    let kind = match kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => SignalKind::Closed,
        // Our own reading, and everybody else's.
        EventKind::Access(_) => return None,
        EventKind::Create(CreateKind::File) => SignalKind::Writing,
        EventKind::Create(CreateKind::Folder) => SignalKind::FolderCreated,
        EventKind::Modify(ModifyKind::Data(_)) => SignalKind::Writing,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => SignalKind::Left,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => SignalKind::MovedIn,
        // Only ever in addition to the two above.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return None,
        EventKind::Remove(RemoveKind::File) => SignalKind::FileRemoved,
        EventKind::Remove(RemoveKind::Folder) => SignalKind::FolderRemoved,
        EventKind::Remove(_) => SignalKind::Left,
        _ => SignalKind::Unknown,
    };
    Some(kind)
}

// Elsewhere one watch serves all folders, so there is no watch of a folder to lose.
#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
