//! Turns: writers of one path wait for each other, writers of many paths commit together.
//!
//! Invariant: from the look at a file's version to the commit that shows the new one, nobody else of this process writes the same path, a
//! folder above it or anything below it. Turns come in the order in which they were asked for, as far as they are in each other's way.
//! A commit costs the same for one path as for fifty, so paths that wait while one is under way go into the next together.
//! Not here: what is written (`files`, `folders`).

use crate::{Error, Result};
use corpus::{DocPath, Seq};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Who writes which path, and who waits for the next commit.
#[derive(Default)]
pub(crate) struct Turns {
    asked: Mutex<Asked>,
    ended: Condvar,
    waiting: Mutex<Vec<Waiting>>,
    leading: Mutex<()>,
}

/// Who has a turn or waits for one, by number.
#[derive(Default)]
struct Asked {
    next: u64,
    turns: BTreeMap<u64, Scope>,
}

/// What a turn is for.
enum Scope {
    Paths(Vec<DocPath>),
    /// The whole workspace.
    All,
}

/// Keeps others from some paths and all below them, until it is dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    number: u64,
}

/// Paths that wait to be committed, and where the outcome goes.
struct Waiting {
    paths: Vec<DocPath>,
    outcome: Arc<OnceLock<Result<Seq>>>,
}

impl Turns {
    /// Waits until nobody who came before writes any of `paths`, or above or below one, and keeps others from it while the turn lives. All
    /// are taken at once, so nobody waits for another who waits for it.
    pub(crate) fn take(&self, paths: &[&DocPath]) -> Turn<'_> {
        self.take_scope(Scope::Paths(paths.iter().map(|&path| path.clone()).collect()))
    }

    /// Waits until nobody who came before writes anything, and keeps all others from it while the turn lives.
    pub(crate) fn take_all(&self) -> Turn<'_> {
        self.take_scope(Scope::All)
    }

    fn take_scope(&self, scope: Scope) -> Turn<'_> {
        let mut asked = lock(&self.asked);
        let number = asked.next;
        asked.next += 1;
        asked.turns.insert(number, scope);
        let turn = Turn { turns: self, number };
        while !asked.is_free(number) {
            asked = self.ended.wait(asked).unwrap_or_else(PoisonError::into_inner);
        }
        drop(asked);
        turn
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

impl Asked {
    /// Whether nobody who asked before is in the way.
    fn is_free(&self, number: u64) -> bool {
        let Some(scope) = self.turns.get(&number) else { return true };
        self.turns.range(..number).all(|(_, before)| scope.is_apart_from(before))
    }
}

impl Scope {
    fn is_apart_from(&self, other: &Self) -> bool {
        let (Self::Paths(ours), Self::Paths(theirs)) = (self, other) else { return false };
        let are_apart = |a: &DocPath, b: &DocPath| !a.is_under(b.as_str()) && !b.is_under(a.as_str());
        ours.iter().all(|a| theirs.iter().all(|b| are_apart(a, b)))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.turns.asked).turns.remove(&self.number);
        self.turns.ended.notify_all();
    }
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
    fn a_folder_and_what_is_in_it_are_in_each_others_way() {
        let turns = Turns::default();
        let path = |text: &str| DocPath::new(text).unwrap();
        let is_free = |paths: &[&str]| {
            let mut asked = lock(&turns.asked);
            let number = asked.next;
            asked.turns.insert(number, Scope::Paths(paths.iter().map(|text| path(text)).collect()));
            let free = asked.is_free(number);
            asked.turns.remove(&number);
            free
        };
        let folder = turns.take(&[&path("a/b")]);
        for (others, free) in [
            (&["a/b"][..], false),
            (&["a/b/c.md"], false),
            (&["a"], false),
            (&["a/c.md", "a/b/c.md"], false),
            (&["a/bc.md", "b"], true),
        ] {
            assert_eq!(is_free(others), free, "{others:?}");
        }
        drop(folder);
        assert!(is_free(&["a/b/c.md"]));
        let all = turns.take_all();
        assert!(!is_free(&["z"]), "whoever has all keeps everybody waiting");
        drop(all);
        assert!(is_free(&["z"]));
    }

    #[test]
    fn writers_of_files_and_of_folders_never_meet() {
        let turns = Turns::default();
        let names = ["a", "a/x", "a/y", "b", "b/x", "c"];
        let inside: Vec<AtomicU64> = names.iter().map(|_| AtomicU64::new(0)).collect();
        std::thread::scope(|scope| {
            for seed in 0..6usize {
                let (turns, inside) = (&turns, &inside);
                scope.spawn(move || {
                    for round in 0..500 {
                        let at = (seed * 7 + round * 5) % names.len();
                        let path = DocPath::new(names[at]).unwrap();
                        let _turn = turns.take(&[&path]);
                        let met = names.iter().zip(inside).filter(|(name, inside)| {
                            let other = DocPath::new(name).unwrap();
                            (other.is_under(names[at]) || path.is_under(name))
                                && inside.load(Ordering::SeqCst) > 0
                        });
                        assert_eq!(met.count(), 0, "{path}");
                        inside[at].fetch_add(1, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside[at].fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(lock(&turns.asked).turns.is_empty());
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
