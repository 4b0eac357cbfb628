//! A comment, with what was said to it.
//!
//! Invariant: a comment that passed [`NewComment::check`] has a text and a quote within bounds.
//! Not here: which comments there are (`table`).

use crate::text::{self, Lines};
use crate::{Actor, Error, Result};
use corpus::{ContentHash, DocPath};
use serde::{Deserialize, Serialize};

/// The most characters of a comment or a reply.
const MAX_TEXT: usize = 8_000;
/// The most characters of a passage that a comment is about.
const MAX_QUOTE: usize = 4_000;

/// A stretch of a document's text, in bytes, as hits give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stretch {
    /// First byte.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
}

/// A comment to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment {
    /// Chosen by whoever makes it ([`Comments::new_id`](super::Comments::new_id)): asked for twice, it is made once.
    pub id: String,
    /// The file or folder.
    pub path: String,
    /// The version of the file that it is made on.
    pub version: Option<String>,
    /// The passage that it is about; absent where it is about the whole.
    pub range: Option<Stretch>,
    /// What stands there.
    pub quote: Option<String>,
    /// What is said.
    pub text: String,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Names it.
    pub id: String,
    /// The file or folder, where it is now if it was moved by the program.
    pub path: String,
    /// The version of the file that it was made on; absent for a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The passage that it is about; absent where it is about the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Stretch>,
    /// What stood there in that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What was said.
    pub text: String,
    /// Who said it.
    pub by: Actor,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What was said to it, the first first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<Reply>,
    /// Who resolved it, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
}

/// What was said to a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Names it.
    pub id: String,
    /// What was said.
    pub text: String,
    /// Who said it.
    pub by: Actor,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// That a comment needs nobody's attention any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolved {
    /// Who said so.
    pub by: Actor,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

impl NewComment {
    /// The comment, if it makes sense.
    pub(super) fn check(self, by: &Actor, at_ms: i64) -> Result<Comment> {
        text::check_id(&self.id)?;
        if !self.path.is_empty() {
            DocPath::new(&self.path).map_err(|error| Error::invalid(error.to_string()))?;
        }
        if self.version.as_deref().is_some_and(|version| ContentHash::from_hex(version).is_none()) {
            return Err(Error::invalid("a version is 64 hexadecimal digits"));
        }
        if let Some(Stretch { start_byte, end_byte }) = self.range
            && end_byte <= start_byte
        {
            return Err(Error::invalid("a range has its end behind its start"));
        }
        if self.quote.as_ref().is_some_and(|quote| quote.is_empty() || quote.chars().count() > MAX_QUOTE) {
            let what = format!("a comment is on 1 to {MAX_QUOTE} characters of a file, or on the whole");
            return Err(Error::invalid(what));
        }
        check_text(&self.text)?;
        Ok(Comment {
            id: self.id,
            path: self.path,
            version: self.version,
            range: self.range,
            quote: self.quote,
            text: self.text,
            by: by.clone(),
            at_ms,
            replies: Vec::new(),
            resolved: None,
        })
    }
}

/// Whether somebody can say that.
pub(super) fn check_text(said: &str) -> Result<()> {
    text::check("a comment", said, MAX_TEXT, Lines::Many)
}
