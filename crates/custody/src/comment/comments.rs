//! The comments of a workspace, shared by the threads of the process that owns it.
//!
//! Invariant: what is asked for twice, because nobody heard the first answer, is done once.
//! Not here: what the records add up to (`table`).

use super::comment::{Comment, NewComment, Reply, check_text};
use super::table::{Record, Table, below};
use crate::journal::{Format, Kept};
use crate::text::{check_id, new_id};
use crate::{Actor, Error, Result};
use corpus::DocPath;
use std::path::Path;

const FORMAT: Format = Format { kind: "comments", version: 1 };
const FILE: &str = "comments.journal";
/// Comments that nobody has resolved: more than anybody reads.
const MOST_OPEN: usize = 10_000;
/// Replies to one comment: that is a file of its own.
const MOST_REPLIES: usize = 200;

/// All comments of a workspace. To be shared by threads; of all processes, only the workspace's owner has them.
#[derive(Debug)]
pub struct Comments(Kept<Table>);

impl Comments {
    /// The comments that are kept in `folder`. Reads nothing yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        Self(Kept::at(&folder.join(FILE), FORMAT, Table::default()))
    }

    /// An id for a comment that is to be made.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new_id() -> Result<String> {
        new_id("comment")
    }

    /// An id for a reply that is to be made.
    ///
    /// # Errors
    /// As [`Comments::new_id`].
    pub fn new_reply_id() -> Result<String> {
        new_id("reply")
    }

    /// Makes a comment, durable when this returns.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it makes no sense, its id is another's, or there are too many; and when the journal cannot be read or
    /// written.
    pub fn add(&self, new: NewComment, by: &Actor, at_ms: i64) -> Result<Comment> {
        let comment = new.check(by, at_ms)?;
        let decide = |table: &Table| match table.get(&comment.id) {
            Some(there) if is_same(there, &comment) => Ok(None),
            Some(_) => Err(taken(&comment.id)),
            None if table.n_open() >= MOST_OPEN => {
                Err(Error::invalid(format!("{MOST_OPEN} comments are open; resolve some of them first")))
            }
            None => Ok(Some(Record::Added(comment.clone()))),
        };
        self.0.change(at_ms, decide, |table| found(table, &comment.id))?
    }

    /// Says something to a comment, durable when this returns.
    ///
    /// # Errors
    /// [`Absent`](Error::Absent) when there is none of that id, and as [`Comments::add`].
    pub fn reply(&self, comment: &str, id: &str, text: &str, by: &Actor, at_ms: i64) -> Result<Comment> {
        check_id(id)?;
        check_text(text)?;
        let reply = Reply { id: id.to_owned(), text: text.to_owned(), by: by.clone(), at_ms };
        let decide = |table: &Table| {
            let there = found(table, comment)?;
            match there.replies.iter().find(|reply| reply.id == id) {
                Some(said) if (&said.by, said.text.as_str()) == (by, text) => Ok(None),
                Some(_) => Err(taken(id)),
                None if there.replies.len() >= MOST_REPLIES => {
                    Err(Error::invalid(format!("a comment has at most {MOST_REPLIES} replies")))
                }
                None => Ok(Some(Record::Replied { comment: comment.to_owned(), reply })),
            }
        };
        self.0.change(at_ms, decide, |table| found(table, comment))?
    }

    /// Resolves a comment: it needs nobody's attention any more. Resolving one again changes nothing.
    ///
    /// # Errors
    /// As [`Comments::reply`].
    pub fn resolve(&self, comment: &str, by: &Actor, at_ms: i64) -> Result<Comment> {
        let decide = |table: &Table| {
            let resolved = Record::Resolved { comment: comment.to_owned(), by: by.clone(), at_ms };
            Ok(found(table, comment)?.resolved.is_none().then_some(resolved))
        };
        self.0.change(at_ms, decide, |table| found(table, comment))?
    }

    /// Lets the comments on what lies at a path, and below it, follow it to another one.
    ///
    /// # Errors
    /// When the journal cannot be read or written.
    pub fn moved(&self, from: &DocPath, to: &DocPath, at_ms: i64) -> Result<()> {
        let decide = |table: &Table| {
            let concerns = table.all().any(|comment| below(&comment.path, from.as_str()).is_some());
            Ok(concerns.then(|| Record::Moved { from: from.to_string(), to: to.to_string() }))
        };
        self.0.change(at_ms, decide, |_| ())
    }

    /// The comment of that id.
    ///
    /// # Errors
    /// [`Absent`](Error::Absent), and when the journal cannot be read.
    pub fn get(&self, id: &str) -> Result<Comment> {
        self.0.look(|table| found(table, id))?
    }

    /// Those that `wanted` says yes to, the newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self, wanted: impl Fn(&Comment) -> bool) -> Result<Vec<Comment>> {
        let mut all: Vec<Comment> =
            self.0.look(|table| table.all().filter(|comment| wanted(comment)).cloned().collect())?;
        all.sort_by(|a, b| b.at_ms.cmp(&a.at_ms).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }
}

/// Whether it is the same comment, asked for again.
fn is_same(there: &Comment, asked: &Comment) -> bool {
    (&there.by, &there.path, &there.text, &there.quote) == (&asked.by, &asked.path, &asked.text, &asked.quote)
}

fn taken(id: &str) -> Error {
    Error::invalid(format!("the id `{id}` is another's"))
}

fn found(table: &Table, id: &str) -> Result<Comment> {
    table.get(id).cloned().ok_or_else(|| Error::Absent {
        what: format!("there is no comment `{id}`"),
        hint: "list the comments on the file: each has its id",
    })
}
