//! The model hub, if the program was built with it (feature `hub`).
//!
//! Invariant: nothing is fetched unless a user asked for that model by name. Not here: what is installed otherwise (`models`).

#[cfg(not(feature = "hub"))]
mod disabled;
#[cfg(feature = "hub")]
mod enabled;

#[cfg(not(feature = "hub"))]
pub(crate) use disabled::load;
#[cfg(feature = "hub")]
pub(crate) use enabled::load;
