//! What changed in the folder: ignore rules, scans, a native watcher with a polling fall-back, and settling.
//!
//! Invariant: an event is a hint, never a fact. Whoever receives one looks at the disk ([`Presence::of`]) and decides by hash.
//! Invariant: what [`scan`] yields, [`Rules::is_indexable`] accepts, and the other way round.
//! Invariant: every queue is bounded. 16,384 signals of the system wait at most (what is more becomes a rescan), 200,000 changed paths
//! (likewise), 16 events for the receiver (then changes are merged), 100 problems. A scan holds a path and a stat for each file.
//! Not here: hashes, any store, the decision whether a file's content changed.
//!
//! The principal types are [`Rules`] (which files of the folder belong to the workspace), [`scan()`] (all of them, with their
//! [`Stat`]) and [`Watcher`] (hints about changes, as [`Event`]s).
//!
//! ```no_run
//! use std::path::Path;
//! use workroom_watch::{Event, Presence, Rules, RulesOptions, WatchOptions, Watcher, scan};
//!
//! # fn main() -> Result<(), workroom_watch::Error> {
//! let rules = Rules::new(Path::new("notes"), RulesOptions::default())?;
//! let (_watcher, events) = Watcher::start(rules.clone(), WatchOptions::default())?;
//! for event in events {
//!     match event {
//!         Event::Rescan(_) => {
//!             for item in scan(&rules, None) { /* compare with what the index holds */ }
//!         }
//!         Event::Changed(hints) => {
//!             for hint in hints {
//!                 match Presence::of(&hint.path.to_fs(rules.root()))? {
//!                     Presence::File(stat) => { /* hash and index */ }
//!                     Presence::Folder => { /* compare scan(&rules, Some(&hint.path)) with the index */ }
//!                     Presence::Absent => { /* remove the document and all documents below it */ }
//!                 }
//!             }
//!         }
//!         Event::Problem(text) => { /* tell someone */ }
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod event;
mod native;
mod open;
mod poll;
mod problem;
mod rule_file;
mod rules;
mod scan;
mod settle;
mod stat;
mod watcher;
mod worker;

pub use error::Error;
pub use event::{Event, Hint, HintKind, Mode, PollReason, RescanReason};
pub use open::{OpenError, open};
pub use problem::{Problem, Reason};
pub use rules::{DEFAULT_IGNORE, IGNORE_FILE, Judge, Rules, RulesOptions};
pub use scan::{Found, ScanItem, scan};
pub use stat::{Presence, Stat, wall_clock_ns};
pub use watcher::{WatchOptions, Watcher};
