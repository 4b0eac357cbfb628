//! Changes of a part of a file: edits of its text, and bytes at its end.
//!
//! Invariant: each is a whole new version in the place of the one that was read, or nothing. A caller that names no version has it made of
//! whatever is there when its turn comes, also while others write.
//! Not here: how edits are made of a text (`engine`).

use crate::Workspace;
use engine::{
    Claim, Condition, Edit, EditedText, Error, ErrorKind, Result, Spooled, Written, edit_text, version_of,
};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};

/// What edits came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// A unified diff of both versions; empty when nothing has changed.
    pub diff: String,
    /// How many places were changed.
    pub replaced: usize,
    /// The version that is, or would be, there now.
    pub version: String,
    /// The commit that shows it; absent when nothing was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// Others that may come in between before a caller is told. Each of them has written something.
const TRIES: usize = 64;
/// A larger file is no text that somebody edits, and would be held in memory several times over.
const MOST_EDITED: u64 = 32 << 20;

impl Workspace {
    /// Replaces text in a file, if `condition` holds: each edit where its text stands, in order, all of them or none. With `dry_run` nothing is
    /// written.
    ///
    /// # Errors
    /// As [`Workspace::write_if`]; [`Conflict`](ErrorKind::Conflict) when a text does not stand there, with the nearest lines;
    /// [`Invalid`](ErrorKind::Invalid) when it stands at several places, with their lines; [`Unsupported`](ErrorKind::Unsupported) when the file
    /// is no UTF-8 text or larger than 32 MiB.
    pub fn edit(&self, path: &str, edits: &[Edit], condition: &Condition, dry_run: bool) -> Result<Edited> {
        self.over_and_over(condition, || {
            let text = self.text_of(path)?;
            let version = version_of(text.as_bytes());
            expect(path, Some(&version), condition)?;
            let EditedText { text, diff, replaced } = edit_text(path, &text, edits)?;
            let edited = Edited { version: version_of(text.as_bytes()), diff, replaced, seq: None };
            if dry_run || edited.diff.is_empty() {
                return Ok(Step::Done(edited));
            }
            let written =
                self.write_with(path, text.as_bytes(), &Condition::Version(version), &Claim::edited());
            step(written, |written| Edited { seq: Some(written.seq), ..edited })
        })
    }

    /// Adds bytes at the end of a file, which is made if it is missing, if `condition` holds.
    ///
    /// # Errors
    /// As [`Workspace::write_if`].
    pub fn append(&self, path: &str, bytes: &[u8], condition: &Condition) -> Result<Written> {
        self.over_and_over(condition, || {
            let (spooled, before) = self.longer(path, bytes, condition)?;
            let before = before.map_or(Condition::Absent, Condition::Version);
            step(self.put_with(path, &spooled, &before, &Claim::edited()), |written| written)
        })
    }

    /// A file's bytes with more at their end, and the version that they had.
    fn longer(&self, path: &str, bytes: &[u8], condition: &Condition) -> Result<(Spooled, Option<String>)> {
        let mut spool = self.spool()?;
        let before = match self.disk().open_file(path) {
            Ok((file, _)) => {
                spool.take(file)?;
                Some(spool.version())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        expect(path, before.as_deref(), condition)?;
        spool.write_all(bytes)?;
        Ok((spool.finish()?, before))
    }

    /// Makes a change again of what is there now, when somebody else was in between and the caller named no version.
    fn over_and_over<T>(
        &self,
        condition: &Condition,
        mut change: impl FnMut() -> Result<Step<T>>,
    ) -> Result<T> {
        let mut overtaken = None;
        for _ in 0..TRIES {
            match change()? {
                Step::Done(done) => return Ok(done),
                Step::Overtaken(error) if *condition != Condition::Any => return Err(error),
                Step::Overtaken(error) => overtaken = Some(error),
            }
        }
        Err(overtaken.unwrap_or_else(|| Error::new(ErrorKind::Conflict, "the file is changed all the time")))
    }

    fn text_of(&self, path: &str) -> Result<String> {
        let unsupported = |why: &str| Error::new(ErrorKind::Unsupported, format!("`{path}` {why}")).at(path);
        let (file, _) = self.disk().open_file(path)?;
        let mut bytes = Vec::new();
        file.take(MOST_EDITED + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_EDITED {
            let hint = "write it whole, or append to it";
            return Err(unsupported("is larger than 32 MiB and cannot be edited").hint(hint));
        }
        String::from_utf8(bytes)
            .map_err(|_| unsupported("is no UTF-8 text and cannot be edited").hint("write it whole"))
    }
}

/// What came of one try.
enum Step<T> {
    Done(T),
    /// Somebody else has written it meanwhile.
    Overtaken(Error),
}

fn step<T, U>(written: Result<T>, done: impl FnOnce(T) -> U) -> Result<Step<U>> {
    match written {
        Ok(written) => Ok(Step::Done(done(written))),
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(Step::Overtaken(error)),
        Err(error) => Err(error),
    }
}

/// Whether the version that was read is the one that the caller expects.
fn expect(path: &str, found: Option<&str>, condition: &Condition) -> Result<()> {
    let why = match (condition, found) {
        (Condition::Version(expected), Some(found)) if expected != found => {
            format!("it has version {found}")
        }
        (Condition::Version(_), None) => "it is gone".to_owned(),
        (Condition::Absent, Some(_)) => "it exists".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::Conflict, format!("`{path}` was not changed: {why}")).at(path))
}
