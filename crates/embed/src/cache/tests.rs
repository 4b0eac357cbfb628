//! The cache against a map: appended, damaged, cut short, compacted and opened again.

use std::collections::{BTreeMap, BTreeSet};

use corpus::{DIM, Tier};
use proptest::prelude::*;

use super::*;

fn model(name: &str, checksum: &str) -> ModelInfo {
    ModelInfo {
        name: name.to_owned(),
        space: name.to_owned(),
        dim: DIM,
        tier: Tier::Teacher,
        max_tokens: 256,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        checksum: checksum.to_owned(),
    }
}

fn hash(n: u64) -> TextHash {
    TextHash::of(&n.to_string())
}

/// A vector that is like no other one's.
fn vector(n: u64) -> QuantizedVector {
    let components: Vec<f32> = (0..DIM as u64).map(|i| ((n * 31 + i * 7) % 101) as f32 - 50.0).collect();
    QuantizedVector::from_f32(&components).unwrap()
}

fn open(dir: &Path) -> VectorCache {
    VectorCache::open(dir, &model("m", "1")).unwrap()
}

fn append(cache: &VectorCache, texts: impl IntoIterator<Item = u64>) -> usize {
    let vectors: Vec<_> = texts.into_iter().map(|n| (hash(n), vector(n))).collect();
    cache.append(vectors.iter().map(|(hash, vector)| (*hash, vector))).unwrap()
}

/// Asserts that exactly these of the first hundred texts are served, each with its own vector.
#[track_caller]
fn check(cache: &VectorCache, expected: impl IntoIterator<Item = u64>) {
    let expected: BTreeSet<u64> = expected.into_iter().collect();
    for n in 0..100 {
        assert_eq!(cache.get(&hash(n)).unwrap(), expected.contains(&n).then(|| vector(n)), "text {n}");
    }
}

#[test]
fn what_was_appended_is_served_and_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    assert_eq!(append(&cache, [1, 2, 1]), 2);
    assert_eq!(append(&cache, [2, 3]), 1);
    cache.sync().unwrap();
    check(&cache, [1, 2, 3]);
    let nowhere = QuantizedVector { scale: 1.0, q: Box::new([0; DIM]) };
    let endless = QuantizedVector { scale: f32::INFINITY, ..vector(4) };
    assert_eq!(cache.append([(hash(4), &nowhere), (hash(5), &endless)]).unwrap(), 0);
    cache.unload();
    assert_eq!(cache.size(), CacheSize { file_bytes: 128 + 3 * 408, records: 3, memory_bytes: 0 });
    assert_eq!(append(&cache, [3]), 0, "it knows what it holds before it was asked");
    drop(cache);
    check(&open(dir.path()), [1, 2, 3]);
}

#[test]
fn an_append_that_is_cut_at_any_byte() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, [1, 2]);
    append(&cache, [3, 4]);
    let (path, whole) = (cache.path().to_owned(), fs::read(cache.path()).unwrap());
    drop(cache);
    let served = |cache: &VectorCache| -> Vec<u64> {
        let there = |n: &u64| cache.get(&hash(*n)).unwrap().inspect(|found| assert_eq!(*found, vector(*n)));
        (1..=4).filter(|n| there(n).is_some()).collect()
    };
    for len in 0..=whole.len() {
        fs::write(&path, &whole[..len]).unwrap();
        let cache = open(dir.path());
        let n_whole = (len.saturating_sub(HEADER) / RECORD) as u64;
        assert_eq!(served(&cache), Vec::from_iter(1..=n_whole), "cut at {len}");
        // It goes on as if the rest had never been written.
        append(&cache, [3, 4]);
        drop(cache);
        let expected: Vec<u64> = (1..=4).filter(|n| *n <= n_whole || *n > 2).collect();
        assert_eq!(served(&open(dir.path())), expected, "cut at {len}, appended and opened again");
    }
}

#[test]
fn blocks_that_never_reached_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, 0..40);
    let (path, whole) = (cache.path().to_owned(), fs::read(cache.path()).unwrap());
    drop(cache);
    for block in 1..whole.len() / 512 {
        let mut bytes = whole.clone();
        bytes[block * 512..(block + 1) * 512].fill(0);
        fs::write(&path, &bytes).unwrap();
        let hit = |n: &u64| {
            let begin = HEADER + *n as usize * RECORD;
            begin < (block + 1) * 512 && begin + RECORD > block * 512
        };
        check(&open(dir.path()), (0..40).filter(|n| !hit(n)));
    }
}

#[test]
fn a_damaged_record_is_absent_and_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, [1, 2, 3]);
    let (path, whole) = (cache.path().to_owned(), fs::read(cache.path()).unwrap());
    drop(cache);
    for at in HEADER + RECORD..HEADER + 2 * RECORD {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        let cache = open(dir.path());
        let served: Vec<u64> = (1..=3).filter(|n| cache.get(&hash(*n)).unwrap().is_some()).collect();
        assert_eq!(served, [1, 3], "byte {at}");
        assert_eq!(append(&cache, [1, 2, 3]), 1);
        assert_eq!(cache.get(&hash(2)).unwrap(), Some(vector(2)));
    }
}

#[test]
fn damage_after_the_table_was_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, [1, 2]);
    let mut bytes = fs::read(cache.path()).unwrap();
    bytes[HEADER + 30] ^= 4;
    fs::write(cache.path(), &bytes).unwrap();
    check(&cache, [2]);
    fs::OpenOptions::new().write(true).open(cache.path()).unwrap().set_len(HEADER as u64 + 10).unwrap();
    check(&cache, []);
    cache.unload();
    check(&cache, []);
}

#[test]
fn a_damaged_header_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, [1]);
    let (path, whole) = (cache.path().to_owned(), fs::read(cache.path()).unwrap());
    drop(cache);
    for at in 0..HEADER {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        check(&open(dir.path()), []);
        assert_eq!(fs::read(path.with_added_extension("damaged")).unwrap(), bytes, "byte {at}");
    }
}

#[test]
fn what_is_sound_and_not_ours_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let other = VectorCache::open(dir.path(), &model("m", "2")).unwrap();
    let path = open(dir.path()).path().to_owned();
    assert_ne!(other.path(), path, "other weights have a file of their own");
    let sealed = |change: &dyn Fn(&mut [u8; HEADER])| {
        let mut header = record::header(&model("m", "1"));
        change(&mut header);
        let crc = crc32fast::hash(&header[..HEADER - 4]);
        header[HEADER - 4..].copy_from_slice(&crc.to_le_bytes());
        header.to_vec()
    };
    let check = |bytes: Vec<u8>, reason: &str| {
        fs::write(&path, &bytes).unwrap();
        let error = VectorCache::open(dir.path(), &model("m", "1")).unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(path.to_str().unwrap()), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is left as it is");
    };
    check(fs::read(other.path()).unwrap(), "it is for other weights (\"m\") than \"m\"");
    check(sealed(&|header| header[7] = b'2'), "newer program");
    check(sealed(&|header| header[8..12].copy_from_slice(&768_u32.to_le_bytes())), "768 components, not 384");
    // A record that was copied from another model's file.
    drop(other);
    let other = VectorCache::open(dir.path(), &model("m", "2")).unwrap();
    append(&other, [1]);
    let mut bytes = record::header(&model("m", "1")).to_vec();
    bytes.extend_from_slice(&fs::read(other.path()).unwrap()[HEADER..]);
    fs::write(&path, bytes).unwrap();
    assert_eq!(open(dir.path()).get(&hash(1)).unwrap(), None);
}

#[test]
fn compaction_waits_until_more_than_half_is_dead() {
    let dir = tempfile::tempdir().unwrap();
    let cache = open(dir.path());
    append(&cache, 0..10);
    let even = |hash_: &TextHash| (0..5).any(|n| hash(n * 2) == *hash_);
    assert!(!cache.compact(even).unwrap());
    assert_eq!(cache.size().records, 10);
    append(&cache, [11]);
    assert!(cache.compact(even).unwrap());
    assert_eq!(cache.size().records, 5);
    check(&cache, [0, 2, 4, 6, 8]);
    append(&cache, [50]);
    drop(cache);
    // What a compaction that was cut short left behind is gone.
    let path = open(dir.path()).path().to_owned();
    fs::write(unfinished(&path), "begun").unwrap();
    check(&open(dir.path()), [0, 2, 4, 6, 8, 50]);
    assert!(!unfinished(&path).exists());
}

#[test]
fn names_that_are_no_file_names() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["../out", "", "a/b c", "ü", &"x".repeat(300)] {
        let cache = VectorCache::open(dir.path(), &model(name, "1")).unwrap();
        assert_eq!(cache.path().parent(), Some(dir.path()), "{name}");
        append(&cache, [1]);
        drop(cache);
        let again = VectorCache::open(dir.path(), &model(name, "1")).unwrap();
        assert_eq!(again.get(&hash(1)).unwrap(), Some(vector(1)));
    }
}

#[test]
fn a_table_of_many_takes_few_bytes_each() {
    let mut table = Table::with_room(0);
    for n in 0..50_000 {
        table.insert(&hash(n), n as u32);
        let each = table.size_bytes() as f64 / (n + 1) as f64;
        assert!(n < 1000 || each < 12.7, "{each} bytes an entry at {n}");
    }
    let roomy = Table::with_room(50_000);
    assert!(roomy.size_bytes() < 50_000 * 11);
    for n in 0..50_000 {
        assert!(table.candidates(&hash(n)).any(|slot| slot == n as u32));
    }
    let strangers = (50_000..100_000).filter(|n| table.candidates(&hash(*n)).next().is_some()).count();
    assert!(strangers < 10, "{strangers} of 50,000 look-ups read a record in vain");
}

#[derive(Clone, Debug)]
enum Op {
    Append(Vec<u64>),
    Unload,
    Reopen,
    /// The process dies, and of what was appended since the last sync this many bytes stay.
    Crash(usize),
    Sync,
    /// A bit of this byte turns over, counted round the records.
    Damage(usize),
    /// Keeps the texts below.
    Compact(u64),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => prop::collection::vec(0_u64..100, 0..12).prop_map(Op::Append),
        1 => Just(Op::Unload),
        1 => Just(Op::Reopen),
        2 => (0_usize..5000).prop_map(Op::Crash),
        1 => Just(Op::Sync),
        1 => any::<usize>().prop_map(Op::Damage),
        1 => (0_u64..100).prop_map(Op::Compact),
    ];
    prop::collection::vec(op, 1..40)
}

proptest! {
    #[test]
    fn a_cache_is_a_map_that_forgets_only_what_was_damaged(ops in ops()) {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = open(dir.path());
        // What must be there, with its place in the file.
        let mut there: BTreeMap<u64, u64> = BTreeMap::new();
        let mut synced = 0;
        for op in ops {
            match op {
                Op::Append(texts) => {
                    let mut slot = cache.size().records;
                    let n = append(&cache, texts.iter().copied());
                    for text in texts {
                        there.entry(text).or_insert_with(|| { slot += 1; slot - 1 });
                    }
                    prop_assert_eq!(slot, cache.size().records, "{} added", n);
                }
                Op::Unload => cache.unload(),
                Op::Reopen => cache = open(dir.path()),
                Op::Sync => {
                    cache.sync().unwrap();
                    synced = cache.size().records;
                }
                Op::Crash(stay) => {
                    let len = (place(synced as u32) + stay as u64).min(cache.size().file_bytes);
                    fs::OpenOptions::new().write(true).open(cache.path()).unwrap().set_len(len).unwrap();
                    cache = open(dir.path());
                    let left = cache.size().records;
                    there.retain(|_, slot| *slot < left);
                }
                Op::Damage(at) => {
                    let mut bytes = fs::read(cache.path()).unwrap();
                    let at = HEADER + at % (bytes.len() - HEADER).max(1);
                    if let Some(byte) = bytes.get_mut(at) {
                        // Not a flipped bit: a second one in the same place would undo it.
                        *byte = byte.wrapping_add(1);
                        fs::write(cache.path(), &bytes).unwrap();
                        let hit = ((at - HEADER) / RECORD) as u64;
                        there.retain(|_, slot| *slot != hit);
                    }
                }
                Op::Compact(below) => {
                    let keep: BTreeSet<[u8; 16]> = (0..below).map(|n| *hash(n).as_bytes()).collect();
                    if cache.compact(|hash| keep.contains(hash.as_bytes())).unwrap() {
                        there.retain(|text, _| *text < below);
                        let mut order: Vec<(u64, u64)> = there.iter().map(|(text, slot)| (*slot, *text)).collect();
                        order.sort_unstable();
                        there = order.into_iter().zip(0..).map(|((_, text), slot)| (text, slot)).collect();
                        synced = cache.size().records;
                        prop_assert_eq!(synced, there.len() as u64);
                    }
                }
            }
            for n in 0..100 {
                prop_assert_eq!(cache.get(&hash(n)).unwrap(), there.contains_key(&n).then(|| vector(n)), "text {}", n);
            }
        }
    }
}
