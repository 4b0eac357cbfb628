//! A saved file: an object, and what is known of the save that wrote it.
//!
//! Invariant: pure. What was written here and changed since is told from what was not, by the hash of its content. Nothing is told from a part of
//! a file: one that is cut off or damaged is no document.
//! On disk: docs/autosave.md.

use crate::json::{Malformed, Object};
use crate::metadata::{MEMBER, Metadata};
use corpus::ContentHash;

/// The members of a step besides what is known of it.
const STATE: &str = "state";
const CONFIG: &str = "config";

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// All of it but what is known of the save.
    pub(crate) content: Object,
    pub(crate) metadata: Metadata,
}

/// Why a file is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Damage {
    #[error("it is not UTF-8")]
    Encoding,
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("its content is not what was saved: somebody has changed it")]
    Changed,
    #[error("it is no step of a run")]
    NoStep,
}

impl Document {
    /// A document of a save, which it notes the hash of its content in.
    pub(crate) fn new(content: Object, metadata: &Metadata) -> Result<Self, Malformed> {
        let hash = hash(&content)?;
        Ok(Self { content, metadata: Metadata { content_hash: Some(hash), ..metadata.clone() } })
    }

    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let mut whole = self.content.clone();
        whole.set(MEMBER, self.metadata.to_json());
        Ok(whole.to_text()?.into_bytes())
    }

    /// Reads a file.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Damage> {
        let text = std::str::from_utf8(bytes).map_err(|_| Damage::Encoding)?;
        let mut content = Object::parse(text)?;
        let metadata = content.take(MEMBER).map(|json| Metadata::of(&json)).unwrap_or_default();
        match &metadata.content_hash {
            Some(expected) if *expected != hash(&content)? => Err(Damage::Changed),
            _ => Ok(Self { content, metadata }),
        }
    }
}

fn hash(content: &Object) -> Result<String, Malformed> {
    Ok(ContentHash::of(content.to_text()?.as_bytes()).to_string())
}

/// What a step holds: the state, and the config if the run has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) state: Object,
    pub(crate) config: Option<Object>,
    pub(crate) metadata: Metadata,
}

impl Step {
    /// The bytes of its file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        let mut content = Object::default();
        content.set(STATE, self.state.to_text()?);
        if let Some(config) = &self.config {
            content.set(CONFIG, config.to_text()?);
        }
        Document::new(content, &self.metadata)?.to_bytes()
    }

    /// Reads a step's file.
    pub(crate) fn parse(bytes: &[u8], sequence: u64) -> Result<Self, Damage> {
        let Document { content, metadata } = Document::parse(bytes)?;
        let state = content.get(STATE).ok_or(Damage::NoStep)?;
        // A file that was copied to another number is not that step.
        if metadata.sequence != Some(sequence) || metadata.content_hash.is_none() {
            return Err(Damage::NoStep);
        }
        let config = content.get(CONFIG).map(Object::parse).transpose()?;
        Ok(Self { state: Object::parse(state)?, config, metadata })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Reason;
    use proptest::prelude::*;

    fn metadata() -> Metadata {
        Metadata {
            timestamp: Some("2026-11-21T20:58:00.123Z".into()),
            agent_id: Some("agent-0123456789abcdef".into()),
            agent_name: Some("Tide Watcher".into()),
            loop_count: Some(3),
            sequence: Some(7),
            reason: Some(Reason::Step),
            content_hash: None,
        }
    }

    fn step() -> Step {
        let state = Object::parse(r#"{"seen": 42, "last": "höchst"}"#).unwrap();
        let config = Object::parse(r#"{"max_loops": 5}"#).unwrap();
        Step { state, config: Some(config), metadata: metadata() }
    }

    /// The bytes on disk, as docs/autosave.md has them; the text and the hashes are made by another program (`make.py`).
    #[test]
    fn the_bytes_are_these() {
        let document = |text: &str| {
            Document::new(Object::parse(text).unwrap(), &metadata()).unwrap().to_bytes().unwrap()
        };
        let check = |bytes: Vec<u8>, expected: &str| {
            assert_eq!(String::from_utf8(bytes).unwrap(), expected.trim_end())
        };
        check(document(r#"{"seen": 42, "last": "höchst"}"#), include_str!("../tests/golden/state.json"));
        check(document(r#"{"max_loops": 5}"#), include_str!("../tests/golden/config.json"));
        check(step().to_bytes().unwrap(), include_str!("../tests/golden/step.json"));
    }

    #[test]
    fn a_document_is_read_as_it_was_written() {
        let bytes = step().to_bytes().unwrap();
        let read = Step::parse(&bytes, 7).unwrap();
        assert_eq!((&read.state, &read.config), (&step().state, &step().config));
        assert_eq!(Metadata { content_hash: None, ..read.metadata }, metadata());
        assert_eq!(Step::parse(&bytes, 8), Err(Damage::NoStep));
        assert_eq!(Step::parse(b"{}", 7), Err(Damage::NoStep));
        assert_eq!(Document::parse(b"\xff{}"), Err(Damage::Encoding));
    }

    /// What Swarms writes: without a zone, a sequence or a hash.
    #[test]
    fn what_others_wrote_is_read_too() {
        let text = r#"{"agent_name": "a", "_autosave_metadata": {"timestamp": "2026-11-21T20:58:00.123456", "agent_id": "agent-1",
            "agent_name": "a", "loop_count": null}}"#;
        let read = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(read.content.to_text().unwrap(), "{\n  \"agent_name\": \"a\"\n}");
        let Metadata { timestamp, agent_id, agent_name, loop_count, sequence, reason, content_hash } =
            &read.metadata;
        assert_eq!(
            [timestamp, agent_id, agent_name].map(Option::as_deref),
            [Some("2026-11-21T20:58:00.123456"), Some("agent-1"), Some("a")]
        );
        assert_eq!((loop_count, sequence, reason, content_hash), (&None, &None, &None, &None));
        assert_eq!(read.metadata.saved_ms(), None, "nobody knows where on earth that was");
        let bare = Document::parse(b"{\"a\": 1}").unwrap();
        assert_eq!(bare.metadata, Metadata::default());
    }

    proptest! {
        #[test]
        fn no_byte_changes_unseen(at in any::<prop::sample::Index>(), bit in 0_u32..8) {
            let mut bytes = step().to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            // Either it is refused, or it means the same, or what changed is said of the save and not what was saved.
            if let Ok(read) = Step::parse(&bytes, 7) {
                prop_assert_eq!((read.state, read.config), (step().state, step().config));
            }
        }

        #[test]
        fn a_part_of_a_file_is_no_document(cut in any::<prop::sample::Index>()) {
            let bytes = step().to_bytes().unwrap();
            prop_assert!(Document::parse(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
