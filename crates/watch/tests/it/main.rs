//! The crate against real folders and the real watcher of this system.

mod figures;
mod native;
mod poll;
mod room;
mod rules;
mod scan;
