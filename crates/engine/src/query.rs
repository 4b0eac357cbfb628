//! What a caller asks and what it gets back. Plain values; the serialised form is the documented JSON (docs/json.md).

use crate::fact::fact;
use crate::{Error, ErrorKind, Origin, Place, Result};
use corpus::{Format, PathSet};
use custody::Trust;
use index::{Fact, Filter};
use retrieve::Recency;
use serde::{Deserialize, Serialize};

pub use retrieve::Mode;

/// A search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The words, as a person would type them.
    pub text: String,
    /// What ranks.
    pub mode: Mode,
    /// How many hits to return.
    pub limit: usize,
    /// Only this file, or files below this folder (a path inside the workspace).
    pub path: Option<String>,
    /// Only files of these types (`markdown`, `rust`, ...); empty means any.
    pub types: Vec<String>,
    /// Only files modified at or after this time, in milliseconds since 1970 (UTC).
    pub since_ms: Option<i64>,
    /// Only documents that say this of themselves: `author=smith`, `title=plan`, `keyword=tide`, `language=de`, `created>=2024-03`,
    /// `modified<2024`, `pages>10`; or are labelled so: `trust=untrusted`. All must hold; words match in any case and anywhere, dates by year, month, day or instant (UTC).
    pub filters: Vec<String>,
    /// Prefers recent files: the age, in milliseconds, at which half of the preference is gone. A very old file keeps half of its score.
    pub half_life_ms: Option<i64>,
    /// How long to wait for teacher vectors of chunks that have none yet, in milliseconds; 0 for not at all, `None` for
    /// [`DEFAULT_RESCORE_MS`](crate::DEFAULT_RESCORE_MS). Without a teacher there is nothing to wait for.
    pub rescore_ms: Option<u64>,
    /// Whether teacher vectors that are made for this query are stored, for all later ones. True unless a measurement wants each query to
    /// find the same index.
    pub keep: bool,
    /// Shows at least this commit, as [`Written::seq`](crate::Written) names it: the query waits for it, and fails when it does not come in
    /// time. What a call of this library wrote is seen by every query that begins after the call returned, without this.
    pub min_seq: Option<u64>,
    /// Searches what was there then, as it was: a date, a time (RFC 3339), an age (`90m`, `12h`, `7d`, `2w`), or the id or a tag of a checkpoint.
    /// [`Engine::as_of`](crate::Engine::as_of) says what of that is no longer kept, and cannot be found. What the caller may see is of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// What the caller may see: nothing that lies outside changes any byte of the answer, as if it were not there. Not a wish like
    /// [`path`](Self::path), which narrows what is returned and not what is counted, but set by whoever answers for the caller.
    ///
    /// One thing is of the whole workspace all the same: a student that was fitted to it ([`Engine::adapt`](crate::Engine::adapt)) places
    /// queries and chunks a little differently than one fitted to the visible files alone, or not fitted. Where that is too much,
    /// the workspace is not adapted, or the hidden files have one of their own. And which chunks already have their teacher's vector is a matter of
    /// time, as is that a text which the workspace has met before has it at once.
    #[serde(default = "PathSet::all", skip_serializing_if = "PathSet::is_all", with = "crate::path_set")]
    pub within: PathSet,
}

impl Query {
    /// A hybrid search for `text` with ten hits.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            mode: Mode::Hybrid,
            limit: 10,
            path: None,
            types: Vec::new(),
            since_ms: None,
            filters: Vec::new(),
            half_life_ms: None,
            rescore_ms: None,
            keep: true,
            min_seq: None,
            as_of: None,
            within: PathSet::all(),
        }
    }

    /// Sets the number of hits.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Keeps only documents that say this of themselves (see [`Query::filters`]).
    #[must_use]
    pub fn filter_by(mut self, filter: impl Into<String>) -> Self {
        self.filters.push(filter.into());
        self
    }

    /// Sets what ranks.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets how long to wait for teacher vectors.
    #[must_use]
    pub fn rescore_ms(mut self, milliseconds: u64) -> Self {
        self.rescore_ms = Some(milliseconds);
        self
    }

    /// Waits for a commit.
    #[must_use]
    pub fn min_seq(mut self, seq: u64) -> Self {
        self.min_seq = Some(seq);
        self
    }

    /// Searches what was there then (see [`Query::as_of`]).
    #[must_use]
    pub fn as_of(mut self, when: impl Into<String>) -> Self {
        self.as_of = Some(when.into());
        self
    }

    /// Sets what the caller may see.
    #[must_use]
    pub fn within(mut self, within: PathSet) -> Self {
        self.within = within;
        self
    }

    /// Restricts to a file or folder.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn recency(&self) -> Option<Recency> {
        let half_life_ms = self.half_life_ms?;
        Some(Recency { now_ms: jiff::Timestamp::now().as_millisecond(), half_life_ms })
    }

    /// What narrows it down. `labelled` finds the documents with a label.
    pub(crate) fn filter(&self, labelled: impl Fn(Trust) -> Fact) -> Result<Filter> {
        let formats = self.types.iter().map(|name| format_named(name)).collect::<Result<Vec<_>>>()?;
        let path =
            self.path.as_deref().map(|path| path.trim_start_matches("./").trim_matches('/').to_owned());
        let path = path.filter(|path| !path.is_empty() && path != ".");
        let facts = self.filters.iter().map(|text| Ok(fact(text)?.or_labelled(&labelled)));
        let facts = facts.collect::<Result<Vec<_>>>()?;
        Ok(Filter { path, formats, modified_since_ms: self.since_ms, facts })
    }
}

fn format_named(name: &str) -> Result<Format> {
    Format::from_name(&name.to_lowercase()).ok_or_else(|| {
        let known: Vec<&str> = Format::all().map(Format::name).collect();
        Error::new(ErrorKind::Invalid, format!("`{name}` is not a type of file"))
            .hint(format!("the types are {}", known.join(", ")))
    })
}

/// A chunk that was found, with everything a citation needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The file, relative to the workspace.
    pub path: String,
    /// Number of the chunk in its document, from 0; `show PATH#chunk` prints it.
    pub chunk: u64,
    /// What the list is ordered by; comparable within one list only.
    pub score: f32,
    /// BM25 of the words, if they were searched and found.
    pub lexical_score: Option<f32>,
    /// Cosine with the query, if both have a vector.
    pub dense_score: Option<f32>,
    /// Which model the chunk's vector is from: `student` or `teacher`.
    pub tier: Option<String>,
    /// Title of the document, if it says one.
    pub title: Option<String>,
    /// Headings or enclosing definitions that lead to the chunk, outermost first.
    pub headings: Vec<String>,
    /// The header row of the table whose rows these are, when it is not in the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Page, slide, cells, ... in the original, for formats that have such places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The page alone, for formats that have pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// First byte of the text.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
    /// First character (Unicode scalar value).
    pub start_char: u32,
    /// One past the last character.
    pub end_char: u32,
    /// First line, from 1.
    pub start_line: u32,
    /// Last line, from 1, included.
    pub end_line: u32,
    /// The text of that version at that range, byte for byte.
    pub quote: String,
    /// Who wrote the document, by its own account; the sender of a message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// When the document was made or sent, by its own account, RFC 3339, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The language of its text, as detected, in two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The file that the document is a part of: the message of an attachment, the archive of a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// BLAKE3 of the file's bytes as they were indexed, in hexadecimal; of the part's own, for a part.
    pub version: String,
    /// When the file was modified, RFC 3339, UTC.
    pub modified: String,
    /// When it was indexed, RFC 3339, UTC.
    pub indexed_at: String,
    /// Whether the file still has the bytes that were indexed.
    pub fresh: bool,
    /// When it was so, RFC 3339, UTC, if the search was not of now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Of a search that was not of now: whether the file holds the same bytes now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_current: Option<bool>,
    /// Who wrote that version, when and how; absent for what was not written through the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// How far it is to be believed, by the workspace's settings and by who wrote it.
    #[serde(default, skip_serializing_if = "Trust::is_unknown")]
    pub trust: Trust,
}

/// A question to be answered with passages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The search behind it. Its limit is ignored: the budget decides.
    pub query: Query,
    /// Word pieces that the passages may hold together.
    pub budget: usize,
}

impl Question {
    /// A question with a budget of 1,500 word pieces.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { query: Query::new(text), budget: 1500 }
    }
}

/// Passages for a question, and an answer made of their sentences.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The question.
    pub question: String,
    /// The answer: the sentences of `sentences`, joined. Absent when no passage answers the question.
    pub answer: Option<String>,
    /// How near the best sentence is to the question, 0 to 1; not a probability. 0 without an answer.
    pub support: f32,
    /// The sentences of the answer with their citations.
    pub sentences: Vec<Citation>,
    /// The passages, best first. A passage is a hit whose quote may span several chunks.
    pub passages: Vec<Hit>,
    /// Word pieces of all passages together.
    pub tokens: usize,
}

/// A quoted sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// Which passage it is from, from 0.
    pub passage: usize,
    /// The file, relative to the workspace.
    pub path: String,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub version: String,
    /// First byte of the document's text.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
    /// First character.
    pub start_char: u32,
    /// One past the last character.
    pub end_char: u32,
    /// First line, from 1.
    pub start_line: u32,
    /// Last line, included.
    pub end_line: u32,
    /// Page, slide, cells, ... in the original, for formats that have such places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The sentence, byte for byte.
    pub quote: String,
}
