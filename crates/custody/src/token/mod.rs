//! Tokens: secrets that stand for principals.
//!
//! Invariant: a secret is shown once, when its token is made, and kept nowhere; what is kept is a digest, from which nobody gets it back.
//! No token may more than whoever made it, nor longer.
//! Not here: what a principal may do (`principal`), how a request carries a secret.
//! On disk: docs/format.md, "Custody".

mod record;
mod secret;
mod table;
#[cfg(test)]
mod tests;
mod tokens;

pub use secret::{SECRET_PREFIX, Secret};
pub use table::{Refused, State, Token};
pub(crate) use tokens::is_invisible;
pub use tokens::{Made, NewToken, Tokens};
