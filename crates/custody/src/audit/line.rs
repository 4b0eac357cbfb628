//! A record as a line: a JSON object whose last member is the hash of the rest and of the record before.
//!
//! Invariant: pure. A line that checks was written by this module after the record before it, or by somebody who made the whole rest of the log
//! anew.
//! Not here: files, what an act is.

use super::act::Act;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// A hash over a record and all before it.
pub(super) type Hash = blake3::Hash;

/// What stands before the first record.
pub(super) const NOTHING: Hash = Hash::from_bytes([0; 32]);
/// A line may have so many bytes.
pub(super) const MAX_LINE: usize = 1 << 20;
/// Numbers are smaller: every reader of JSON reads them exactly, and there is always a next one.
pub(super) const MOST: u64 = 1 << 53;
const KEY: &str = "workroom 2026-11-21 record of an audit log";
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_HASH: &str = "\"}";
const HEX: usize = 64;

/// What every record has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The number, from 0, without a gap.
    pub(super) seq: u64,
    /// When, in milliseconds since 1970.
    pub(super) at_ms: i64,
    /// What.
    #[serde(flatten)]
    pub(super) act: Act,
}

/// Number and time alone, of whatever version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Stamp {
    pub(super) seq: u64,
    pub(super) at_ms: i64,
}

/// The line of a record after one with the hash `before`, with its end, and its hash.
pub(super) fn write(before: &Hash, record: &Record) -> Result<(String, Hash)> {
    let body = serde_json::to_string(record).map_err(|error| Error::invalid(error.to_string()))?;
    let body = body.strip_suffix('}').unwrap_or(&body);
    let hash = hash(before, body);
    let line = format!("{body}{BEFORE_HASH}{}{AFTER_HASH}\n", hash.to_hex());
    if line.len() > MAX_LINE {
        return Err(Error::TooLarge { bytes: line.len(), limit: MAX_LINE });
    }
    Ok((line, hash))
}

/// A line taken apart. Nothing about it is checked but its form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    body: &'a str,
    pub(super) stamp: Stamp,
    /// The hash that it says it has.
    pub(super) said: Hash,
}

/// Takes a line apart, which comes without its end. `None` when it has not the form of one.
pub(super) fn read(line: &[u8]) -> Option<Line<'_>> {
    let text = std::str::from_utf8(line).ok()?;
    let rest = text.strip_suffix(AFTER_HASH)?;
    let (before, hex) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let body = before.strip_suffix(BEFORE_HASH)?;
    // Only as it is written: else there would be two lines for one record.
    let is_lower = hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let said = Hash::from_hex(hex).ok().filter(|_| is_lower)?;
    let stamp: Stamp = serde_json::from_str(text).ok().filter(|stamp: &Stamp| stamp.seq < MOST)?;
    Some(Line { body, stamp, said })
}

impl Line<'_> {
    /// Whether it follows a record with the hash `before`, unchanged.
    pub(super) fn follows(&self, before: &Hash) -> bool {
        hash(before, self.body) == self.said
    }
}

fn hash(before: &Hash, body: &str) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(KEY);
    hasher.update(before.as_bytes());
    hasher.update(body.as_bytes());
    hasher.finalize()
}
