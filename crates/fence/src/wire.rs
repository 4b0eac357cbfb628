//! What goes through the pipes, as bytes (postcard): the types of `corpus` mirrored, since those are no wire format themselves.
//!
//! Invariant: what is decoded is valid: spans in order, inside their text and on character boundaries, places countable, names plain paths.
//! A hostile reply is refused before it costs more than a few times its length.

mod document;
mod reply;

pub(crate) use reply::{Reply, decode_reply, encode_reply, longest_message};

use crate::confine::Confinement;
use crate::limits::Limits;
use crate::request::{Options, Parsed, Request};
use corpus::Format;
use extract::Skip;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Raised with every change of these messages: a parent refuses a child of another version.
const PROTOCOL: u32 = 2;
const MAGIC: &str = "workroom parser";

/// Messages other than files and replies are shorter.
pub(crate) const SHORT: u64 = 64 << 10;

/// The parent's first word: what the child is to bind itself to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) memory_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) cpu_seconds: u64,
}

/// The child's first word, once it is confined.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hello {
    magic: String,
    protocol: u32,
    confinement: u8,
}

impl Hello {
    pub(crate) fn new(confinement: Confinement) -> Self {
        Self { magic: MAGIC.to_owned(), protocol: PROTOCOL, confinement: confinement as u8 }
    }

    /// How the child is confined, or why it is no parser of this version.
    pub(crate) fn check(&self) -> Result<Confinement, String> {
        if self.magic != MAGIC {
            return Err("it says something else".to_owned());
        }
        if self.protocol != PROTOCOL {
            return Err(format!("it speaks version {} where {PROTOCOL} is needed", self.protocol));
        }
        Ok(Confinement::from_code(self.confinement))
    }
}

/// A request without its bytes, which follow in a frame of their own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    format: String,
    archives: bool,
    list_only: bool,
    time_ms: u64,
}

impl Head {
    /// The head of a request, which may be for the list of what is inside only.
    pub(crate) fn of(request: &Request, list_only: bool, time: Duration) -> Self {
        Self {
            format: request.format.name().to_owned(),
            archives: request.options.archives,
            list_only: list_only || request.options.list_only,
            time_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn with(self, bytes: Vec<u8>) -> Option<Request> {
        let Self { format, archives, list_only, time_ms } = self;
        let options = Options { archives, list_only, time: Duration::from_millis(time_ms) };
        Some(Request { format: Format::from_name(&format)?, bytes, options })
    }
}

pub(crate) fn encode(message: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(message)
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}

/// An outcome as a child sends it. Public for the tests that feed the wire any bytes (`tests/hostile`).
#[must_use]
pub fn wire_bytes(outcome: Result<Parsed, Skip>) -> Option<Vec<u8>> {
    encode_reply(&Reply { leaves: false, outcome }, Limits::default().output_bytes).ok()
}

/// The outcome that the bytes are, as the parent takes it. Public for the same tests.
///
/// # Errors
/// What is wrong with the bytes.
pub fn outcome_of_wire_bytes(bytes: &[u8]) -> Result<Result<Parsed, Skip>, String> {
    decode_reply(bytes).map(|reply| reply.outcome)
}
