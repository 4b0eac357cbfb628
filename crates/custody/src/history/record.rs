//! What happens to files, as the journal keeps it: one JSON object a record, `{ACT: {...}}`.
//!
//! Invariant: a record with a field or an act that this version does not know is refused, and with it the whole journal: what a newer version adds may
//! say that something is not to be trusted.
//! Not here: what the records add up to (`table`).

use crate::journal::Unfit;
use crate::{Actor, Trust};
use corpus::ContentHash;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How a version came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// It was written whole.
    #[default]
    Written,
    /// What stood there was changed in places, or something was added.
    Edited,
    /// It was copied from another file of the workspace.
    Copied,
    /// It was fetched from an address, by its writer's account.
    Fetched,
    /// It was made of other files of the workspace, by its writer's account.
    Derived,
}

impl Source {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Edited => "edited",
            Self::Copied => "copied",
            Self::Fetched => "fetched",
            Self::Derived => "derived",
        }
    }
}

/// Something that happened, or was about to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// A version of a file is put in its place.
    Written {
        path: String,
        #[serde(serialize_with = "write_version", deserialize_with = "read_version")]
        version: ContentHash,
        by: Actor,
        at_ms: i64,
        source: Source,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source_url: Option<String>,
        #[serde(default, skip_serializing_if = "Trust::is_unknown")]
        trust: Trust,
    },
    /// It was not put there after all.
    Withdrawn {
        path: String,
        #[serde(serialize_with = "write_version", deserialize_with = "read_version")]
        version: ContentHash,
    },
    /// A file or folder is moved.
    Moved { from: String, to: String, by: Actor, at_ms: i64 },
    /// What is at a path and below it at this moment comes from where nothing is trusted.
    Untrusted { path: String },
    /// A file or folder is gone. Not synced: who wrote what is no more is of no use, and does no harm.
    Removed { path: String, by: Actor, at_ms: i64 },
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

fn write_version<S: Serializer>(version: &ContentHash, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(version)
}

fn read_version<'de, D: Deserializer<'de>>(from: D) -> Result<ContentHash, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    ContentHash::from_hex(&text).ok_or_else(|| de::Error::custom("a version is 64 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_written_so_and_nothing_else_is_read() {
        let version = "7".repeat(64);
        let check = |text: &str| {
            let record = Record::decode(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(record.encode().unwrap()).unwrap(), text);
        };
        let by = r#"{"principal":"k7","name":"ann","via":"mcp","client":"x"}"#;
        let written = format!(
            r#"{{"written":{{"path":"a.md","version":"{version}","by":{by},"at_ms":1,"source":"fetched","source_url":"a:b","trust":"untrusted"}}}}"#
        );
        check(&written);
        check(&written.replace(r#","source_url":"a:b","trust":"untrusted""#, ""));
        check(&format!(r#"{{"withdrawn":{{"path":"a.md","version":"{version}"}}}}"#));
        let moved = format!(r#"{{"moved":{{"from":"a","to":"b","by":{by},"at_ms":2}}}}"#);
        check(&moved);
        check(r#"{"untrusted":{"path":"b"}}"#);
        check(&format!(r#"{{"removed":{{"path":"b","by":{by},"at_ms":3}}}}"#));
        for bad in [
            "",
            "{}",
            r#"{"burnt":{"path":"b"}}"#,
            r#"{"untrusted":{"path":"b","until_ms":3}}"#,
            r#"{"untrusted":{}}"#,
            &written.replace(&version, "77"),
            &written.replace("\"untrusted\"", "\"suspicious\""),
            &written.replace("\"client\"", "\"address\""),
            &moved.replace("mcp", "post"),
            &format!("{moved} {moved}"),
        ] {
            assert!(Record::decode(bad.as_bytes()).is_err(), "{bad} was taken");
        }
        for source in [Source::Written, Source::Edited, Source::Copied, Source::Fetched, Source::Derived] {
            assert_eq!(serde_json::to_string(&source).unwrap(), format!("\"{}\"", source.name()));
        }
    }
}
