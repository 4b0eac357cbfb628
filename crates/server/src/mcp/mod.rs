//! The Model Context Protocol: a workspace as tools and resources, over HTTP and over standard input and output.
//!
//! Invariant: both eras on one endpoint: 2026-07-28, where each request stands for itself, and the sessions of 2025-11-25 and before. A session
//! is its principal's alone. Rights are asked of `access` for every call.
//! Not here: HTTP's own guards (`http`), what a principal may do (`access`).

mod agent;
mod citation;
mod endpoint;
mod fixtures;
mod listening;
mod mime;
mod observed;
mod observer;
mod pulse;
mod reply;
mod resource;
mod session;
mod stdio;
mod tools;
mod uri;

use generate::passage;

pub(crate) use agent::Shared;
pub(crate) use endpoint::Endpoint;
pub(crate) use observer::{Durations, Observer};
pub use stdio::{StdioOptions, stdio};
pub use tools::{ToolChoice, UnknownTools};

#[cfg(test)]
mod tests;
