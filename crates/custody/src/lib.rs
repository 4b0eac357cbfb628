//! Custody: who may do what in a workspace, who did, and the journals that keep what cannot be made again from its files.
//!
//! Invariant: denied unless granted. What was acknowledged is on the disk; what is damaged there is told with its place, and until it is
//! mended nobody gets in by it, and nothing is said by it.
//! Not here: how a request carries a token, what is done with files, the terminal, clocks (each call is given the time).
//! On disk: docs/format.md, "Custody".
//!
//! The principal types are [`Principal`] (who asks, and what they may), [`Tokens`] (which secrets stand for which principals),
//! [`History`] (which version of which file was written by whom) and [`Journal`] (an append-only file of checksummed records, from which a
//! state is made again).
//!
//! ```
//! use workroom_custody::{Grant, NewToken, Principal, Right, Rights, Tokens};
//!
//! # let folder = tempfile::tempdir()?;
//! let tokens = Tokens::at(folder.path());
//! let now_ms = 1_795_000_000_000;
//! let grants = vec![Grant::new("reports", Rights::of([Right::Read]))?];
//! let made = tokens.create(&Principal::owner(), NewToken::new("reader", grants), now_ms)?;
//!
//! let reader = tokens.authenticate(made.secret.reveal(), now_ms)?;
//! assert!(reader.may(Right::Read, "reports/may.md"));
//! assert!(!reader.may(Right::Write, "reports/may.md"));
//! assert!(!reader.may(Right::Read, "reports-old/may.md"));
//!
//! tokens.revoke(&Principal::owner(), &made.token.id, now_ms)?;
//! assert!(tokens.authenticate(made.secret.reveal(), now_ms).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod actor;
pub mod approval;
pub mod audit;
pub mod comment;
pub mod content;
mod error;
pub mod events;
mod grant;
pub mod history;
mod identity;
pub mod journal;
pub mod lease;
mod principal;
mod random;
mod text;
mod token;
mod trust;
pub mod usage;
pub mod versions;

pub use actor::{Actor, Via};
pub use audit::{Act, Audit};
pub use error::{Error, ErrorKind, Result};
pub use events::{After, Event, EventFilter, EventLog, NewEvent};
pub use grant::{Grant, Right, Rights};
pub use history::{History, Known, Origin, Source};
pub use identity::{is_workspace_id, new_workspace_id};
pub use journal::Journal;
pub use lease::{Lease, LeaseRequest, Leases};
pub use principal::{Kind, OWNER, Principal};
pub use token::{
    CLAIM_PREFIX, Claimed, Made, NewToken, NewTransfer, Offered, Refused, SECRET_PREFIX, Secret, State,
    Token, Tokens, Transfer, TransferState,
};
pub use trust::{Claim, Trust, TrustPolicy};

/// The folder under `.workroom/` that journals lie in.
pub const FOLDER: &str = "custody";
