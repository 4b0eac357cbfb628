//! The workspace's folder, behind one handle that no path leads out of.
//!
//! [`Files`] is the open folder, [`Entry`] what stands at a path in it, [`Find`] a walk through it that is bounded and can be gone on with.
//!
//! Invariant: every path is looked up below the open folder, one component after the other, by the call that uses what it finds. No symbolic
//! link is followed, so nothing outside is reached whatever somebody else swaps meanwhile, and one file has one path. The program's own folder
//! is not reached under any spelling.
//! Not here: versions and conditions, the index, who may (`engine` and above).

mod change;
mod copy;
mod entry;
mod error;
mod files;
mod find;
mod folder;
mod pattern;

pub use change::{Over, identity_of, sync_all};
pub use entry::{Entry, Kind};
pub use error::{Error, Result};
pub use files::Files;
pub use find::{Find, Found, Page};
pub use folder::Identity;
pub use pattern::Pattern;
