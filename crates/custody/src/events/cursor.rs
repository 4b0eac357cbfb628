//! Cursors: places in the log as texts that tell nothing.
//!
//! Invariant: two cursors of one place differ, and nobody without the key can say which of two is later, or whether they are the same. What is no
//! cursor of this workspace is told as such, but for one in a million texts, which are told as places that are no more.
//! Not here: what stands at a place (`log`).

use crate::{Error, Result, random};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::str::FromStr;

/// A place in the log: behind the event of that number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) seq: u64,
    /// Of that event's id: after a loss of power another event may have the number.
    pub(super) check: u32,
}

impl Position {
    /// Behind an event.
    pub(super) fn behind(seq: u64, id: &str) -> Self {
        Self { seq, check: crc32fast::hash(id.as_bytes()) }
    }
}

/// A place to go on from, as a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

impl Cursor {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where somebody wants to read on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// At the oldest event that is kept.
    Start,
    /// With what happens from now on.
    #[default]
    Now,
    /// Behind a place.
    Cursor(Cursor),
}

impl FromStr for After {
    type Err = std::convert::Infallible;

    /// `start`, `now`, or a cursor.
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        Ok(match text {
            "start" => Self::Start,
            "now" => Self::Now,
            cursor => Self::Cursor(Cursor(cursor.to_owned())),
        })
    }
}

impl From<Cursor> for After {
    fn from(cursor: Cursor) -> Self {
        Self::Cursor(cursor)
    }
}

/// Makes cursors of places and places of cursors: a Feistel network over a keyed hash, on 128 bits of which 32 are random.
pub(super) struct Sealer {
    key: [u8; 32],
}

const ROUNDS: std::ops::Range<u8> = 0..4;
/// No log has so many events, so a larger number comes of a text that is no cursor.
pub(super) const MOST: u64 = 1 << 40;
const DIGITS: usize = 32;

impl Sealer {
    /// With the key that lies at `path`, made if there is none.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io(path, "read")(error)),
        };
        // One that a crash cut off is made anew: old cursors are told as unknown then.
        match bytes.try_into() {
            Ok(key) => Ok(Self { key }),
            Err(_) => make(path).map(|key| Self { key }),
        }
    }

    /// With a key that is kept nowhere.
    pub(super) fn for_now() -> Result<Self> {
        let mut key = [0; 32];
        random::fill(&mut key)?;
        Ok(Self { key })
    }

    pub(super) fn seal(&self, position: Position) -> Result<Cursor> {
        let mut salt = [0; 4];
        random::fill(&mut salt)?;
        let halves = (position.seq, u64::from(position.check) << 32 | u64::from(u32::from_le_bytes(salt)));
        let (left, right) =
            ROUNDS.fold(halves, |(left, right), round| (right, left ^ self.mix(round, right)));
        Ok(Cursor(format!("{left:016x}{right:016x}")))
    }

    pub(super) fn open_cursor(&self, cursor: &Cursor) -> Option<Position> {
        let text = cursor.as_str();
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let whole = u128::from_str_radix(text, 16).ok()?;
        let halves = ((whole >> 64) as u64, whole as u64);
        let (seq, rest) =
            ROUNDS.rev().fold(halves, |(left, right), round| (right ^ self.mix(round, left), left));
        (seq < MOST).then_some(Position { seq, check: (rest >> 32) as u32 })
    }

    fn mix(&self, round: u8, half: u64) -> u64 {
        let mut input = [round; 9];
        input[1..].copy_from_slice(&half.to_le_bytes());
        let hash = blake3::keyed_hash(&self.key, &input);
        hash.as_bytes().iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
    }
}

fn make(path: &Path) -> Result<[u8; 32]> {
    let mut key = [0; 32];
    random::fill(&mut key)?;
    let unfinished = path.with_extension("new");
    let file = crate::journal::private().write(true).create(true).truncate(true).open(&unfinished);
    let mut file = file.map_err(Error::io(&unfinished, "make"))?;
    file.write_all(&key).and_then(|()| file.sync_all()).map_err(Error::io(&unfinished, "write"))?;
    std::fs::rename(&unfinished, path).map_err(Error::io(path, "put in place"))?;
    crate::journal::sync_folder(path)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cursor_is_of_one_workspace() {
        let (one, other) = (Sealer { key: [1; 32] }, Sealer { key: [2; 32] });
        let place = Position { seq: 7, check: 9 };
        let cursor = one.seal(place).unwrap();
        assert_ne!(one.seal(place).unwrap(), cursor, "one place looks different each time");
        assert_eq!(other.open_cursor(&cursor), None);
        for text in
            ["", "no cursor", "7", &"g".repeat(32), &"0".repeat(31), "+0000000000000000000000000000000"]
        {
            assert_eq!(one.open_cursor(&Cursor(text.to_owned())), None, "{text}");
        }
    }

    #[test]
    fn the_key_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let cursor = Sealer::open(&path).unwrap().seal(Position { seq: 3, check: 4 }).unwrap();
        assert_eq!(Sealer::open(&path).unwrap().open_cursor(&cursor), Some(Position { seq: 3, check: 4 }));
    }

    proptest! {
        #[test]
        fn a_place_comes_back(seq in 0..MOST, check: u32, key: [u8; 32]) {
            let sealer = Sealer { key };
            let place = Position { seq, check };
            prop_assert_eq!(sealer.open_cursor(&sealer.seal(place).unwrap()), Some(place));
        }
    }
}
