//! The store against a map: puts, syncs, drops, reopenings, and crashes that leave a pack cut at any byte.

use super::pack::HEAD;
use super::*;
use crate::{Error, ErrorKind};
use corpus::ContentHash;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn put(contents: &Contents, bytes: &[u8]) -> ContentHash {
    let (hash, size) = contents.put(bytes).unwrap();
    assert_eq!((hash, size), (ContentHash::of(bytes), bytes.len() as u64));
    hash
}

fn packs(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut packs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    packs.sort();
    packs
}

/// Bytes that pack well, or not at all.
fn bytes_of(seed: u8, length: usize, packs: bool) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[seed, u8::from(packs)]);
    let mut bytes = vec![0; if packs { 7 } else { length }];
    hasher.finalize_xof().fill(&mut bytes);
    bytes.into_iter().cycle().take(length).collect()
}

#[test]
fn contents_of_any_size_come_back_and_are_kept_once() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("custody/content");
    let contents = Contents::at(&folder);
    let sizes = [0, 1, 12, 13, 1000, 256 << 10, (256 << 10) + 1, 1 << 20];
    let all: Vec<Vec<u8>> =
        sizes.iter().flat_map(|size| [true, false].map(|packs| bytes_of(7, *size, packs))).collect();
    for bytes in &all {
        put(&contents, bytes);
    }
    contents.sync().unwrap();
    let (count, taken) = contents.size().unwrap();
    for bytes in &all {
        put(&contents, bytes);
    }
    assert_eq!(contents.size().unwrap(), (count, taken), "the same bytes take no more room");
    for contents in [contents, Contents::at(&folder)] {
        for bytes in &all {
            assert_eq!(contents.read(&ContentHash::of(bytes)).unwrap(), *bytes, "{} bytes", bytes.len());
        }
        assert!(contents.verify().unwrap().is_empty());
    }
    let missing = Contents::at(&folder).read(&ContentHash::of(b"never put")).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn a_source_that_fails_leaves_nothing() {
    struct Failing(usize);
    impl std::io::Read for Failing {
        fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
            let n = to.len().min(self.0);
            self.0 -= n;
            if n == 0 { Err(std::io::Error::other("gone")) } else { Ok(n) }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let contents = Contents::at(dir.path());
    for size in [0, 100, 300 << 10] {
        assert_eq!(contents.put(Failing(size)).unwrap_err().kind(), ErrorKind::Io);
    }
    let hash = put(&contents, b"whole");
    contents.sync().unwrap();
    let contents = Contents::at(dir.path());
    assert_eq!(contents.size().unwrap().0, 1);
    assert_eq!(contents.read(&hash).unwrap(), b"whole");
}

#[test]
fn damage_is_one_contents_own_and_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let contents = Contents::at(dir.path());
    let all: Vec<Vec<u8>> = (0..5).map(|seed| bytes_of(seed, 400, seed % 2 == 0)).collect();
    let mut begins = Vec::new();
    for bytes in &all {
        begins.push(contents.size().unwrap().1.max(8));
        put(&contents, bytes);
    }
    contents.sync().unwrap();
    // Another pack, so that the first is not the one that is read as a whole.
    contents.retain(|_| true).unwrap();
    put(&contents, b"in another pack");
    contents.sync().unwrap();
    let pack = packs(dir.path())[0].clone();
    let [sound, other] = [0, 1].map(|n| std::fs::read(&packs(dir.path())[n]).unwrap());
    let end = begins[3] as usize;
    for at in begins[2] as usize..end {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x40;
        std::fs::write(&pack, &damaged).unwrap();
        let contents = Contents::at(dir.path());
        for (n, bytes) in all.iter().enumerate() {
            match contents.read(&ContentHash::of(bytes)) {
                Ok(read) => assert!(n != 2 && read == *bytes, "content {n}, damaged at {at}"),
                Err(error) => assert!(n == 2, "content {n}, damaged at {at}: {error}"),
            }
        }
        let told = contents.verify().unwrap();
        assert_eq!(told.len(), 1, "damaged at {at}: {told:?}");
        assert_eq!((told[0].offset, &told[0].path), (begins[2], &pack), "damaged at {at}");
        // Where the bytes are met again they are kept again.
        let hash = put(&contents, &all[2]);
        assert_eq!(contents.read(&hash).unwrap(), all[2]);
        std::fs::write(&packs(dir.path())[1], &other).unwrap();
    }
}

#[test]
fn a_content_that_never_came_to_the_disk_is_not_believed_later_either() {
    let dir = tempfile::tempdir().unwrap();
    let contents = Contents::at(dir.path());
    let first = put(&contents, b"synced");
    let end = contents.size().unwrap().1 as usize;
    let lost = put(&contents, b"only its head was there before the power went");
    let pack = packs(dir.path())[0].clone();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[end + HEAD..].fill(0);
    std::fs::write(&pack, bytes).unwrap();
    let contents = Contents::at(dir.path());
    assert_eq!([first, lost].map(|hash| contents.contains(&hash).unwrap()), [true, false]);
    put(&contents, b"in the next pack");
    assert_eq!(packs(dir.path()).len(), 2);
    let contents = Contents::at(dir.path());
    assert_eq!([first, lost].map(|hash| contents.contains(&hash).unwrap()), [true, false]);
    assert_eq!(contents.verify().unwrap(), []);
    assert_eq!(put(&contents, b"only its head was there before the power went"), lost);
    assert_eq!(Contents::at(dir.path()).verify().unwrap(), []);
}

#[test]
fn a_head_that_never_came_to_the_disk_is_no_damage() {
    let dir = tempfile::tempdir().unwrap();
    let contents = Contents::at(dir.path());
    let first = put(&contents, b"synced");
    contents.sync().unwrap();
    let hole = contents.size().unwrap().1 as usize;
    let [lost, last] =
        [&b"on its way"[..], b"on its way, and there first"].map(|bytes| put(&contents, bytes));
    let pack = packs(dir.path())[0].clone();
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[hole..hole + HEAD].fill(0);
    std::fs::write(&pack, bytes).unwrap();
    // Also when others have followed.
    for _ in 0..2 {
        let contents = Contents::at(dir.path());
        assert_eq!(contents.verify().unwrap(), []);
        let kept = [first, lost, last].map(|hash| contents.contains(&hash).unwrap());
        assert_eq!(kept, [true, false, true]);
        put(&contents, b"after the cut");
        contents.sync().unwrap();
    }
}

#[derive(Clone, Debug)]
enum Op {
    /// A seed, a length, whether it packs.
    Put(u8, usize, bool),
    Sync,
    /// Keeps what has this bit in its hash.
    Retain(u8),
    Reopen,
    /// The power goes: of what was not synced a part of the bytes is left, and perhaps rubbish behind it.
    Crash(usize, Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    let length = prop_oneof![0..600usize, Just(256 << 10), Just((256 << 10) + 17)];
    prop_oneof![
        6 => (any::<u8>(), length, any::<bool>()).prop_map(|(seed, length, packs)| Op::Put(seed % 16, length, packs)),
        3 => Just(Op::Sync),
        1 => (0..8u8).prop_map(Op::Retain),
        1 => Just(Op::Reopen),
        2 => (any::<usize>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(left, rubbish)| Op::Crash(left, rubbish)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_synced_is_there_whatever_happens(ops in prop::collection::vec(op(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut contents = Contents::at(dir.path());
        let (mut synced, mut put_since) = (BTreeMap::new(), BTreeMap::new());
        // The sizes of the packs when they were last synced.
        let mut safe: BTreeMap<PathBuf, u64> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Put(seed, length, packs) => {
                    let bytes = bytes_of(seed, length, packs);
                    put_since.insert(put(&contents, &bytes), bytes);
                }
                Op::Sync => {
                    contents.sync().unwrap();
                    synced.append(&mut put_since);
                }
                Op::Retain(bit) => {
                    let needed = |hash: &ContentHash| hash.as_bytes()[0] & (1 << bit) != 0;
                    contents.retain(needed).unwrap();
                    synced.append(&mut put_since);
                    synced.retain(|hash, _| needed(hash));
                }
                Op::Reopen => contents = Contents::at(dir.path()),
                Op::Crash(left, rubbish) => {
                    if let Some(last) = packs(dir.path()).pop() {
                        let all = std::fs::read(&last).unwrap();
                        // What was put twice is cut off again: then the pack is shorter than it was.
                        let from = (safe.get(&last).copied().unwrap_or(0) as usize).min(all.len());
                        let cut = from + left % (all.len() - from + 1);
                        std::fs::write(&last, [&all[..cut], &rubbish].concat()).unwrap();
                    }
                    contents = Contents::at(dir.path());
                    put_since.clear();
                }
            }
            if put_since.is_empty() {
                safe = packs(dir.path()).into_iter().map(|pack| (pack.clone(), std::fs::metadata(pack).unwrap().len())).collect();
            }
            for (hash, bytes) in synced.iter().chain(&put_since) {
                prop_assert_eq!(&contents.read(hash).unwrap(), bytes);
            }
        }
        // Whatever else may be there has its hash, or says that it has not.
        prop_assert!(contents.verify().unwrap().iter().all(|damage| !damage.why.is_empty()));
    }

    #[test]
    fn any_bytes_are_packs_without_end(bytes in prop::collection::vec(any::<u8>(), 0..300), headed in any::<bool>()) {
        let dir = tempfile::tempdir().unwrap();
        let head: &[u8] = if headed { b"WRPACK01wrrecord" } else { b"" };
        std::fs::write(dir.path().join("000001.pack"), [head, &bytes].concat()).unwrap();
        let contents = Contents::at(dir.path());
        prop_assert_eq!(contents.size().unwrap().0, 0);
        let hash = put(&contents, b"goes on all the same");
        contents.sync().unwrap();
        prop_assert_eq!(Contents::at(dir.path()).read(&hash).unwrap(), b"goes on all the same");
    }
}

#[test]
fn a_content_that_ends_early_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let contents = Contents::at(dir.path());
    let hash = put(&contents, &bytes_of(1, 5000, false));
    contents.sync().unwrap();
    let pack = packs(dir.path())[0].clone();
    let bytes = std::fs::read(&pack).unwrap();
    std::fs::write(&pack, &bytes[..bytes.len() - 100]).unwrap();
    let error = contents.read(&hash).unwrap_err();
    assert!(matches!(error, Error::Damaged { offset: 8, record: 0, .. }), "{error}");
}
