//! A folder of ordinary files, searchable by meaning.
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
//! Invariant: every text returned is byte for byte part of an indexed version of a file, at the range that is returned with it.
//! All calls block and may be made from many threads. The library prints nothing, reads no environment, and starts no thread but those
//! of its pipeline, of [`Workspace::watch`] and of [`Workspace::maintain`].
//! Not here: terminals, JSON on a wire, servers.

mod adapt;
mod ask;
mod backfill;
mod config;
mod doctor;
mod error;
mod files;
mod hub;
mod improving;
mod layout;
mod maintain;
mod models;
mod query;
mod rescore;
mod search;
mod show;
mod status;
mod student;
mod teacher;
mod watching;
mod workspace;

pub use adapt::{AdaptOptions, Adapted};
pub use backfill::Backfilled;
pub use config::{Config, STUDENT};
pub use corpus::DocPath;
pub use doctor::{Finding, Findings};
pub use error::{Error, ErrorKind, Result};
pub use files::Written;
pub use ingest::{NoProgress, Outcome, Progress, Summary};
pub use layout::{WORKROOM_DIR, find_workspace};
pub use maintain::{Improvement, Maintenance};
pub use models::{Model, Models};
pub use query::{Answer, Citation, Hit, Mode, Query, Question};
pub use rescore::DEFAULT_RESCORE_MS;
pub use show::{Shown, ShownChunk};
pub use status::{Problem, Status};
pub use student::Adaptation;
pub use watch::DEFAULT_IGNORE;
pub use watching::{Watch, WatchEvent};
pub use workspace::{OpenOptions, Workspace};
