//! The exact scan, the writes, and what snapshots see of them.

use std::collections::{BTreeMap, BTreeSet};

use corpus::{ChunkId, DIM, QuantizedVector, Tier};
use proptest::prelude::*;
use workroom_vectors::{Error, NearestNeighbours, Options, VectorStore, VectorView};

use crate::Rng;

type Model = BTreeMap<u64, (Tier, QuantizedVector)>;

/// Few distinct vectors, so that ties are common.
fn coarse(seed: u64) -> QuantizedVector {
    let mut rng = Rng(seed % 40);
    QuantizedVector::from_f32(&rng.direction()).unwrap()
}

fn brute(
    model: &Model,
    query: &QuantizedVector,
    k: usize,
    allowed: &dyn Fn(ChunkId) -> bool,
) -> Vec<(u64, f32, Tier)> {
    let rows = model.iter().filter(|(chunk, _)| allowed(ChunkId(**chunk)));
    let mut all: Vec<_> = rows.map(|(&chunk, (tier, row))| (chunk, query.dot(row), *tier)).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(k);
    all
}

fn check(view: &VectorView, model: &Model, seed: u64, k: usize) {
    assert_eq!(view.len(), model.len());
    let query = coarse(seed);
    let filters: [&(dyn Fn(ChunkId) -> bool + Sync); 4] =
        [&|_| true, &|_| false, &|chunk| chunk.0.is_multiple_of(3), &|chunk| chunk.0 % 50 == seed % 50];
    for allowed in filters {
        let expected = brute(model, &query, k, allowed);
        let n = model.keys().filter(|&&chunk| allowed(ChunkId(chunk))).count() as u64;
        for hint in [None, Some(n), Some(u64::MAX)] {
            let found = view.search(&query, k, allowed, hint);
            let found: Vec<_> = found.iter().map(|it| (it.chunk.0, it.cosine, it.tier)).collect();
            assert_eq!(found, expected, "k {k}, hint {hint:?}");
        }
        let among = (0..=model.keys().last().map_or(0, |last| last + 9)).map(ChunkId);
        for found in [
            view.search_exactly(&query, k, allowed),
            view.search_among(&query, k, among.filter(|chunk| allowed(*chunk))),
        ] {
            let found: Vec<_> = found.iter().map(|it| (it.chunk.0, it.cosine, it.tier)).collect();
            assert_eq!(found, expected, "k {k}");
        }
    }
    for chunk in model.keys().copied().chain([u64::MAX]).step_by(7) {
        assert_eq!(view.get(ChunkId(chunk)), model.get(&chunk).cloned());
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(u64, u64),
    Replace(u64),
    Remove(u64, u64),
    Compact,
    Snapshot,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1_u64..900, any::<u64>()).prop_map(|(n, seed)| Op::Insert(n, seed)),
        2 => any::<u64>().prop_map(Op::Replace),
        2 => (0_u64..3000, 0_u64..900).prop_map(|(start, n)| Op::Remove(start, n)),
        1 => Just(Op::Compact),
        2 => Just(Op::Snapshot),
    ]
}

fn apply(store: &mut VectorStore, model: &mut Model, next: &mut u64, op: &Op) {
    match *op {
        Op::Insert(n, seed) => {
            for i in 0..n {
                // Numbers leave gaps, as those of removed versions do.
                *next += 1 + (seed.wrapping_add(i)).is_multiple_of(5) as u64;
                let vector = coarse(seed.wrapping_add(i));
                store.insert(ChunkId(*next), Tier::Student, &vector).unwrap();
                model.insert(*next, (Tier::Student, vector));
            }
        }
        Op::Replace(seed) => {
            for chunk in (0..*next).step_by(1 + (seed % 97) as usize) {
                let vector = coarse(seed ^ chunk);
                let was_there = model.contains_key(&chunk);
                assert_eq!(store.replace(ChunkId(chunk), Tier::Teacher, &vector), Ok(was_there));
                if was_there {
                    model.insert(chunk, (Tier::Teacher, vector));
                }
            }
        }
        Op::Remove(start, n) => {
            let before = model.len();
            model.retain(|&chunk, _| chunk < start || chunk >= start + n);
            assert_eq!(store.remove_range(start..start + n), before - model.len());
        }
        Op::Compact => store.compact(),
        Op::Snapshot => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn agrees_with_a_plain_list(ops in prop::collection::vec(op(), 1..14), seed in any::<u64>(), k in 0_usize..40) {
        let mut store = VectorStore::new(&Options::default());
        let mut model = Model::new();
        let mut next = 0;
        let mut kept = Vec::new();
        for op in &ops {
            apply(&mut store, &mut model, &mut next, op);
            if matches!(op, Op::Snapshot) {
                kept.push((store.snapshot(), model.clone()));
            }
        }
        kept.push((store.snapshot(), model));
        // Checked at the end, after all later writes: a snapshot does not change.
        for (view, model) in &kept {
            check(view, model, seed, k);
        }
    }
}

#[test]
fn a_scan_shared_between_threads_gives_the_same() {
    let mut rng = Rng(1);
    let distinct: Vec<QuantizedVector> =
        (0..100).map(|_| QuantizedVector::from_f32(&rng.direction()).unwrap()).collect();
    let fill = |threads| {
        let mut store = VectorStore::new(&Options { search_threads: threads, ..Options::default() });
        for chunk in 0..60_000 {
            store.insert(ChunkId(chunk), Tier::Student, &distinct[chunk as usize * 7 % 100]).unwrap();
        }
        store.snapshot()
    };
    let (alone, shared) = (fill(1), fill(3));
    // Six hundred rows tie for the first place.
    let found = shared.exact().nearest(&distinct[3], 700, &|_| true);
    assert_eq!(found, alone.exact().nearest(&distinct[3], 700, &|_| true));
    let first: BTreeSet<u64> = found.iter().take(600).map(|(chunk, _)| chunk.0).collect();
    assert!(first.iter().all(|chunk| chunk * 7 % 100 == 3));
}

#[test]
fn what_has_no_direction_or_no_order_is_refused() {
    let mut store = VectorStore::new(&Options::default());
    let good = coarse(1);
    store.insert(ChunkId(5), Tier::Student, &good).unwrap();
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        let bad = QuantizedVector { scale, ..good.clone() };
        assert_eq!(
            store.insert(ChunkId(6), Tier::Student, &bad),
            Err(Error::NoDirection { chunk: ChunkId(6) })
        );
        assert_eq!(
            store.replace(ChunkId(5), Tier::Student, &bad),
            Err(Error::NoDirection { chunk: ChunkId(5) })
        );
    }
    let zero = QuantizedVector { scale: 1.0, q: Box::new([0; DIM]) };
    assert!(store.insert(ChunkId(6), Tier::Student, &zero).is_err());
    let refused = Err(Error::OutOfOrder { last: ChunkId(5), got: ChunkId(5) });
    assert_eq!(store.insert(ChunkId(5), Tier::Student, &good), refused);
    store.remove_range(5..6);
    assert_eq!(store.insert(ChunkId(5), Tier::Student, &good), refused, "a number is not used twice");
    assert!(store.is_empty() && store.snapshot().search(&good, 3, &|_| true, None).is_empty());
}

#[test]
fn removing_much_gives_the_memory_back() {
    let mut store = VectorStore::new(&Options::default());
    for chunk in 0..8192 {
        store.insert(ChunkId(chunk), Tier::Student, &coarse(chunk)).unwrap();
    }
    let full = store.snapshot().size_bytes();
    // Every second row of each block: no block empties by itself.
    for chunk in (0..8192).step_by(2) {
        store.remove_range(chunk..chunk + 1);
    }
    assert_eq!(store.len(), 4096);
    assert!(store.snapshot().size_bytes() < full * 3 / 4);
}
