//! A folder of ordinary files, searchable by meaning, shared by any number of processes.
//!
//! [`Workspace`] is a folder with an index in `.workroom/`. Open it, bring it up to date, ask:
//!
//! ```
//! use workroom::{NoProgress, Query, Question, Workspace};
//!
//! # fn main() -> workroom::Result<()> {
//! # let folder = tempfile::tempdir().unwrap();
//! # let folder = folder.path();
//! let workspace = Workspace::create(folder)?;
//! workspace.write("notes/backup.md", b"# Backups\n\nThe database is copied to the second site every night at two.\n")?;
//! workspace.index(&NoProgress)?; // files that came from elsewhere
//!
//! let hits = workspace.search(&Query::new("when is our data saved?").limit(3))?;
//! assert_eq!(hits[0].path, "notes/backup.md");
//! assert!(hits[0].quote.contains("every night at two"));
//!
//! let answer = workspace.ask(&Question::new("when is the database copied?"))?;
//! for passage in &answer.passages {
//!     println!("{}:{} {}", passage.path, passage.start_line, passage.quote);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! One process owns a workspace and has its index open; the others ask it over a local socket, without their callers' knowing. Which one that
//! is says [`Sharing`]. When the owner ends, in whatever way, the next one takes over, and calls go on.
//!
//! Invariant: every text returned is byte for byte part of an indexed version of a file, at the range that is returned with it.
//! All calls block and may be made from many threads. The library prints nothing and reads no environment. It starts threads for its
//! pipeline, for [`Workspace::watch`] and [`Workspace::keep_lease`], and in the owner's process for those who ask; and a process only where
//! [`Sharing::Daemon`] or [`Parsing`] names one.
//! Not here: terminals, JSON on a wire, what the workspace does with its files (`engine`).

mod answer;
mod audit;
mod client;
mod daemon;
mod edit;
mod events;
mod files;
mod frame;
mod gate;
mod handoff;
mod leases;
mod message;
mod notes;
mod options;
mod owner;
mod role;
mod saving;
mod server;
mod socket;
mod versions;
mod view;
mod watch;
mod watching;
mod workspace;
mod workspaces;

/// To be called first in `main` by every program that owns workspaces: PDF, Office, mail and all else that is not plain text is parsed in
/// bounded copies of it (see [`Parsing`]). In such a copy this never returns; else it returns at once.
pub fn serve_parser_if_asked() {
    fence::serve_if_asked(parse::parse);
}

/// States of agents: what is saved, and how it is asked for. The calls are [`Workspace::save_state`] and its neighbours.
pub use ::autosave;
pub use audit::Raised;
pub use daemon::{DAEMON_LOG, Daemon, OwnerInfo, stop_daemon};
pub use edit::Edited;
pub use engine::audit::{
    Act as AuditAct, Doing, Filter as AuditFilter, Finding as AuditFinding, Head as AuditHead,
    Outcome as AuditOutcome, Page as AuditPage, Report as AuditReport, Shown as AuditShown,
};
pub use engine::{
    Actor, AdaptOptions, Adaptation, Adapted, Answer, Backfilled, Citation, Claim, Condition, Config,
    DEFAULT_IGNORE, DEFAULT_RESCORE_MS, DocPath, Edit, Entry, Error, ErrorKind, Finding, Findings, Found,
    Held, Hit, Improvement, Kind, Lease, LeaseMode, LeaseRequest, Mode, Model, Models, NoProgress, Origin,
    Outcome, Page, PathSet, Place, Problem, Progress, Query, Question, Result, STUDENT, Shown, ShownChunk,
    Source, SpoolWriter, Spooled, Status, Summary, Trust, TrustPolicy, Via, WORKROOM_DIR, WatchEvent,
    Written, find_workspace, version_of,
};
pub use engine::{After, Cursor, Event, EventFilter, EventPage, Listed, NewEvent};
pub use engine::{Answered, Approval, ApprovalState, Comment, Commented, Reply, Resolved, Standing, Stretch};
pub use engine::{
    AsOf, ChangedFile, CheckpointFile, CheckpointInfo, FileChange, FileVersion, How, Restored, TrashEntry,
    VersionDiff, VersionSettings,
};
pub use engine::{AuditSettings, Counts, Quotas, Thresholds, Usage};
pub use handoff::{About, Wish};
pub use leases::KeptLease;
pub use options::{OpenOptions, Parsing, Sharing, Starter};
pub use saving::Autosave;
pub use view::View;
pub use watch::Watch;
pub use workspace::Workspace;
pub use workspaces::{Named, Workspaces};
