//! Show: a document's extracted text, or one chunk with its neighbours.

use crate::files::own_path;
use crate::place::page_of;
use crate::search::rfc3339;
use crate::{Engine, Error, ErrorKind, Origin, Place, Result};
use corpus::{DocPath, PathSet};
use custody::Trust;
use index::{DocRecord, Snapshot, StoredChunk, View};
use retrieve::quote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A document, or a part of it, as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The file, relative to the workspace.
    pub path: String,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub version: String,
    /// Its type.
    #[serde(rename = "type")]
    pub format: String,
    /// Its title, if it says one.
    pub title: Option<String>,
    /// What it says of itself, and the language it is in, by name; only what there is.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The file that it is a part of: the message of an attachment, the archive of a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Whether the file still has those bytes. `false` too when it is gone.
    pub fresh: bool,
    /// Who wrote that version, when and how; absent for what was not written through the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How far it is to be believed, by the workspace's settings and by who wrote it.
    #[serde(default, skip_serializing_if = "Trust::is_unknown")]
    pub trust: Trust,
    /// The chunks, in order: all of them, or the one asked for between its neighbours.
    pub chunks: Vec<ShownChunk>,
}

/// A chunk as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownChunk {
    /// Its number, from 0.
    pub chunk: u64,
    /// Whether it is the one that was asked for.
    pub asked: bool,
    /// Headings or enclosing definitions, outermost first.
    pub headings: Vec<String>,
    /// The header row of the table whose rows these are, when it is not in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Page, slide, cells, ... in the original, for formats that have such places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The page alone, for formats that have pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// First byte.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
    /// First line, from 1.
    pub start_line: u32,
    /// Last line, included.
    pub end_line: u32,
    /// The text of the range.
    pub text: String,
}

impl Engine {
    /// A document's chunks as they are indexed. Outside `within` there is nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing is indexed at that path; [`Unsupported`](ErrorKind::Unsupported) when the file was
    /// seen and skipped, with the reason.
    pub fn show(&self, path: &str, within: &PathSet) -> Result<Shown> {
        let snapshot = self.index.documents();
        let doc = self.find_doc(&snapshot.view(within), path)?;
        self.shown(&snapshot, &doc, None)
    }

    /// One chunk of a document between its neighbours. Outside `within` there is nothing.
    ///
    /// # Errors
    /// As [`Engine::show`], and [`NotFound`](ErrorKind::NotFound) when the document has fewer chunks.
    pub fn show_chunk(&self, path: &str, chunk: u64, within: &PathSet) -> Result<Shown> {
        let snapshot = self.index.documents();
        let doc = self.find_doc(&snapshot.view(within), path)?;
        self.shown(&snapshot, &doc, Some(chunk))
    }

    fn find_doc(&self, view: &View<'_>, path: &str) -> Result<DocRecord> {
        let key = own_path(path)?;
        if let Some(doc) = view.doc(&key) {
            return Ok((**doc).clone());
        }
        if let Some(skip) = view.skip(&key) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("`{key}` is not indexed: {}", skip.reason),
            ));
        }
        let error = Error::new(ErrorKind::NotFound, format!("`{key}` is not indexed"));
        Err(match nearest(view, key.file_name()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if view.covers(&key) && self.is_on_disk(&key) => {
                error.hint("the file exists: run `workroom index`, and check `.gitignore` and `.workroomignore` if that does not help")
            }
            None => error,
        })
    }

    /// Whether there is something at a path that no link leads to: a link would tell what there is elsewhere.
    fn is_on_disk(&self, path: &DocPath) -> bool {
        let mut on_the_way = path.to_fs(self.root());
        let is_there = std::fs::symlink_metadata(&on_the_way).is_ok_and(|meta| !meta.is_symlink());
        while on_the_way.pop() && on_the_way.as_path() != self.root() {
            if on_the_way.is_symlink() {
                return false;
            }
        }
        is_there
    }

    /// A document of a snapshot, whole, or one chunk between its neighbours.
    pub(crate) fn shown(&self, snapshot: &Snapshot, doc: &DocRecord, asked: Option<u64>) -> Result<Shown> {
        if let Some(chunk) = asked.filter(|chunk| *chunk >= u64::from(doc.n_chunks)) {
            let error = Error::new(ErrorKind::NotFound, format!("`{}` has no chunk {chunk}", doc.path));
            return Err(error.hint(match doc.n_chunks {
                0 => "the document is empty".to_owned(),
                n => format!("its chunks are 0 to {}", n - 1),
            }));
        }
        let chunks = snapshot.chunks_of(doc)?;
        let near = |number: u64| asked.is_none_or(|asked| number.abs_diff(asked) <= 1);
        let chunks = chunks.iter().zip(0..).filter(|&(_, number)| near(number));
        let provenance = self.provenance(snapshot, doc);
        Ok(Shown {
            path: doc.path.to_string(),
            version: doc.hash.to_string(),
            format: doc.format.name().to_owned(),
            title: doc.title.clone(),
            metadata: about(doc),
            container: doc.container.as_ref().map(ToString::to_string),
            fresh: self.freshness(snapshot, doc).unwrap_or(false),
            origin: provenance.origin,
            trust: provenance.trust,
            chunks: chunks
                .map(|(stored, number)| shown_chunk(stored, number, asked == Some(number)))
                .collect(),
        })
    }
}

fn shown_chunk(stored: &StoredChunk, number: u64, asked: bool) -> ShownChunk {
    let place = &stored.chunk;
    ShownChunk {
        chunk: number,
        asked,
        headings: place.headings.clone(),
        header: place.header.clone(),
        place: place.place.as_ref().map(Place::from),
        page: page_of(place.place.as_ref()),
        start_byte: place.span.start,
        end_byte: place.span.end,
        start_line: place.lines.0,
        end_line: place.lines.1,
        text: quote(stored).to_owned(),
    }
}

/// What a document says of itself, by name.
fn about(doc: &DocRecord) -> BTreeMap<String, String> {
    let metadata = &doc.metadata;
    let list = |words: &[String]| (!words.is_empty()).then(|| words.join(", "));
    let facts = [
        ("authors", list(&metadata.authors)),
        ("keywords", list(&metadata.keywords)),
        ("created", metadata.created_ms.map(rfc3339)),
        ("modified", metadata.modified_ms.map(rfc3339)),
        ("pages", metadata.pages.map(|pages| pages.to_string())),
        ("language", metadata.language.map(|language| language.to_string())),
        ("parser", Some(doc.parser.clone())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// An indexed path whose file name is the one asked for, or nearly.
fn nearest(view: &View<'_>, name: &str) -> Option<String> {
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_lowercase();
    let wanted = stem(name);
    let same = view.docs().find(|doc| doc.path.file_name() == name);
    let like = || view.docs().find(|doc| !wanted.is_empty() && stem(doc.path.file_name()).contains(&wanted));
    same.or_else(like).map(|doc| doc.path.to_string())
}
