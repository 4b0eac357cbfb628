//! How long clients may take.
//!
//! Invariant: nothing waits for a client without one of these.
//! Not here: how long a call into a workspace may take (`http`, `mcp`).

use std::time::Duration;

/// How long clients may take. The defaults are for people and programs anywhere; tests take less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For a TLS handshake.
    pub handshake: Duration,
    /// For taking anything of what is sent.
    pub unread: Duration,
    /// For a body, besides the time that its size gives it.
    pub body: Duration,
    /// Between two signs of life on a stream, each of which asks whether its token still holds.
    pub pulse: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(60),
            handshake: Duration::from_secs(10),
            unread: Duration::from_secs(60),
            body: Duration::from_secs(20),
            pulse: Duration::from_secs(10),
        }
    }
}
