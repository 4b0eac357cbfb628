//! Measures the two ways to commit to sled atomically: one tree with a prefix byte and `apply_batch`, or several trees and a transaction.
//!
//! What is measured: 100 commits of 1,000 rows of 400 bytes, and 500 commits of one document (one record, five rows, one counter). Each
//! commit is made durable as the ledger does (flush, fsync of the file, fsync of the folder).
//! How to run: `cargo run --release -p workroom-ledger --example batches`
//! What it does not show: reads beside writes; a disk with a real write barrier (run it where the index will live).
#![expect(clippy::print_stdout, reason = "a measurement is read on the terminal")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use sled::transaction::TransactionError;
use sled::{Batch, Config, Db, Mode, Transactional, Tree};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;
type Write = (u8, u64, Vec<u8>);

fn main() -> Result {
    for (name, commits, rows) in [("1,000 rows", 100, 1000), ("one document", 500, 5)] {
        for (way, apply) in [("batch", one_tree as Apply), ("transaction", many_trees as Apply)] {
            let dir = tempfile::tempdir()?;
            let mut times = run(dir.path(), apply, commits, rows)?;
            times.sort_unstable();
            let total: Duration = times.iter().sum();
            let at = |share: usize| times[(times.len() - 1) * share / 100];
            println!("{name:>12} by {way:<11} p50 {:?} p99 {:?} all {total:?}", at(50), at(99));
        }
    }
    Ok(())
}

type Apply = fn(&Db, &[Tree; 3], &[Write]) -> Result;

fn run(dir: &Path, apply: Apply, commits: u64, rows: u64) -> Result<Vec<Duration>> {
    let db = Config::new().path(dir).mode(Mode::LowSpace).cache_capacity(64 << 20).open()?;
    let trees = [db.open_tree("docs")?, db.open_tree("vectors")?, db.open_tree("meta")?];
    let file = fs_err::File::open(dir.join("db"))?;
    let folder = fs_err::File::open(dir)?;
    let mut times = Vec::new();
    for commit in 0..commits {
        let writes: Vec<Write> = (0..rows)
            .map(|i| (1, commit * rows + i, noise(commit * rows + i, 400)))
            .chain([(0, commit, noise(commit, 150)), (2, 0, commit.to_be_bytes().to_vec())])
            .collect();
        let start = Instant::now();
        apply(&db, &trees, &writes)?;
        let _written = db.flush()?;
        file.sync_all()?;
        folder.sync_all()?;
        times.push(start.elapsed());
    }
    Ok(times)
}

fn one_tree(db: &Db, _: &[Tree; 3], writes: &[Write]) -> Result {
    let mut batch = Batch::default();
    for (kind, key, value) in writes {
        let mut prefixed = vec![*kind];
        prefixed.extend_from_slice(&key.to_be_bytes());
        batch.insert(prefixed, value.as_slice());
    }
    Ok(db.apply_batch(batch)?)
}

fn many_trees(_: &Db, trees: &[Tree; 3], writes: &[Write]) -> Result {
    trees
        .transaction(|views| {
            for (kind, key, value) in writes {
                let _before = views[usize::from(*kind)].insert(&key.to_be_bytes(), value.as_slice())?;
            }
            Ok(())
        })
        .map_err(|error: TransactionError<()>| format!("transaction: {error:?}").into())
}

/// Bytes that do not compress, the same for the same seed (an xorshift generator).
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    })
    .take(len)
    .collect()
}
