//! Workspaces over HTTP and MCP.
//!
//! Invariant: the only crate with async. Every call of every transport goes through `access`, which asks what its principal may; nothing is
//! searched, read or written here by other means.
//! Not here: searching and files (`workroom`), tokens and grants (`custody`), the terminal (`cli`).

mod access;
mod blocking;
mod feed;
mod generation;
mod handles;
mod host;
mod http;
mod io;
mod mcp;
mod refusal;
mod refused;
mod server;
mod spans;
mod timeouts;
mod versions;

pub use self::http::openapi_json;
pub use host::{Anonymous, Opener, Served};
pub use mcp::{StdioOptions, ToolChoice, UnknownTools, stdio};
pub use server::{ServeError, ServeOptions, Server};
pub use timeouts::Timeouts;
