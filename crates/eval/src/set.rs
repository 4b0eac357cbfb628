//! A test set: documents, queries, and which documents answer which query.
//!
//! Invariant: ids are not empty and unique, there is at least one document, and at least one query has a relevant document.

use crate::{Error, Result};
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// The documents judged for one query, by id, with their gains. A gain above zero means relevant, and more is better.
pub type Judgments = BTreeMap<String, i32>;

/// A test set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Its name: that of its folder or file.
    pub name: String,
    /// What is searched.
    pub documents: Vec<Document>,
    /// What is asked.
    pub queries: Vec<Query>,
    /// What its reader found odd, a sentence each.
    pub notes: Vec<String>,
}

/// A document of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id, as the judgments name it.
    pub id: String,
    /// Its title; empty if it has none.
    pub title: String,
    /// What it says.
    pub body: Body,
    /// The part of the collection it belongs to, in a set whose queries see only their own part.
    pub scope: Option<String>,
}

/// Where the content of a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Here.
    Text(String),
    /// In a file of any format.
    File(PathBuf),
}

/// A query of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its id.
    pub id: String,
    /// Its words.
    pub text: String,
    /// The part of the collection it sees; `None` for all of it.
    pub scope: Option<String>,
    /// The documents judged for it.
    pub judged: Judgments,
    /// Words that a passage that answers it holds.
    pub quote: Option<String>,
}

impl Query {
    /// Whether some document is relevant, without which no metric is defined.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.judged.values().any(|gain| *gain > 0)
    }
}

impl Set {
    /// The queries that have a relevant document.
    pub fn counted(&self) -> impl Iterator<Item = &Query> {
        self.queries.iter().filter(|query| query.counts())
    }

    /// The set, if it can be measured. `documents_at` and `judgments_at` are the files an error names.
    pub(crate) fn checked(mut self, documents_at: &Path, judgments_at: &Path) -> Result<Self> {
        if self.documents.is_empty() {
            return Err(Error::file(documents_at, "the collection is empty"));
        }
        let n_counted = self.counted().count();
        if n_counted == 0 {
            return Err(Error::file(judgments_at, "no query has a relevant document"));
        }
        let left_out = self.queries.len() - n_counted;
        if left_out > 0 {
            self.notes
                .push(format!("queries without a relevant document, left out of the figures: {left_out}"));
        }
        Ok(self)
    }
}

/// Ids seen so far, to refuse a second document or query of the same id.
#[derive(Default)]
pub(crate) struct Ids(HashSet<String>);

impl Ids {
    /// Takes an id, or says why it cannot be one.
    pub(crate) fn take(&mut self, id: &str) -> std::result::Result<(), String> {
        if id.is_empty() {
            return Err("the id is empty".to_owned());
        }
        if self.0.insert(id.to_owned()) { Ok(()) } else { Err(format!("the id `{id}` occurs a second time")) }
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}
