//! The bytes of one file: those that are durable, and edits that are on their way.
//!
//! Invariant: whatever arrives, each byte is one that was written there, or zero where the file grew.

use super::Medium;
use fastrand::Rng;
use std::sync::Arc;

/// What a disk writes in one piece.
const SECTOR: u64 = 512;

/// A change of a file's bytes.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    Write { offset: u64, bytes: Arc<[u8]> },
    Resize(u64),
}

/// A file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    durable: Vec<u8>,
    pending: Vec<Edit>,
}

impl Content {
    pub(super) fn edit(&mut self, edit: Edit) {
        self.pending.push(edit);
    }

    /// Everything so far becomes durable.
    pub(super) fn sync(&mut self) {
        for edit in std::mem::take(&mut self.pending) {
            edit.apply(&mut self.durable);
        }
    }

    /// The bytes as the program sees them.
    pub(super) fn live(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        self.pending.iter().for_each(|edit| edit.apply(&mut bytes));
        bytes
    }

    /// The bytes after a cut.
    pub(super) fn after_cut(&self, medium: Medium, rng: &mut Rng) -> Vec<u8> {
        let n = self.pending.len();
        let mut bytes = self.durable.clone();
        match rng.u8(0..4) {
            _ if n == 0 => {}
            0 => {}
            1 => self.pending.iter().for_each(|edit| edit.apply(&mut bytes)),
            2 if medium == Medium::Strict => {
                for edit in &self.pending {
                    match rng.u8(0..4) {
                        0 => {}
                        1 => edit.tear(&mut bytes, rng),
                        _ => edit.apply(&mut bytes),
                    }
                }
            }
            _ => {
                let arrived = rng.usize(0..n);
                self.pending.iter().take(arrived).for_each(|edit| edit.apply(&mut bytes));
                if let Some(edit) = self.pending.get(arrived) {
                    edit.tear(&mut bytes, rng);
                }
            }
        }
        // The length may arrive before the bytes do: a hole, which reads as zeros.
        if n > 0 && rng.bool() {
            let len = self.live().len().max(bytes.len());
            bytes.resize(len, 0);
        }
        bytes
    }
}

impl Edit {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => put(to, *offset, bytes),
            Self::Resize(len) => to.resize(index(*len), 0),
        }
    }

    /// Some sectors of a write arrive, others do not. A length has no parts.
    fn tear(&self, to: &mut Vec<u8>, rng: &mut Rng) {
        let Self::Write { offset, bytes } = self else {
            if rng.bool() {
                self.apply(to);
            }
            return;
        };
        let (mut at, end) = (*offset, offset + bytes.len() as u64);
        while at < end {
            let next = ((at / SECTOR + 1) * SECTOR).min(end);
            if rng.bool() {
                put(to, at, &bytes[index(at - offset)..index(next - offset)]);
            }
            at = next;
        }
    }
}

fn put(to: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let (start, end) = (index(offset), index(offset) + bytes.len());
    if to.len() < end {
        to.resize(end, 0);
    }
    to[start..end].copy_from_slice(bytes);
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: u64, byte: u8, len: usize) -> Edit {
        Edit::Write { offset, bytes: vec![byte; len].into() }
    }

    #[test]
    fn synced_bytes_stay_and_others_may_go() {
        let mut content = Content::default();
        content.edit(write(0, 1, 2000));
        content.sync();
        content.edit(write(2000, 2, 2000));
        let mut lens = std::collections::BTreeSet::new();
        for seed in 0..200 {
            for medium in [Medium::Strict, Medium::Ordered] {
                let bytes = content.after_cut(medium, &mut Rng::with_seed(seed));
                assert!(bytes[..2000].iter().all(|byte| *byte == 1), "seed {seed}");
                assert!(bytes[2000..].iter().all(|byte| *byte == 0 || *byte == 2), "seed {seed}");
                lens.insert(bytes.len());
            }
        }
        assert!(lens.contains(&2000) && lens.contains(&4000) && lens.len() > 3, "{lens:?}");
    }

    #[test]
    fn a_strict_disk_reorders_and_an_ordered_one_does_not() {
        let mut content = Content::default();
        content.edit(write(0, 1, 512));
        content.edit(write(512, 2, 512));
        let second_alone = |medium| {
            (0..200).any(|seed| {
                let bytes = content.after_cut(medium, &mut Rng::with_seed(seed));
                bytes.len() == 1024 && bytes[0] == 0 && bytes[512] == 2
            })
        };
        assert!(second_alone(Medium::Strict) && !second_alone(Medium::Ordered));
    }

    #[test]
    fn a_file_that_was_cut_to_nothing_may_be_seen_so() {
        let mut content = Content::default();
        content.edit(write(0, 1, 100));
        content.sync();
        content.edit(Edit::Resize(0));
        content.edit(write(0, 2, 10));
        let seen: std::collections::BTreeSet<Vec<u8>> =
            (0..200).map(|seed| content.after_cut(Medium::Ordered, &mut Rng::with_seed(seed))).collect();
        assert!(seen.contains(&vec![]) && seen.contains(&vec![1; 100]) && seen.contains(&vec![2; 10]));
    }
}
