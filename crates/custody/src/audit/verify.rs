//! Whether a log is what was written.
//!
//! Invariant: needs nothing but the log's folder, and changes nothing there.
//!
//! What it proves: no byte of the records from the first to the signed one was changed, and none of them removed, put in or moved, by anybody
//! who had not the key when the head was signed. What it does not: that the log was not made anew as a whole, or cut back to an earlier head,
//! by somebody who could write in its folder and so read the key, unless a head that was kept elsewhere is given; and that what was noted is true.

use super::head::Head;
use super::line::{self, Hash, NOTHING};
use super::log::read_head;
use super::segments::{self, Lines, Segment};
use crate::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Records that were read.
    pub records: u64,
    /// When the first was noted, in milliseconds since 1970.
    pub first_ms: Option<i64>,
    /// When the last was noted.
    pub last_ms: Option<i64>,
    /// The last record that the signature covers. What comes behind it is chained, and not signed yet.
    pub signed: Option<u64>,
    /// The public key of the signature, in hexadecimal.
    pub key: Option<String>,
    /// What is wrong, in order; empty when nothing is.
    pub findings: Vec<Finding>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// In which file.
    pub file: PathBuf,
    /// At which byte of it.
    pub offset: u64,
    /// At which record.
    pub record: u64,
    /// What it is.
    pub what: String,
}

/// More than that are not told.
const MOST: usize = 100;

/// Reads the log in `folder` from its first record to its last. `kept` is a head that was kept elsewhere, if there is one.
///
/// # Errors
/// When a file cannot be read.
pub fn verify(folder: &Path, kept: Option<&Head>) -> Result<Report> {
    let mut walk = Walk::default();
    let own = read_head(folder)?;
    for head in own.iter().chain(kept) {
        walk.wanted.push((head.seq, head.hash.clone(), None));
    }
    for segment in segments::list(folder)? {
        walk.segment(&segment)?;
    }
    let head_file = folder.join("head.json");
    match &own {
        Some(head) => walk.compare(head, 0, &head_file, "the signed head"),
        None if walk.report.records > 0 && head_file.exists() => {
            walk.find(&head_file, 0, 0, "the signed head cannot be read");
        }
        None => {}
    }
    if let Some(head) = kept {
        walk.compare(head, own.iter().count(), &head_file, "the head that was kept elsewhere");
        if own.as_ref().is_some_and(|own| own.key != head.key) {
            walk.find(
                &head_file,
                0,
                head.seq,
                "the log has another key than the head that was kept elsewhere",
            );
        }
    }
    Ok(walk.report)
}

#[derive(Default)]
struct Walk {
    report: Report,
    next: u64,
    before: Option<Hash>,
    /// Numbers whose hash is wanted, what it should be, and what was found.
    wanted: Vec<(u64, String, Option<Hash>)>,
    /// Records that name the key.
    keys: Vec<String>,
}

/// How the records begin that name the key, behind their number and time.
const NAME_KEYS: [&str; 2] = ["\"doing\":\"audit.begin\"", "\"doing\":\"audit.resume\""];

impl Walk {
    fn segment(&mut self, segment: &Segment) -> Result<()> {
        let mut lines = Lines::of(segment)?;
        if segment.first != self.next {
            let what = match segment.first > self.next {
                true => {
                    format!("records {} to {} are missing before this file", self.next, segment.first - 1)
                }
                false => format!("this file begins again with record {}", segment.first),
            };
            self.find(&segment.path, 0, self.next, what);
            (self.next, self.before) = (segment.first, None);
        }
        while let Some((bytes, has_end)) = lines.next()? {
            if !has_end {
                self.find_at(segment, &lines, "the last record has no end: a crash, or it was cut off");
                break;
            }
            let (bytes, offset) = (bytes.to_vec(), lines.offset);
            self.line(segment, &bytes, offset);
        }
        Ok(())
    }

    fn line(&mut self, segment: &Segment, bytes: &[u8], offset: u64) {
        self.report.records += 1;
        let Some(line) = line::read(bytes) else {
            self.find(&segment.path, offset, self.next, "the record cannot be read");
            (self.next, self.before) = (self.next + 1, None);
            return;
        };
        let seq = line.stamp.seq;
        // The first of all follows nothing; one behind a record that cannot be read is taken at its word.
        let before = self.before.or((self.next == 0).then_some(NOTHING));
        if seq != self.next {
            self.find(
                &segment.path,
                offset,
                self.next,
                format!("record {} is expected here, and not {seq}", self.next),
            );
        } else if before.is_some_and(|before| !line.follows(&before)) {
            self.find(
                &segment.path,
                offset,
                seq,
                "the record is not what was written, or does not follow the one before it",
            );
        }
        for (wanted, _, found) in &mut self.wanted {
            if *wanted == seq {
                *found = Some(line.said);
            }
        }
        if let Ok(text) = std::str::from_utf8(bytes)
            && NAME_KEYS.iter().any(|name| text.contains(name))
        {
            self.keys.push(text.to_owned());
        }
        self.report.first_ms.get_or_insert(line.stamp.at_ms);
        self.report.last_ms = Some(line.stamp.at_ms);
        (self.next, self.before) = (seq.saturating_add(1), Some(line.said));
    }

    fn compare(&mut self, head: &Head, at: usize, file: &Path, which: &str) {
        let found = self.wanted.get(at).and_then(|(_, _, found)| *found);
        if !head.is_signed() {
            self.find(file, 0, head.seq, format!("the signature of {which} is not its key's"));
        } else if found.is_none() {
            self.find(file, 0, head.seq, format!("the record that {which} names is missing"));
        } else if found.is_some_and(|found| found.to_hex().as_str() != head.hash) {
            self.find(file, 0, head.seq, format!("{which} names another record than stands here"));
        } else if !self.keys.is_empty() && !self.keys.iter().any(|record| record.contains(&head.key)) {
            self.find(file, 0, head.seq, format!("{which} is signed with a key that the log does not name"));
        } else {
            self.report.signed = self.report.signed.max(Some(head.seq));
            self.report.key = Some(head.key.clone());
        }
    }

    fn find_at(&mut self, segment: &Segment, lines: &Lines, what: &str) {
        self.find(&segment.path, lines.offset, self.next, what);
    }

    fn find(&mut self, file: &Path, offset: u64, record: u64, what: impl Into<String>) {
        if self.report.findings.len() < MOST {
            let (file, what) = (file.to_path_buf(), what.into());
            self.report.findings.push(Finding { file, offset, record, what });
        }
    }
}
