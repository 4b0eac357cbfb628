//! What a [`Watcher`](crate::Watcher) tells: plain values, all of them hints.

use std::fmt;
use std::time::{Duration, Instant};

use corpus::DocPath;

/// One message of the watcher.
#[derive(Clone, Debug)]
pub enum Event {
    /// These paths may have changed. Each path once, sorted; the batch is a set, its order says nothing about time.
    Changed(Vec<Hint>),
    /// Changes may have been missed: compare a whole [`scan`](crate::scan()) with the index.
    Rescan(RescanReason),
    /// Something a person should know; watching goes on as well as it can.
    Problem(String),
}

/// A path to look at.
///
/// Look with [`Presence::of`](crate::Presence::of), whatever the kind says, and go by what is there *then*:
///
/// - a file: it is hashed. Nothing can lie below it any more, so documents that do are removed;
/// - a folder: what is indexed at and below it is compared with [`scan`](crate::scan())`(rules, Some(path))`;
/// - nothing: the document and **all documents below that path** are removed. A folder that went away is told once, not file by file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The file or folder.
    pub path: DocPath,
    /// When the first event of this burst reached the process. Latency is measured from here.
    pub seen: Instant,
    /// What the events suggest.
    pub kind: HintKind,
}

/// What the events about a path suggest. It may be out of date when it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintKind {
    /// A file that may be new or have new content.
    MayExist,
    /// A file or a folder that is not there any more.
    Gone,
    /// A folder that may be another one than before under the same name: files below it may be gone without a hint of their own.
    Folder,
}

/// Why a whole scan is due.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RescanReason {
    /// The watcher runs: what changed before is unknown. Always the first event.
    Started,
    /// Events came faster than they could be taken in.
    Overflow,
    /// Ignore files in or below this folder changed (`None`: in or below the root). A scan of that folder is enough.
    IgnoreRulesChanged(Option<DocPath>),
    /// It is time, whether or not anything happened.
    Periodic,
    /// The system gave up watching natively; polling took over.
    WatchesExhausted,
}

/// How changes are noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The system tells, within milliseconds.
    Native,
    /// The folder is scanned again and again.
    Poll {
        /// Why not natively.
        reason: PollReason,
        /// Time between two scans; longer if a scan takes more than a tenth of it.
        interval: Duration,
    },
}

/// Why changes are not told by the system.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PollReason {
    /// The system, or [`WatchOptions::max_watches`](crate::WatchOptions::max_watches), allows no further watched folder.
    WatchesExhausted,
    /// There is no native watcher here, or it stopped; with the system's words.
    NoNativeWatcher(String),
    /// The workspace's folder itself was moved or removed. Polling notices when it is back.
    RootGone,
    /// [`WatchOptions::force_poll`](crate::WatchOptions::force_poll).
    Forced,
}

impl fmt::Display for PollReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WatchesExhausted => f.write_str(
                "no further folder can be watched (fs.inotify.max_user_watches is used up; \
                 raise it with `sysctl fs.inotify.max_user_watches=1048576`, or ignore large folders)",
            ),
            Self::NoNativeWatcher(text) => write!(
                f,
                "the system offers no native watcher: {text} \
                 (if too many files are open, fs.inotify.max_user_instances may be used up)"
            ),
            Self::RootGone => f.write_str("the workspace's folder was moved or removed"),
            Self::Forced => f.write_str("polling was asked for"),
        }
    }
}
