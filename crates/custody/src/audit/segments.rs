//! The files of a log: segments, each named by the number of its first record.
//!
//! Invariant: a segment is only ever appended to, and only the last one.
//! Not here: what lines mean.

use super::line::MOST;
use crate::{Error, Result};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

const EXTENSION: &str = "jsonl";
const DIGITS: usize = 12;

/// A file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The number of its first record.
    pub(super) first: u64,
    pub(super) path: PathBuf,
}

impl Segment {
    pub(super) fn new(folder: &Path, first: u64) -> Self {
        Self { first, path: folder.join(format!("{first:0DIGITS$}.{EXTENSION}")) }
    }
}

/// The segments in `folder`, in order. Other files are none of its business.
pub(super) fn list(folder: &Path) -> Result<Vec<Segment>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, "list")(error)),
    };
    let mut segments = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io(folder, "list"))?;
        let path = entry.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_number = stem.len() >= DIGITS && stem.bytes().all(|byte| byte.is_ascii_digit());
        // Of a folder in its place the records are missing, which whoever reads on finds.
        let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
        if is_number
            && is_file
            && path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Ok(first) = stem.parse()
            && first < MOST
        {
            segments.push(Segment { first, path });
        }
    }
    segments.sort_unstable_by_key(|segment| segment.first);
    Ok(segments)
}

/// The lines of a segment, one after the other.
pub(super) struct Lines {
    from: BufReader<File>,
    path: PathBuf,
    line: Vec<u8>,
    /// Where the line begins that was read last.
    pub(super) offset: u64,
    next: u64,
}

impl Lines {
    pub(super) fn of(segment: &Segment) -> Result<Self> {
        let path = segment.path.clone();
        let file = File::open(&path).map_err(Error::io(&path, "open"))?;
        Ok(Self { from: BufReader::with_capacity(1 << 16, file), path, line: Vec::new(), offset: 0, next: 0 })
    }

    /// The next line without its end, and whether it has one: the last may not. `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<(&[u8], bool)>> {
        self.line.clear();
        self.offset = self.next;
        let n = self.from.read_until(b'\n', &mut self.line).map_err(Error::io(&self.path, "read"))?;
        self.next += n as u64;
        if n == 0 {
            return Ok(None);
        }
        let has_end = self.line.last() == Some(&b'\n');
        if has_end {
            self.line.pop();
        }
        Ok(Some((&self.line, has_end)))
    }
}
