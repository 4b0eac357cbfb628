//! A folder of ordinary files, searchable by meaning.

pub use engine::Engine as Workspace;
pub use engine::*;
