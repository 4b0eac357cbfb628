//! What happens to tokens, as the journal keeps it: one JSON object a record.
//!
//! Invariant: a record with a field or an act that this version does not know is refused, and with it the whole journal. What a newer version
//! adds may be a restriction (an address, an hour of the day), and to pass over it would be to grant more than was meant.
//! Not here: what the records add up to (`table`).

use super::secret::Digest;
use crate::journal::Unfit;
use crate::{Grant, Via};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// A token was made.
    Created {
        id: String,
        name: String,
        #[serde(serialize_with = "write_digest", deserialize_with = "read_digest")]
        digest: Digest,
        grants: Vec<Grant>,
        /// The principal who made it.
        by: String,
        at_ms: i64,
        expires_ms: Option<i64>,
    },
    /// A token was revoked.
    Revoked { id: String, by: String, at_ms: i64 },
    /// A token is not accepted until it is resumed.
    Paused { id: String, by: String, at_ms: i64 },
    /// It is accepted again.
    Resumed { id: String, by: String, at_ms: i64 },
    /// Ownership was offered to whoever shows a secret.
    Offered {
        id: String,
        #[serde(serialize_with = "write_digest", deserialize_with = "read_digest")]
        digest: Digest,
        /// What the one who offers is left with.
        keeps: Vec<Grant>,
        /// Whether the tokens that it made go over to the new owner; else they end.
        passes_tokens: bool,
        by: String,
        at_ms: i64,
        expires_ms: i64,
    },
    /// An offer was taken back.
    Retracted { id: String, by: String, at_ms: i64 },
    /// An offer was taken. All of it in one record: the new owner's token is made, and whoever offered is left with what it kept.
    Claimed {
        id: String,
        token: String,
        name: String,
        #[serde(serialize_with = "write_digest", deserialize_with = "read_digest")]
        digest: Digest,
        /// How the new owner came.
        via: Via,
        at_ms: i64,
    },
    /// That an offer was taken is in the audit log.
    Told { id: String },
    /// A token was used. Not everything that happens is kept, and what is may be lost when the power goes.
    Used { id: String, at_ms: i64 },
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

fn write_digest<S: Serializer>(digest: &Digest, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(digest.to_hex().as_str())
}

fn read_digest<'de, D: Deserializer<'de>>(from: D) -> Result<Digest, D::Error> {
    let text = String::deserialize(from)?;
    Digest::from_hex(text).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_written_so_and_nothing_else_is_read() {
        let digest = "7".repeat(64);
        let check = |text: &str| {
            let record = Record::decode(text.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(record.encode().unwrap()).unwrap(), text);
        };
        let created = format!(
            r#"{{"act":"created","id":"a1","name":"ann","digest":"{digest}","grants":[{{"prefix":"","rights":["read"]}}],"by":"owner","at_ms":1,"expires_ms":null}}"#
        );
        check(&created);
        check(r#"{"act":"revoked","id":"a1","by":"owner","at_ms":2}"#);
        check(r#"{"act":"paused","id":"a1","by":"owner","at_ms":2}"#);
        check(r#"{"act":"resumed","id":"a1","by":"owner","at_ms":2}"#);
        check(r#"{"act":"used","id":"a1","at_ms":3}"#);
        check(&format!(
            r#"{{"act":"offered","id":"b2","digest":"{digest}","keeps":[{{"prefix":"a","rights":["read"]}}],"passes_tokens":true,"by":"a1","at_ms":4,"expires_ms":9}}"#
        ));
        check(r#"{"act":"retracted","id":"b2","by":"owner","at_ms":5}"#);
        check(&format!(
            r#"{{"act":"claimed","id":"b2","token":"c3","name":"cat","digest":"{digest}","via":"http","at_ms":5}}"#
        ));
        check(r#"{"act":"told","id":"b2"}"#);
        for bad in [
            "",
            "{}",
            "[]",
            r#"{"act":"paused","id":"a1","at_ms":3}"#,
            r#"{"act":"used","id":"a1","at_ms":3,"from":"127.0.0.1"}"#,
            r#"{"act":"used","id":"a1"}"#,
            &created.replace(&digest, "77"),
            &created.replace("\"prefix\":\"\"", "\"prefix\":\"..\""),
            &created.replace("\"by\"", "\"only_from\":\"::1\",\"by\""),
            &format!("{created} {created}"),
        ] {
            assert!(Record::decode(bad.as_bytes()).is_err(), "{bad} was taken");
        }
    }
}
