//! The ledger: which version of which file is live, as which chunks, and the chunks' vectors. Over sled.
//!
//! Invariant: a [`Commit`] is applied whole or not at all, and is on the disk when [`Ledger::commit`] returns. Nothing read from the
//! disk is believed without its checksum, and no damage on the disk panics out of this crate.
//! Not here: text and postings (the lexicon), the search over vectors, what cannot be rebuilt (custody). Losing the ledger costs
//! time, never content.
//! On disk: `lock`, `watermark` and `sled/` with the trees `docs`, `skips`, `vectors` and `meta` (see `codec.rs` for a row).
//!
//! The principal types are [`Ledger`], [`Commit`] (what changes at once) and [`OpenReport`] (what opening had to mend).
//!
//! ```
//! use corpus::Seq;
//! use workroom_ledger::{Commit, Ledger, Options};
//!
//! let dir = tempfile::tempdir()?;
//! let (ledger, _report) = Ledger::open(dir.path(), &Options::default())?;
//! ledger.commit(Commit { seq: Seq(1), ..Commit::default() })?;
//! assert_eq!(ledger.seq(), Seq(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod codec;
mod commit;
mod error;
mod fault;
mod heal;
mod ledger;
mod load;
mod record;
mod rows;
mod scrub;
mod store;
mod tally;
mod verify;
mod watermark;

pub use commit::Commit;
pub use error::Error;
pub use heal::{OpenReport, Outcome};
pub use ledger::{Ledger, Options, set_aside};
pub use record::{DocRecord, SkipRecord, VectorRow};
pub use scrub::{ScrubPlace, Scrubbed};
pub use verify::{DamagedRow, VerifyReport};

/// The names of all places at which tests can make this crate fail.
#[cfg(feature = "failpoints")]
pub use fault::ALL as FAILPOINTS;
