//! Some lines of a text.
//!
//! Invariant: what is returned is byte for byte part of the file, in whole lines, unless a single line is longer than what is read at most;
//! time is linear and memory bounded whatever the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// Which lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// All.
    All,
    /// The first so many.
    Head(u64),
    /// The last so many.
    Tail(u64),
    /// So many from that one on, counted from 1.
    From(u64, u64),
}

/// Some lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) bytes: Vec<u8>,
    /// Whether there is more of what was asked for than is read at once.
    pub(super) cut: bool,
}

/// Reads lines of a file, at most `most` bytes of them.
pub(super) fn read(file: &mut File, which: Which, most: u64) -> io::Result<Lines> {
    match which {
        Which::All => take(file, u64::MAX, most),
        Which::Head(n) => take(file, n, most),
        Which::From(first, n) => {
            let mut file = BufReader::new(file);
            for _ in 1..first {
                if !skip_line(&mut file)? {
                    break;
                }
            }
            take(&mut file, n, most)
        }
        Which::Tail(n) => tail(file, n, most),
    }
}

fn take(from: &mut impl Read, lines: u64, most: u64) -> io::Result<Lines> {
    let mut file = BufReader::new(from.take(most.saturating_add(1)));
    let mut bytes = Vec::new();
    for _ in 0..lines {
        if file.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
    }
    Ok(cut_to(bytes, most))
}

/// Whole lines that fit.
fn cut_to(mut bytes: Vec<u8>, most: u64) -> Lines {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let Some(kept) = bytes.get(..most).filter(|_| bytes.len() > most) else {
        return Lines { bytes, cut: false };
    };
    let end = kept.iter().rposition(|byte| *byte == b'\n').map_or(most, |at| at + 1);
    bytes.truncate(end);
    Lines { bytes, cut: true }
}

fn skip_line(file: &mut impl BufRead) -> io::Result<bool> {
    let mut any = false;
    loop {
        let portion = file.fill_buf()?;
        if portion.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = portion.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(portion.len(), |at| at + 1);
        file.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn tail(file: &mut File, lines: u64, most: u64) -> io::Result<Lines> {
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(most);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    let body = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let mut ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let lines = usize::try_from(lines).unwrap_or(usize::MAX);
    let first = match lines {
        0 => Some(bytes.len()),
        n => ends.nth(n - 1),
    };
    let cut = first.is_none() && start > 0;
    // Not in the middle of a line.
    let partial = body.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let first = first.unwrap_or(if cut { partial } else { 0 });
    Ok(Lines { bytes: bytes.split_off(first.min(bytes.len())), cut })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file
    }

    #[test]
    fn lines_are_counted_from_either_end() {
        let check = |text: &str, which: Which, most: u64, expected: &str, cut: bool| {
            let lines = read(&mut file(text), which, most).unwrap();
            assert_eq!(
                (std::str::from_utf8(&lines.bytes).unwrap(), lines.cut),
                (expected, cut),
                "{text:?} {which:?} {most}"
            );
        };
        let text = "one\ntwo\nthree\nfour";
        check(text, Which::All, 99, text, false);
        check(text, Which::All, 18, text, false);
        check(text, Which::All, 9, "one\ntwo\n", true);
        check(text, Which::Head(2), 99, "one\ntwo\n", false);
        check(text, Which::Head(0), 99, "", false);
        check(text, Which::Head(9), 99, text, false);
        check(text, Which::Tail(2), 99, "three\nfour", false);
        check("one\ntwo\n", Which::Tail(1), 99, "two\n", false);
        check(text, Which::Tail(0), 99, "", false);
        check(text, Which::Tail(9), 99, text, false);
        check(text, Which::Tail(3), 8, "four", true);
        check(text, Which::From(2, 2), 99, "two\nthree\n", false);
        check(text, Which::From(9, 2), 99, "", false);
        check("abcdefgh", Which::All, 4, "abcd", true);
        check("", Which::Tail(3), 9, "", false);
    }

    proptest! {
        #[test]
        fn parts_are_parts(text in "[ab\n]{0,40}", n in 0..9_u64, first in 1..9_u64, most in 1..50_u64) {
            for which in [Which::All, Which::Head(n), Which::Tail(n), Which::From(first, n)] {
                let lines = read(&mut file(&text), which, most).unwrap();
                prop_assert!(lines.bytes.len() as u64 <= most);
                prop_assert!(text.contains(std::str::from_utf8(&lines.bytes).unwrap()));
            }
        }
    }
}
