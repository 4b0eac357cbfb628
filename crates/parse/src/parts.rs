//! The documents inside another, within bounds on all of them together.
//!
//! Invariant: each part has its own outcome and a name that no other has; what exceeds a bound becomes its part's reason, and the parts before
//! it stay.

use crate::{member, parser};
use corpus::{ContentHash, DocPath, Document};
use extract::{HEAD_BYTES, MAX_TEXT_BYTES, Skip, detect_format};
use fence::{MAX_PARTS, Part};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Parts as they are read.
pub(crate) struct Parts {
    list_only: bool,
    parts: Vec<Part>,
    /// How often a name came so far.
    names: HashMap<String, usize>,
    text_left: usize,
    until: Instant,
}

impl Parts {
    /// None so far. With `list_only` none is read: each is listed with its name. When two thirds of `time` are over no further one is begun, so
    /// that those before are not lost.
    pub(crate) fn new(list_only: bool, time: Duration) -> Self {
        let until = Instant::now() + time.mul_f32(2.0 / 3.0);
        Self { list_only, parts: Vec::new(), names: HashMap::new(), text_left: MAX_TEXT_BYTES, until }
    }

    /// Whether there may be no more.
    pub(crate) fn is_full(&self) -> bool {
        self.parts.len() >= MAX_PARTS
    }

    /// Whether the time for all of them is over.
    pub(crate) fn is_late(&self) -> bool {
        Instant::now() >= self.until
    }

    pub(crate) fn is_list_only(&self) -> bool {
        self.list_only
    }

    /// Reads a part of that name.
    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        let (size, hash) = (bytes.len() as u64, ContentHash::of(&bytes));
        let outcome = member::path(name).and_then(|path| self.read(&path, bytes));
        self.push(name, size, hash, outcome);
    }

    /// Reads a part of that name, unless its bytes show that no reader knows its kind: an archive names such members and leaves it at that.
    pub(crate) fn add_member(&mut self, name: &str, bytes: Vec<u8>) {
        self.add(name, bytes);
        let unknown = |part: &mut Part| matches!(part.outcome, Err(Skip::Binary | Skip::Unsupported { .. }));
        if let Some(part) = self.parts.pop_if(unknown) {
            self.names.remove(&part.name);
        }
    }

    /// Lists a part that could not be had, with the reason. Its size and hash are those of no bytes.
    pub(crate) fn refuse(&mut self, name: &str, reason: Skip) {
        self.push(name, 0, ContentHash::of(&[]), Err(reason));
    }

    pub(crate) fn done(self) -> Vec<Part> {
        self.parts
    }

    fn read(&mut self, path: &DocPath, bytes: Vec<u8>) -> Result<Document, Skip> {
        if self.list_only {
            return Err(not_read());
        }
        if self.is_late() {
            return Err(Skip::too_much("the documents before it took too long to read"));
        }
        let format = detect_format(path, bytes.get(..HEAD_BYTES).unwrap_or(&bytes))?;
        // What is inside a part is not followed.
        let document = parser::read(format, bytes)?.document;
        match self.text_left.checked_sub(document.text.len()) {
            Some(left) => self.text_left = left,
            None => {
                let limit = MAX_TEXT_BYTES >> 20;
                return Err(Skip::too_much(format!(
                    "more than {limit} MiB of text in all the documents inside one"
                )));
            }
        }
        Ok(document)
    }

    fn push(&mut self, name: &str, size: u64, hash: ContentHash, outcome: Result<Document, Skip>) {
        let Some(path) = member::path(name).ok().filter(|_| !self.is_full()) else { return };
        let mut name = path.as_str().to_owned();
        // A numbered name may be another's own.
        while let Some(times) = self.names.get_mut(&name) {
            *times += 1;
            name = member::numbered(&name, *times);
        }
        self.names.insert(name.clone(), 1);
        self.parts.push(Part { name, size, hash, outcome });
    }
}

/// What is said of each part when only their names are wanted.
pub(crate) fn not_read() -> Skip {
    Skip::Failed { why: "it was not read".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(add: impl Fn(&mut Parts), expected: &[(&str, Result<&str, &str>)]) {
        let mut parts = Parts::new(false, Duration::from_secs(30));
        add(&mut parts);
        let told = |part: &Part| {
            let outcome = part.outcome.as_ref().map(|document| document.text.clone());
            (part.name.clone(), outcome.map_err(ToString::to_string))
        };
        let found: Vec<_> = parts.done().iter().map(told).collect();
        let owned = |(name, outcome): &(&str, Result<&str, &str>)| {
            ((*name).to_owned(), outcome.map(str::to_owned).map_err(str::to_owned))
        };
        assert_eq!(found, expected.iter().map(owned).collect::<Vec<_>>());
    }

    #[test]
    fn each_part_has_its_own_outcome_and_name() {
        check(
            |parts| {
                parts.add("a.txt", b"one".to_vec());
                parts.add("b.bin", b"\0\x01\x02".to_vec());
                parts.add("a.txt", b"two".to_vec());
                parts.add("../a (2).txt", b"three".to_vec());
                parts.refuse("c.pdf", Skip::Encrypted);
            },
            &[
                ("a.txt", Ok("one")),
                ("b.bin", Err("binary data")),
                ("a (2).txt", Ok("two")),
                ("a (2) (2).txt", Ok("three")),
                ("c.pdf", Err("encrypted: it cannot be read without its password")),
            ],
        );
    }

    #[test]
    fn text_is_bounded_over_all_parts() {
        let mut parts = Parts::new(false, Duration::from_secs(30));
        for n in 0..5 {
            parts.add(&format!("{n}.txt"), vec![b'x'; MAX_TEXT_BYTES / 4]);
        }
        let good: Vec<bool> = parts.done().iter().map(|part| part.outcome.is_ok()).collect();
        assert_eq!(good, [true, true, true, true, false]);
    }

    #[test]
    fn there_are_only_so_many_parts() {
        let mut parts = Parts::new(true, Duration::from_secs(30));
        (0..MAX_PARTS + 5).for_each(|n| parts.add(&n.to_string(), Vec::new()));
        assert_eq!(parts.done().len(), MAX_PARTS);
    }
}
