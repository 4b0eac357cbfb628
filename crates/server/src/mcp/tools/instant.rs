//! What is told of the instant that was searched, where that is not now.
//!
//! Not here: which instants there are (`workroom`).

use rmcp::schemars::JsonSchema;
use serde::Serialize;

/// An instant, and what is known of the files there were.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(super) struct AsOf {
    /// By which it is asked for again: the id of a checkpoint, or a time.
    as_of: String,
    /// When that was, RFC 3339, UTC.
    at: String,
    /// How many files there were.
    files: u64,
    /// Files that were there and were not searched, since what they held is no longer kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_kept: Vec<String>,
    /// How many such files there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    n_not_kept: Option<u64>,
    /// What else there is to be said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Files that are named to a model; the number says how many there are.
const MOST_NAMED: usize = 20;

impl From<workroom::AsOf> for AsOf {
    fn from(found: workroom::AsOf) -> Self {
        let workroom::AsOf { as_of, at, files, mut not_kept, n_not_kept, note } = found;
        not_kept.truncate(MOST_NAMED);
        let n_not_kept = (n_not_kept > 0).then_some(n_not_kept);
        Self { as_of, at, files, not_kept, n_not_kept, note }
    }
}

impl AsOf {
    /// As a model reads it.
    pub(super) fn shown(&self) -> String {
        let lost = self.n_not_kept.map(|n| {
            let more = if n > self.not_kept.len() as u64 { ", ..." } else { "" };
            format!(
                "; not searched, since what they held is no longer kept: {}{more}",
                self.not_kept.join(", ")
            )
        });
        let note = self.note.as_ref().map(|note| format!("; {note}"));
        let files = if self.files == 1 { "1 file".to_owned() } else { format!("{} files", self.files) };
        format!("(as of {}, {files}{}{})", self.at, lost.unwrap_or_default(), note.unwrap_or_default())
    }
}
