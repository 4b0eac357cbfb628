//! Provenance: who wrote what is found, when and how, and how far it is to be believed.
//!
//! Invariant: what is told of a version is of that very version, and of the file that a part is in. A change is noted before it is made, and what
//! goes away after it is gone; of a change that was not made nothing is told.
//! Not here: how it is kept (`custody`), who may see it.

use crate::doctor::Finding;
use crate::search::rfc3339;
use crate::{Condition, Engine, Error, ErrorKind, Result};
use corpus::{ContentHash, DocId, DocPath};
use custody::{Actor, Claim, Source, Trust};
use index::{DocRecord, Snapshot, View};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;

/// Whose a version is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Who wrote it.
    pub by: Actor,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// How it came about.
    pub source: Source,
    /// Where it was fetched, by its writer's account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// What is known of where a document comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provenance {
    pub(crate) origin: Option<Origin>,
    pub(crate) trust: Trust,
}

impl Engine {
    /// Where a document comes from: of a part, the file that it is in.
    pub(crate) fn provenance(&self, snapshot: &Snapshot, doc: &DocRecord) -> Provenance {
        let container = doc.container.as_ref().and_then(|container| snapshot.doc(container));
        let file = container.map_or(doc, |container| container);
        let known = self.history.known(&file.path, &file.hash);
        let origin = known.origin.map(|origin| Origin {
            by: Actor::clone(&origin.by),
            at: rfc3339(origin.at_ms),
            source: origin.source,
            source_url: origin.source_url,
        });
        Provenance { origin, trust: self.config.trust.of(file.path.as_str(), known.trust) }
    }

    /// The documents of a view that are labelled so.
    pub(crate) fn labelled(&self, view: &View<'_>, trust: Trust) -> Arc<HashSet<DocId>> {
        let labelled = view.docs().filter(|doc| self.provenance(view.snapshot(), doc).trust == trust);
        Arc::new(labelled.map(|doc| doc.id).collect())
    }

    /// Notes whose a version is that is about to take its place.
    pub(crate) fn note_written(
        &self,
        path: &DocPath,
        version: &ContentHash,
        condition: &Condition,
        by: &Actor,
        claim: &Claim,
    ) -> Result<()> {
        claim.check(by)?;
        let before = match condition {
            Condition::Version(before) if claim.edits => ContentHash::from_hex(before),
            _ => None,
        };
        let before = before.map(|before| self.label(path, &before));
        let sources = claim.derived_from.iter().map(|source| self.label_of(source));
        let made_of = sources.chain(before.map(Ok)).collect::<Result<Vec<Trust>>>()?.into_iter().min();
        let origin = custody::Origin {
            by: Arc::new(by.clone()),
            at_ms: now_ms(),
            source: match claim {
                Claim { edits: true, .. } => Source::Edited,
                Claim { source_url: Some(_), .. } => Source::Fetched,
                Claim { derived_from, .. } if !derived_from.is_empty() => Source::Derived,
                _ => Source::Written,
            },
            source_url: claim.source_url.clone(),
            trust: claim.label(by, made_of),
        };
        Ok(self.history.written(path, version, &origin)?)
    }

    /// Notes whose the copies are that are about to take their place: of each file its path below `from` and `to`, with a slash before it, and its
    /// version.
    pub(crate) fn note_copied(
        &self,
        (from, to): (&DocPath, &DocPath),
        files: Vec<(String, ContentHash)>,
        by: &Actor,
    ) -> Result<()> {
        let (by, at_ms) = (Arc::new(by.clone()), now_ms());
        let copied = files.into_iter().filter_map(|(below, version)| {
            let at = |folder: &DocPath| DocPath::new(&format!("{folder}{below}")).ok();
            let (from, to) = (at(from)?, at(to)?);
            let known = self.history.known(&from, &version);
            let trust = Claim::default().label(&by, Some(self.config.trust.of(from.as_str(), known.trust)));
            let source_url = known.origin.and_then(|origin| origin.source_url);
            let by = Arc::clone(&by);
            Some((to, version, custody::Origin { by, at_ms, source: Source::Copied, source_url, trust }))
        });
        Ok(self.history.all_written(copied)?)
    }

    /// Notes that something is about to be moved to where nothing is. What the owner moves is where the owner wants it.
    pub(crate) fn note_moved(&self, from: &DocPath, to: &DocPath, by: &Actor) -> Result<()> {
        let places = if by.is_owner() { Vec::new() } else { self.config.trust.untrusted_in(from) };
        let target = |place: &DocPath| {
            let below = place.as_str().strip_prefix(from.as_str()).unwrap_or_default();
            DocPath::new(&format!("{to}{below}"))
        };
        let places = places.iter().map(target).collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(self.history.moved((from, to), by, now_ms(), &places)?)
    }

    /// Notes that something is gone.
    pub(crate) fn note_gone(&self, path: &DocPath, by: &Actor) {
        self.history.removed(path, by, now_ms());
    }

    pub(crate) fn label(&self, path: &DocPath, version: &ContentHash) -> Trust {
        self.config.trust.of(path.as_str(), self.history.known(path, version).trust)
    }

    /// The label of a file, or of a part of one, as it is on disk.
    fn label_of(&self, path: &str) -> Result<Trust> {
        let path = crate::files::own_path(path)?;
        let snapshot = self.index.documents();
        if let Some(doc) = snapshot.doc(&path)
            && self.freshness(&snapshot, doc) == Some(true)
        {
            return Ok(self.provenance(&snapshot, doc).trust);
        }
        let version = self.folder.version(path.as_str())?;
        let version = ContentHash::from_hex(&version);
        Ok(version.map_or(Trust::Unknown, |version| self.label(&path, &version)))
    }

    /// Whether it is known who wrote what.
    pub(crate) fn check_provenance(&self) -> Finding {
        let (ok, detail) = match self.history.problem() {
            Some(problem) => (false, problem.to_owned()),
            None => (true, format!("files whose writer is known: {}", self.history.len())),
        };
        Finding { check: "provenance".to_owned(), ok, details: vec![detail] }
    }
}

/// A version as it is written.
pub(crate) fn version_from(hex: &str) -> Result<ContentHash> {
    ContentHash::from_hex(hex).ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("`{hex}` is not a version: 64 hexadecimal digits"))
    })
}

/// Now, in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

impl From<custody::Error> for Error {
    fn from(error: custody::Error) -> Self {
        let kind = match error.kind() {
            custody::ErrorKind::Locked => ErrorKind::Timeout,
            custody::ErrorKind::Held => ErrorKind::Held,
            custody::ErrorKind::LeaseEnded => ErrorKind::LeaseEnded,
            custody::ErrorKind::NotFound => ErrorKind::NotFound,
            custody::ErrorKind::Damaged => ErrorKind::Corrupt,
            custody::ErrorKind::Incompatible => ErrorKind::Incompatible,
            custody::ErrorKind::Invalid | custody::ErrorKind::Denied => ErrorKind::Invalid,
            _ => ErrorKind::Io,
        };
        Self::caused(kind, error)
    }
}
