//! Proofs by rounds: a workload that keeps a journal of what was acknowledged to it, and a check that holds a workspace against it.
//!
//! - [`Workload`]: random operations on a workspace, through the API and behind its back, from several threads;
//! - [`Model`]: what a folder may hold and a search must find, by the journal alone;
//! - [`check`]: opens a workspace and compares.
//!
//! [`crash`] kills the workload, [`corrupt`] damages what it left, [`soak`] crowds one workspace with processes,
//! [`shared`] has many of them change the same files.
//!
//! Invariant: every choice follows from a seed that is printed, so a round that failed can be run again.
//! Not here: power cuts and failing disks (`tests/faults`).

pub mod args;
pub mod check;
pub mod corrupt;
pub mod crash;
mod folder;
mod fresh;
pub mod journal;
pub mod model;
pub mod op;
pub mod process;
pub mod shared;
pub mod soak;
pub mod version;
pub mod workload;

pub use check::{Check, Kind, Report, Violation, check};
pub use journal::Journal;
pub use model::Model;
pub use op::Op;
pub use version::Version;
pub use workload::Workload;

/// Folders inside a workspace that the workload works in: through the API by one thread, by all, and outside the API.
pub(crate) const FOLDERS: [&str; 3] = ["api", "shared", "out"];
