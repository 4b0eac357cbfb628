//! What a disk may hold when the power goes.
//!
//! A program sees its changes at once; the disk learns of them later, in an order of its own, and for certain only when the program asks it
//! to (`fsync`). [`Disk`] follows a log to a position and keeps, for each file and folder, what is durable and what is on its way.
//! [`Disk::after_cut`] then chooses, by a seed, what of the latter has arrived.
//!
//! Invariant: what was synced is always there, whole. A rename is one step: the new name reaches the disk no later than the loss of the old
//! one. All else may be lost, and more of it on a [`Medium::Strict`] disk than on any that is sold.

mod content;
mod names;
mod state;

pub use state::Disk;

/// What a disk, with its file system, promises beyond `fsync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// Nothing that POSIX does not: a name is durable once its folder is synced, each folder's changes of names arrive in their order, but
    /// no two folders keep an order between them. A file's unsynced writes arrive in any order, in part, torn at sectors.
    Strict,
    /// As a journalling file system does, such as ext4: all changes of names arrive in one order, and any `fsync` brings all before it. A
    /// file's unsynced writes arrive in their order.
    Ordered,
}
