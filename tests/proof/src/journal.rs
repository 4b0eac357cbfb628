//! The journal: what the workload began and what was acknowledged to it, one line each, in the order in which it happened.
//!
//! Invariant: a line is one `write(2)` to a file that is only appended to, so a kill leaves whole lines, but perhaps the last.
//! A line is `WORD N JSON`: `start` and `state` (N is 0), `begin`, `done`, `fail` (N is the operation's).

use crate::{Op, Version};
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A process began to work; whatever an earlier one had not ended by then never will.
    Start(Start),
    /// Everything before counts for nothing: this is what the folder holds, and all of it is indexed.
    State(State),
    /// An operation began.
    Begin(u64, Op),
    /// It was acknowledged.
    Done(u64, Ack),
    /// It failed, which none should.
    Fail(u64, String),
}

/// How a process was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// The seed of its choices.
    pub seed: u64,
    /// Its id.
    pub pid: u32,
}

/// What a folder is known to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The number of the next operation.
    pub next: u64,
    /// Files by path.
    pub files: BTreeMap<String, Version>,
}

/// What the workspace answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// The commit that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// BLAKE3 of what was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What opening repaired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repaired: Vec<String>,
}

/// Appends lines.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

impl Journal {
    /// Opens the journal at `path`, making it where there is none.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn append_to(path: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(path);
        let mut journal = Self { file: file.with_context(|| format!("cannot open {}", path.display()))? };
        // The last line of a process that was killed may be torn; the next must not be taken for its end.
        if fs_err::read(path)?.last().is_some_and(|last| *last != b'\n') {
            journal.put("\n")?;
        }
        Ok(journal)
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, line: &Line) -> Result<()> {
        self.put(&format!("{}\n", line.to_text()?))
    }

    fn put(&mut self, text: &str) -> Result<()> {
        Ok(self.file.write_all(text.as_bytes())?)
    }
}

impl Line {
    /// What happens, for one who waits for it: `begin open`, `done write`.
    #[must_use]
    pub fn event(&self) -> String {
        match self {
            Self::Start(_) => "start".to_owned(),
            Self::State(_) => "state".to_owned(),
            Self::Begin(n, op) => format!("begin {n} {}", op.kind()),
            Self::Done(n, _) => format!("done {n}"),
            Self::Fail(n, why) => format!("fail {n} {}", why.lines().next().unwrap_or_default()),
        }
    }

    fn to_text(&self) -> Result<String> {
        let json = serde_json::to_string::<serde_json::Value>;
        let (word, n, body) = match self {
            Self::Start(start) => ("start", 0, serde_json::to_value(start)?),
            Self::State(state) => ("state", 0, serde_json::to_value(state)?),
            Self::Begin(n, op) => ("begin", *n, serde_json::to_value(op)?),
            Self::Done(n, ack) => ("done", *n, serde_json::to_value(ack)?),
            Self::Fail(n, why) => ("fail", *n, serde_json::to_value(why)?),
        };
        Ok(format!("{word} {n} {}", json(&body)?))
    }

    /// Reads one line, without its end.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = text.splitn(3, ' ');
        let (Some(word), Some(n), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("not a line of a journal: {text:?}");
        };
        let n: u64 = n.parse().with_context(|| format!("no number in {text:?}"))?;
        let line = match word {
            "start" => Self::Start(serde_json::from_str(body)?),
            "state" => Self::State(serde_json::from_str(body)?),
            "begin" => Self::Begin(n, serde_json::from_str(body)?),
            "done" => Self::Done(n, serde_json::from_str(body)?),
            "fail" => Self::Fail(n, serde_json::from_str(body)?),
            _ => bail!("`{word}` begins no line of a journal"),
        };
        Ok(line)
    }
}

/// Replaces the journal at `path` by one that begins with what is known.
///
/// # Errors
/// When the disk refuses.
pub fn begin_anew(path: &Path, state: &State) -> Result<()> {
    Ok(fs_err::write(path, format!("{}\n", Line::State(state.clone()).to_text()?))?)
}

/// Reads a journal; a torn last line, also of an earlier process, is left out. No file is an empty journal.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Line>> {
    match fs_err::read_to_string(path) {
        Ok(text) => Ok(lines(&text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// The lines of a journal's text. Only a torn line cannot be read, and what it would have said was not acknowledged.
#[must_use]
pub fn lines(text: &str) -> Vec<Line> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(|line| Line::parse(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_a_torn_line_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acks");
        let op = Op::Write { path: "a b.md".to_owned(), version: Version::new(3, 2) };
        let written = [
            Line::Start(Start { seed: 9, pid: 1 }),
            Line::State(State { next: 4, files: [("x".to_owned(), Version::new(1, 1))].into() }),
            Line::Begin(4, op),
            Line::Done(4, Ack { seq: Some(8), ..Ack::default() }),
            Line::Fail(5, "no room".to_owned()),
        ];
        let mut journal = Journal::append_to(&path).unwrap();
        written.iter().for_each(|line| journal.write(line).unwrap());
        assert_eq!(read(&path).unwrap(), written);
        let mut text = fs_err::read_to_string(&path).unwrap();
        text.push_str("begin 6 {\"op\":\"ind");
        fs_err::write(&path, &text).unwrap();
        assert_eq!(read(&path).unwrap(), written);
        Journal::append_to(&path).unwrap().write(&Line::Begin(7, Op::Index)).unwrap();
        let read = read(&path).unwrap();
        assert_eq!((read.len(), read.last()), (6, Some(&Line::Begin(7, Op::Index))));
    }
}
