//! Turns: writers of one path wait for each other, writers of many paths commit together.
//!
//! Invariant: from the look at a file's version to the commit that shows the new one, nobody else of this process writes the same path.
//! A commit costs the same for one path as for fifty, so paths that wait while one is under way go into the next together.
//! Not here: what is written (`files`).

use crate::{Error, Result};
use corpus::{DocPath, Seq};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Paths share this many locks: enough that two writers seldom wait for each other without need.
const LOCKS: usize = 256;

/// Who writes which path, and who waits for the next commit.
pub(crate) struct Turns {
    paths: Vec<Mutex<()>>,
    waiting: Mutex<Vec<Waiting>>,
    leading: Mutex<()>,
}

/// Paths that wait to be committed, and where the outcome goes.
struct Waiting {
    paths: Vec<DocPath>,
    outcome: Arc<OnceLock<Result<Seq>>>,
}

impl Default for Turns {
    fn default() -> Self {
        let paths = std::iter::repeat_with(Mutex::default).take(LOCKS).collect();
        Self { paths, waiting: Mutex::default(), leading: Mutex::default() }
    }
}

impl Turns {
    /// Waits until nobody else writes any of `paths`, and keeps others from it while the guards live.
    pub(crate) fn take(&self, paths: &[&DocPath]) -> Vec<MutexGuard<'_, ()>> {
        // In the same order for everybody, or two writers of the same two paths could wait for each other for ever.
        let places: BTreeSet<usize> = paths.iter().map(|path| place(path)).collect();
        places.into_iter().map(|place| lock(&self.paths[place])).collect()
    }

    /// Commits `paths` by `commit`, together with those of everybody who came while the commit before was under way. Whoever is first does
    /// it for all.
    pub(crate) fn commit(
        &self,
        paths: Vec<DocPath>,
        commit: impl FnOnce(&[DocPath]) -> Result<Seq>,
    ) -> Result<Seq> {
        let outcome = Arc::new(OnceLock::new());
        lock(&self.waiting).push(Waiting { paths, outcome: Arc::clone(&outcome) });
        let _leading = lock(&self.leading);
        if outcome.get().is_none() {
            let group = std::mem::take(&mut *lock(&self.waiting));
            let all: BTreeSet<DocPath> = group.iter().flat_map(|one| one.paths.iter().cloned()).collect();
            let said = commit(&all.into_iter().collect::<Vec<_>>());
            for one in group {
                // Each outcome is set here alone, and once.
                let _first = one.outcome.set(said.clone());
            }
        }
        outcome
            .get()
            .cloned()
            .unwrap_or_else(|| Err(Error::new(crate::ErrorKind::Io, "a commit was left out")))
    }
}

fn place(path: &DocPath) -> usize {
    (BuildHasherDefault::<DefaultHasher>::default().hash_one(path.as_str()) % LOCKS as u64) as usize
}

/// A panic of another writer leaves nothing half done here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn those_who_wait_are_committed_together_and_all_hear_of_it() {
        let turns = Turns::default();
        let (commits, seen) = (AtomicU64::new(0), Mutex::new(Vec::new()));
        let (n, entered) = (16, Barrier::new(2));
        let commit = |wait: bool| {
            let (entered, commits, seen, turns) = (&entered, &commits, &seen, &turns);
            move |paths: &[DocPath]| {
                if wait {
                    entered.wait();
                    // Until all the others stand in the queue.
                    while lock(&turns.waiting).len() < n {
                        std::thread::yield_now();
                    }
                }
                lock(seen).extend(paths.iter().map(ToString::to_string));
                Ok(Seq(commits.fetch_add(1, Ordering::Relaxed) + 1))
            }
        };
        let path = |i: usize| DocPath::new(&format!("{i:02}")).unwrap();
        std::thread::scope(|scope| {
            let first = scope.spawn(|| turns.commit(vec![path(99)], commit(true)).unwrap());
            entered.wait();
            let rest: Vec<_> = (0..n)
                .map(|i| {
                    let (turns, commit) = (&turns, commit(false));
                    scope.spawn(move || turns.commit(vec![path(i)], commit).unwrap())
                })
                .collect();
            assert_eq!(first.join().unwrap(), Seq(1));
            for writer in rest {
                assert_eq!(writer.join().unwrap(), Seq(2));
            }
        });
        let mut expected: Vec<String> = (0..n).map(|i| format!("{i:02}")).collect();
        expected.insert(0, "99".to_owned());
        assert_eq!(*lock(&seen), expected);
    }

    #[test]
    fn writers_of_the_same_two_paths_do_not_wait_for_ever() {
        let turns = Turns::default();
        let (a, b) = (DocPath::new("a").unwrap(), DocPath::new("b").unwrap());
        let inside = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for order in [[&a, &b], [&b, &a], [&a, &a]] {
                let (turns, inside) = (&turns, &inside);
                scope.spawn(move || {
                    for _ in 0..2000 {
                        let _turn = turns.take(&order);
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}
