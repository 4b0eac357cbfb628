//! Tokens: secrets that stand for principals.
//!
//! Invariant: a secret is shown once, when its token is made, and kept nowhere; what is kept is a digest, from which nobody gets it back.
//! No token may more than whoever made it, nor longer.
//! Not here: what a principal may do (`principal`), how a request carries a secret.
//! On disk: docs/format.md, "Custody".

mod offers;
mod pause;
mod record;
mod secret;
mod table;
#[cfg(test)]
mod tests;
mod tokens;
mod transfer;
#[cfg(test)]
mod transfer_tests;

pub use offers::{Transfer, TransferState};
pub(crate) use secret::random_id;
pub use secret::{CLAIM_PREFIX, SECRET_PREFIX, Secret};
pub use table::{Refused, State, Token};
use tokens::MAX_GRANTS;
pub(crate) use tokens::is_invisible;
pub use tokens::{Made, NewToken, Tokens};
pub use transfer::{Claimed, NewTransfer, Offered};
