//! What happens to versions, as the journal keeps it: one JSON object a record, `{ACT: {...}}`.
//!
//! Invariant: a record with a field or an act that this version does not know is refused, and with it the whole journal: what a newer version adds
//! may say that something must not be dropped.
//! Not here: what the records add up to (`table`).

use crate::Actor;
use crate::journal::Unfit;
use corpus::ContentHash;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How a version came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum How {
    /// It was written through the program.
    Written,
    /// It was met on the disk: an editor or another program wrote it.
    Seen,
    /// An older version, or a checkpoint, was restored.
    Restored,
}

/// A version of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The content.
    #[serde(rename = "version", serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub hash: ContentHash,
    /// Its size.
    pub bytes: u64,
    /// Since when, in milliseconds since 1970.
    pub at_ms: i64,
    /// How it came to be known.
    pub how: How,
    /// Who wrote it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
}

/// Something that was removed, and can be put back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trashed {
    /// Its id.
    pub id: String,
    /// Where it was.
    pub path: String,
    /// Whether it is a folder, with all that it held.
    pub folder: bool,
    /// What it takes on the disk.
    pub bytes: u64,
    /// When it was removed.
    pub at_ms: i64,
    /// Whether something in it came from where nothing is trusted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untrusted: bool,
    /// Who removed it.
    pub by: Actor,
}

/// All files of a workspace at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Its id.
    pub id: String,
    /// The content that lists the files.
    #[serde(serialize_with = "write_hash", deserialize_with = "read_hash")]
    pub manifest: ContentHash,
    /// How many files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
    /// The commit of the index that showed them.
    pub seq: u64,
    /// When.
    pub at_ms: i64,
    /// Who made it.
    pub by: Actor,
    /// What it is for, in its maker's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Names by which it is found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The attempt that made it, so that it is made once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// Whether a restore made it, by which it can be undone: it is dropped in time, unless somebody gives it a name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

/// A restore: what is to stand at a path, and below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The checkpoint whose files are to stand there.
    pub checkpoint: String,
    /// The checkpoint of what stood there before.
    pub before: String,
    /// Where; the empty path is the whole workspace.
    pub path: String,
    /// When it began.
    pub at_ms: i64,
    /// Who restores.
    pub by: Actor,
    /// The attempt that began it, so that it is made once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
}

/// What stood at a path, from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Since when, in milliseconds since 1970.
    pub at_ms: i64,
    /// What.
    pub is: Stood,
}

/// What stood at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stood {
    /// A file with that content.
    #[serde(rename_all = "snake_case")]
    Content {
        /// The content.
        #[serde(rename = "version", serialize_with = "write_hash", deserialize_with = "read_hash")]
        hash: ContentHash,
        /// Its size.
        bytes: u64,
    },
    /// No file.
    Nothing,
    /// A file, of whose contents nothing is known any more.
    Forgotten,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_unknown(at_ms: &i64) -> bool {
    *at_ms == 0
}

/// A file that a restore was to change and could not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unrestored {
    /// Where; empty if it was not known which files.
    pub path: String,
    /// Why.
    pub why: String,
}

/// Something that happened, or was about to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Record {
    /// A version of a file.
    Version {
        /// The file.
        path: String,
        /// What it held.
        is: Version,
    },
    /// A file or folder is moved. What is known of `from` and below is known of `to`.
    Moved {
        /// Where it was.
        from: String,
        /// Where it is.
        to: String,
        /// When, in milliseconds since 1970; 0 where that was not noted.
        #[serde(default, skip_serializing_if = "is_unknown")]
        at_ms: i64,
    },
    /// Nothing is at a path and below it any more.
    Gone {
        /// Where.
        path: String,
        /// When, in milliseconds since 1970.
        at_ms: i64,
    },
    /// All that is known of what stood at a path, in place of what was noted before: when a journal is made smaller.
    Timeline {
        /// Where.
        path: String,
        /// The oldest first.
        states: Vec<State>,
    },
    /// Of files that were gone before then nothing may be known any more.
    ForgottenBefore {
        /// In milliseconds since 1970.
        at_ms: i64,
    },
    /// Something goes into the trash.
    Trashed(Trashed),
    /// Something left the trash: put back, or gone for good.
    Untrashed {
        /// Its id.
        id: String,
    },
    /// A checkpoint was made.
    Checkpoint(Checkpoint),
    /// A checkpoint has these tags.
    Tagged {
        /// The checkpoint.
        id: String,
        /// All of them.
        tags: Vec<String>,
    },
    /// A checkpoint is no more.
    Deleted {
        /// The checkpoint.
        id: String,
    },
    /// A restore begins, and will come to its end.
    Restoring(Restore),
    /// It has come to its end.
    Restored {
        /// What was damaged meanwhile, or refused: it is as it was.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unrestored: Vec<Unrestored>,
    },
}

impl Record {
    /// What is written.
    pub(super) fn encode(&self) -> Result<Vec<u8>, Unfit> {
        serde_json::to_vec(self).map_err(|error| Unfit(error.to_string()))
    }

    /// What was written.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Unfit> {
        serde_json::from_slice(bytes).map_err(|error| Unfit(error.to_string()))
    }
}

pub(super) fn write_hash<S: Serializer>(hash: &ContentHash, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(hash)
}

pub(super) fn read_hash<'de, D: Deserializer<'de>>(from: D) -> Result<ContentHash, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    ContentHash::from_hex(&text).ok_or_else(|| de::Error::custom("a version is 64 hexadecimal digits"))
}
