//! Leases: who holds which paths for how long, so that nobody overwrites anybody.
//!
//! Invariant: whoever holds a path alone is the only one who can change it, from before the lease is given until it has ended: a write that
//! began before and might end within it keeps it from being given. Fencing tokens rise with every lease that is given, over restarts too, so
//! of two leases the one with the greater token came later. A lease that was acknowledged is known after a restart.
//! Not here: who may take a lease on what (the callers' rights), writing itself, the time (`Clock`).
//! On disk: docs/format.md, "Custody".
//!
//! The fencing token is that of M. Kleppmann, "How to do distributed locking", 2016. Here the store itself gives it out and checks it, so a
//! writer that was stopped for longer than its lease is refused instead of overwriting what came after it.

mod clock;
mod desk;
#[expect(clippy::module_inception, reason = "the type it is named for")]
mod lease;
mod leases;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod waiting;

pub use clock::{Clock, Now};
pub use lease::{Expired, Held, Lease, LeaseRequest, Mode, check_id, new_id};
pub use leases::{Leases, Permit};
