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
pub mod audit;
mod backfill;
mod breaches;
mod checkpoint;
mod clock;
mod config;
mod doctor;
mod edit;
mod engine;
mod error;
mod events;
mod fact;
mod files;
mod folder;
mod folders;
mod handoff;
mod hub;
mod identity;
mod improving;
mod keep;
mod layout;
mod lease_ends;
mod leases;
mod lock;
mod maintain;
mod models;
mod noted;
mod past;
pub mod path_set;
mod place;
mod preserve;
mod provenance;
mod query;
mod refusal;
mod remember;
mod rescore;
mod restore;
mod retention;
mod scrub;
mod search;
mod settings;
mod show;
mod spool;
mod status;
mod student;
mod teacher;
mod trash;
mod turns;
mod usage;
mod versions;
mod watching;

pub use self::files::{Condition, Written};
pub use ::files::{Entry, Found, Kind, Page};
pub use act::Act;
pub use adapt::{AdaptOptions, Adapted};
pub use attempt::Attempt;
pub use audit::AuditSettings;
pub use backfill::Backfilled;
pub use checkpoint::{ChangedFile, CheckpointFile, CheckpointInfo, FileChange};
pub use config::{Config, STUDENT};
pub use corpus::{DocPath, PathSet};
pub use custody::approval::{Answered, Approval, Approvals, NewApproval, State as ApprovalState};
pub use custody::comment::{Comment, Comments, NewComment, Reply, Resolved, Stretch};
pub use custody::events::{Cursor, EventPage, Listed};
pub use custody::lease::{Held, Mode as LeaseMode};
pub use custody::usage::{Counts, Quotas, Thresholds, Usage};
pub use custody::versions::How;
pub use custody::{
    Actor, After, Claim, Event, EventFilter, EventLog, Lease, LeaseRequest, NewEvent, Source, Trust,
    TrustPolicy, Via,
};
pub use doctor::{Finding, Findings};
pub use edit::{Edit, EditedText, edit_text};
pub use engine::{Engine, OpenOptions};
pub use error::{Error, ErrorKind, Result};
pub use folder::Folder;
pub use handoff::{Commented, Standing};
pub use ingest::{NoProgress, Outcome, Progress, Summary};
pub use layout::{WORKROOM_DIR, find_workspace};
pub use leases::{Leases, new_lease_id};
pub use lock::{Holder, Lock};
pub use maintain::Improvement;
pub use models::{Model, Models};
pub use past::AsOf;
pub use place::Place;
pub use provenance::Origin;
pub use query::{Answer, Citation, Hit, Mode, Query, Question};
pub use rescore::DEFAULT_RESCORE_MS;
pub use restore::Restored;
pub use retention::VersionSettings;
pub use settings::IndexSettings;
pub use show::{Shown, ShownChunk};
pub use spool::{SpoolWriter, Spooled, version_of};
pub use status::{Problem, Status};
pub use student::Adaptation;
pub use trash::TrashEntry;
pub use versions::{FileVersion, VersionDiff};
pub use watch::DEFAULT_IGNORE;
pub use watching::{Watch, WatchEvent};
