//! A parser's reply as one message: its own document, then its parts, one after the other.
//!
//! Invariant: both sides count headings, places and tables over the whole reply. The child leaves out what would be too many, and says so;
//! the parent refuses a reply that has more.

use super::document::{MAX_ITEMS, WireDocument, WireSkip, items};
use crate::frame;
use crate::request::{MAX_PARTS, Parsed, Part};
use corpus::{ContentHash, DocPath, Document};
use extract::Skip;
use serde::{Deserialize, Serialize};

/// The longest name of a part, in bytes.
const MAX_NAME: usize = 4096;

/// What a child answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// Whether the child ends after this reply.
    pub(crate) leaves: bool,
    pub(crate) outcome: Result<Parsed, Skip>,
}

#[derive(Serialize, Deserialize)]
struct WireReply<'a> {
    leaves: bool,
    n_parts: u32,
    #[serde(borrow)]
    outcome: Result<WireDocument<'a>, WireSkip<'a>>,
}

#[derive(Serialize, Deserialize)]
struct WirePart<'a> {
    name: &'a str,
    size: u64,
    hash: [u8; 32],
    #[serde(borrow)]
    outcome: Result<WireDocument<'a>, WireSkip<'a>>,
}

/// The longest message that [`encode_reply`] makes under the bound `longest`: names and reasons of parts come on top of it.
pub(crate) fn longest_message(longest: u64) -> u64 {
    longest.saturating_add((MAX_PARTS * (MAX_NAME + 2048)) as u64).min(frame::LONGEST)
}

/// The reply as bytes, at most `longest` of text and places. What does not fit is told instead.
pub(crate) fn encode_reply(reply: &Reply, longest: u64) -> Result<Vec<u8>, postcard::Error> {
    let leaves = reply.leaves;
    let whole =
        |told: Skip| postcard::to_stdvec(&WireReply { leaves, n_parts: 0, outcome: wired(&Err(told)) });
    let mut left = MAX_ITEMS;
    let parts = reply.outcome.as_ref().map_or(&[][..], |parsed| &parsed.parts);
    if parts.len() > MAX_PARTS {
        return whole(Skip::too_much(format!("more than {MAX_PARTS} documents")));
    }
    let document = match fitting(reply.outcome.as_ref().map(|parsed| &parsed.document), &mut left) {
        Ok(document) => document,
        Err(reason) => return whole(reason),
    };
    let n_parts = parts.len() as u32;
    let outcome = Ok(WireDocument::of(document));
    let mut body = postcard::to_stdvec(&WireReply { leaves, n_parts, outcome })?;
    if body.len() as u64 > longest {
        return whole(too_long(longest));
    }
    for part in parts {
        let before = body.len();
        let outcome = fitting(part.outcome.as_ref(), &mut left);
        body = postcard::to_extend(&wire_part(part, wired(&outcome)), body)?;
        if body.len() as u64 > longest {
            body.truncate(before);
            body = postcard::to_extend(&wire_part(part, wired(&Err(too_long(longest)))), body)?;
        }
    }
    Ok(body)
}

fn too_long(longest: u64) -> Skip {
    Skip::too_much(format!("more than {} MiB of text and places", longest >> 20))
}

/// The document, unless it has more headings, places and tables than are left.
fn fitting<'a>(outcome: Result<&'a Document, &Skip>, left: &mut usize) -> Result<&'a Document, Skip> {
    let document = outcome.map_err(Clone::clone)?;
    match left.checked_sub(items(document)) {
        Some(rest) => *left = rest,
        None => {
            return Err(Skip::too_much(format!("more than {MAX_ITEMS} headings, places and tables")));
        }
    }
    Ok(document)
}

fn wired<'a>(outcome: &'a Result<&'a Document, Skip>) -> Result<WireDocument<'a>, WireSkip<'a>> {
    outcome.as_ref().map(|document| WireDocument::of(document)).map_err(WireSkip::of)
}

fn wire_part<'a>(part: &'a Part, outcome: Result<WireDocument<'a>, WireSkip<'a>>) -> WirePart<'a> {
    WirePart { name: &part.name, size: part.size, hash: *part.hash.as_bytes(), outcome }
}

/// The reply that the bytes hold, or what is wrong with them.
pub(crate) fn decode_reply(bytes: &[u8]) -> Result<Reply, String> {
    let wrong = |error: postcard::Error| error.to_string();
    let mut left = MAX_ITEMS;
    let (reply, mut rest) = postcard::take_from_bytes::<WireReply<'_>>(bytes).map_err(wrong)?;
    let WireReply { leaves, n_parts, outcome } = reply;
    let document = checked(outcome, &mut left)?;
    if n_parts as usize > MAX_PARTS {
        return Err("too many parts".to_owned());
    }
    let mut parts = Vec::new();
    for _ in 0..n_parts {
        let (part, after) = postcard::take_from_bytes::<WirePart<'_>>(rest).map_err(wrong)?;
        rest = after;
        let WirePart { name, size, hash, outcome } = part;
        if name.len() > MAX_NAME || DocPath::new(name).is_err() {
            return Err("a part without a proper name".to_owned());
        }
        let outcome = checked(outcome, &mut left)?;
        parts.push(Part { name: name.to_owned(), size, hash: ContentHash::from_bytes(hash), outcome });
    }
    if !rest.is_empty() {
        return Err("more bytes than parts".to_owned());
    }
    Ok(Reply { leaves, outcome: document.map(|document| Parsed { document, parts }) })
}

fn checked(
    outcome: Result<WireDocument<'_>, WireSkip<'_>>,
    left: &mut usize,
) -> Result<Result<Document, Skip>, String> {
    let document = match outcome {
        Ok(document) => document.check()?,
        Err(skip) => return Ok(Err(skip.check())),
    };
    *left = left.checked_sub(items(&document)).ok_or("too many headings, places and tables")?;
    Ok(Ok(document))
}

#[cfg(test)]
mod tests;
