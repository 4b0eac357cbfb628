//! A workspace that this process owns: its index, its pipeline, its models and its files behind one type, [`Engine`].
//!
//! Invariant: every text returned is byte for byte part of an indexed version of a file, at the range that is returned with it.
//! All calls block and may be made from many threads. Nothing here prints, reads the environment, or starts a thread but those of its
//! pipeline and of [`Engine::watch`].
//! Not here: how other processes share the workspace (`workroom`), terminals, servers.

mod act;
mod adapt;
mod ask;
mod attempt;
mod backfill;
mod config;
mod doctor;
mod edit;
mod engine;
mod error;
mod fact;
mod files;
mod folder;
mod folders;
mod hub;
mod improving;
mod layout;
mod lock;
mod maintain;
mod models;
pub mod path_set;
mod place;
mod provenance;
mod query;
mod refusal;
mod remember;
mod rescore;
mod scrub;
mod search;
mod show;
mod spool;
mod status;
mod student;
mod teacher;
mod turns;
mod watching;

pub use self::files::{Condition, Written};
pub use ::files::{Entry, Found, Kind, Page};
pub use act::Act;
pub use adapt::{AdaptOptions, Adapted};
pub use attempt::Attempt;
pub use backfill::Backfilled;
pub use config::{Config, STUDENT};
pub use corpus::{DocPath, PathSet};
pub use custody::{Actor, Claim, Source, Trust, TrustPolicy, Via};
pub use doctor::{Finding, Findings};
pub use edit::{Edit, EditedText, edit_text};
pub use engine::{Engine, OpenOptions};
pub use error::{Error, ErrorKind, Result};
pub use folder::Folder;
pub use ingest::{NoProgress, Outcome, Progress, Summary};
pub use layout::{WORKROOM_DIR, find_workspace};
pub use lock::{Holder, Lock};
pub use maintain::Improvement;
pub use models::{Model, Models};
pub use place::Place;
pub use provenance::Origin;
pub use query::{Answer, Citation, Hit, Mode, Query, Question};
pub use rescore::DEFAULT_RESCORE_MS;
pub use show::{Shown, ShownChunk};
pub use spool::{SpoolWriter, Spooled, version_of};
pub use status::{Problem, Status};
pub use student::Adaptation;
pub use watch::DEFAULT_IGNORE;
pub use watching::{Watch, WatchEvent};
