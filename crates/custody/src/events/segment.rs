//! The files of the log: each named by the number of its first event.
//!
//! Invariant: a segment is only ever appended to, and only the last one; the oldest are deleted whole.

use super::cursor::MOST;
use super::event::Event;
use super::line;
use crate::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const EXTENSION: &str = "jsonl";
const DIGITS: usize = 12;

/// A file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) first: u64,
    pub(super) bytes: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    pub(super) fn new(folder: &Path, first: u64) -> Self {
        Self { first, bytes: 0, path: folder.join(format!("{first:0DIGITS$}.{EXTENSION}")) }
    }

    /// Its events, and how many of its bytes are whole lines. A line that is damaged is left out.
    pub(super) fn read(&self) -> Result<(Vec<Event>, u64)> {
        let file = File::open(&self.path).map_err(Error::io(&self.path, "open"))?;
        let mut from = BufReader::with_capacity(1 << 16, file);
        let (mut events, mut whole, mut text) = (Vec::new(), 0, Vec::new());
        loop {
            text.clear();
            let n = from.read_until(b'\n', &mut text).map_err(Error::io(&self.path, "read"))?;
            let Some(found) = text.strip_suffix(b"\n") else { return Ok((events, whole)) };
            whole += n as u64;
            match line::read(found) {
                // What stands out of order was not written by this program.
                Some(event) if events.last().is_none_or(|last: &Event| last.seq < event.seq) => {
                    events.push(event)
                }
                _ => {
                    tracing::warn!(path = %self.path.display(), at = whole - n as u64, "a damaged event is left out")
                }
            }
        }
    }
}

impl Segment {
    /// Opens it behind its last whole line. What a crash left behind that is cut off.
    pub(super) fn open_to_append(&mut self, whole: u64) -> Result<File> {
        let file = crate::journal::private().append(true).open(&self.path);
        let file = file.map_err(Error::io(&self.path, "open"))?;
        if self.bytes > whole {
            tracing::warn!(path = %self.path.display(), at = whole, "cut off an event that a crash left half written");
            file.set_len(whole).map_err(Error::io(&self.path, "cut"))?;
        }
        self.bytes = whole;
        Ok(file)
    }
}

/// The segments in `folder`, in order. Other files are none of its business.
pub(super) fn list(folder: &Path) -> Result<Vec<Segment>> {
    let entries = std::fs::read_dir(folder).map_err(Error::io(folder, "list"))?;
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io(folder, "list"))?;
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_number = stem.len() >= DIGITS && stem.bytes().all(|byte| byte.is_ascii_digit());
        if is_number
            && path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Ok(first) = stem.parse()
            && first < MOST
        {
            let about = entry.metadata().map_err(Error::io(&path, "examine"))?;
            // What else stands there keeps nobody from their files: it is passed over.
            if about.is_file() {
                segments.push(Segment { first, bytes: about.len(), path });
            }
        }
    }
    segments.sort_unstable_by_key(|segment| segment.first);
    Ok(segments)
}
