//! A workspace in a temporary folder, and the real program run on it.
//!
//! Invariant: nothing outside the temporary folder is read or written: home and models are inside it, and no variable of the caller's
//! environment reaches the program.

mod agent;
mod marker;
mod program;
mod room;

pub use agent::Agent;
pub use marker::marker;
pub use program::{Ran, Running, program};
pub use room::Room;
