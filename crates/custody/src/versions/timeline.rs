//! Timelines: what stood at each path since when, so that it can be asked what was there at a time.
//!
//! Invariant: pure. The times of a path never fall. What was let go of is told as such: a file of which nothing is known any more is never taken
//! for one that was not there.
//! Not here: the versions of a file as they are listed (`table`): those follow a file that is moved, timelines stay where they are.

use super::record::{State, Stood};
use super::table::Retention;
use corpus::ContentHash;
use std::collections::BTreeMap;
use std::ops::Bound;

/// What stood where, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timelines {
    /// Of each path, the oldest first; neighbours differ.
    paths: BTreeMap<Box<str>, Vec<State>>,
    /// Of files that were gone by then nothing may be known any more.
    forgotten_before_ms: Option<i64>,
}

/// States that are kept of a path, for each version that is: each may have been followed by a time in which nothing stood there.
const STATES_A_VERSION: usize = 2;

impl Timelines {
    /// What stood at each path at a time, in the order of paths; paths where nothing did are left out.
    pub fn at(&self, at_ms: i64) -> impl Iterator<Item = (&str, &State)> {
        self.paths.iter().filter_map(move |(path, states)| {
            let state = states.iter().rev().find(|state| state.at_ms <= at_ms)?;
            (state.is != Stood::Nothing).then_some((&**path, state))
        })
    }

    /// What stood at a path, the oldest first.
    #[must_use]
    pub fn of(&self, path: &str) -> &[State] {
        self.paths.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// What is known to stand at a path, and since when; also that nothing does.
    #[must_use]
    pub fn last(&self, path: &str) -> Option<&State> {
        self.of(path).last()
    }

    /// The paths at `path` and below it where something stands; the empty path is the whole workspace.
    pub fn standing<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        at_or_below(&self.paths, path)
            .filter(|(_, states)| states.last().is_some_and(|last| last.is != Stood::Nothing))
            .map(|(path, _)| &**path)
    }

    /// Since when anything is known of the paths that `wanted` lets through.
    pub fn known_since_ms(&self, wanted: impl Fn(&str) -> bool) -> Option<i64> {
        let first = |states: &Vec<State>| states.first().map(|state| state.at_ms);
        self.paths.iter().filter(|(path, _)| wanted(path)).filter_map(|(_, states)| first(states)).min()
    }

    /// Of files that were gone before then nothing may be known any more.
    #[must_use]
    pub fn forgotten_before_ms(&self) -> Option<i64> {
        self.forgotten_before_ms
    }

    /// From then on, that stands there.
    pub(super) fn stands(&mut self, path: &str, at_ms: i64, hash: ContentHash, bytes: u64) {
        self.push(path, at_ms, Stood::Content { hash, bytes });
    }

    /// From then on, nothing stands at a path and below it.
    pub(super) fn gone(&mut self, path: &str, at_ms: i64) {
        let standing: Vec<String> = self.standing(path).map(str::to_owned).collect();
        for path in standing {
            self.push(&path, at_ms, Stood::Nothing);
        }
    }

    /// From then on, what stood at `from` and below it stands at `to`.
    pub(super) fn moved(&mut self, from: &str, to: &str, at_ms: i64) {
        let standing: Vec<String> = self.standing(from).map(str::to_owned).collect();
        for path in standing {
            let Some(is) = self.last(&path).map(|last| last.is) else { continue };
            self.push(&path, at_ms, Stood::Nothing);
            let target = format!("{to}{}", path.get(from.len()..).unwrap_or_default());
            self.push(&target, at_ms, is);
        }
    }

    /// What a smaller journal says of a path, instead of all that came before.
    pub(super) fn replace(&mut self, path: &str, states: Vec<State>) {
        match states.is_empty() {
            true => drop(self.paths.remove(path)),
            false => drop(self.paths.insert(path.into(), states)),
        }
    }

    pub(super) fn forget_before(&mut self, at_ms: i64) {
        self.forgotten_before_ms = self.forgotten_before_ms.max(Some(at_ms));
    }

    /// The paths of which `other` knows something else, with what is known here.
    pub(super) fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = (&'a str, &'a [State])> {
        let own = self.paths.iter().filter(|(path, states)| other.paths.get(*path) != Some(*states));
        let none = other.paths.keys().filter(|path| !self.paths.contains_key(*path));
        own.map(|(path, states)| (&**path, states.as_slice())).chain(none.map(|path| (&**path, &[][..])))
    }

    /// Lets go of what ended longer ago than versions are kept, and of more than there can be versions.
    pub(super) fn thin(&mut self, retention: &Retention, now_ms: i64) {
        let oldest = now_ms.saturating_sub(retention.age_ms);
        let most = retention.count.max(1).saturating_mul(STATES_A_VERSION);
        let mut forgotten = None;
        self.paths.retain(|_, states| {
            let is_over = |at: usize| states.get(at + 1).is_some_and(|next| next.at_ms < oldest);
            let old = (0..states.len()).take_while(|&at| is_over(at)).count();
            collapse(states, old.max(states.len().saturating_sub(most)));
            let gone = states.last().filter(|last| last.is == Stood::Nothing && last.at_ms < oldest);
            forgotten = forgotten.max(gone.map(|gone| gone.at_ms));
            gone.is_none()
        });
        if let Some(at_ms) = forgotten {
            self.forget_before(at_ms);
        }
    }

    fn push(&mut self, path: &str, at_ms: i64, is: Stood) {
        let states = self.paths.entry(path.into()).or_default();
        match states.last() {
            Some(last) if last.is == is => {}
            // A file may say of itself that it is older than what stood there before it.
            Some(last) => states.push(State { at_ms: at_ms.max(last.at_ms), is }),
            None => states.push(State { at_ms, is }),
        }
    }
}

/// Makes the first `n` states one of which nothing is known but that something stood there, or none where nothing did.
fn collapse(states: &mut Vec<State>, n: usize) {
    let first = states.iter().take(n).find(|state| state.is != Stood::Nothing);
    let unknown = first.map(|first| State { at_ms: first.at_ms, is: Stood::Forgotten });
    let is_same = |next: &State| Some(next.is) == unknown.map(|unknown| unknown.is);
    if n == 0 || (n == 1 && unknown.is_some() && states.first() == unknown.as_ref()) {
        return;
    }
    states.drain(..n);
    if let Some(unknown) = unknown {
        if states.first().is_some_and(is_same) {
            states.remove(0);
        }
        states.insert(0, unknown);
    }
}

/// What is known at a path and below it; the empty path is the whole workspace.
fn at_or_below<'a, V>(
    map: &'a BTreeMap<Box<str>, V>,
    path: &'a str,
) -> impl Iterator<Item = (&'a Box<str>, &'a V)> + 'a {
    // Below a folder lies what follows `folder/` and comes before `folder0`.
    let (from, to) = (format!("{path}/"), format!("{path}0"));
    let below = match path.is_empty() {
        true => map.range::<str, _>((Bound::<&str>::Unbounded, Bound::Unbounded)),
        false => map.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str()))),
    };
    map.get_key_value(path).into_iter().chain(below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(n: u8) -> Stood {
        Stood::Content { hash: ContentHash::of(&[n]), bytes: 1 }
    }

    #[derive(Clone, Debug)]
    enum Op {
        Stands(usize, u8),
        Gone(usize),
        Moved(usize, usize),
    }

    const PATHS: [&str; 6] = ["a", "a/x", "a/y", "ab", "b", "b/x"];

    fn op() -> impl Strategy<Value = Op> {
        let path = 0..PATHS.len();
        prop_oneof![
            4 => (path.clone(), 0..4_u8).prop_map(|(path, n)| Op::Stands(path, n)),
            2 => path.clone().prop_map(Op::Gone),
            1 => (path.clone(), path).prop_map(|(from, to)| Op::Moved(from, to)),
        ]
    }

    /// What stands where, plainly.
    fn step(standing: &mut BTreeMap<String, Stood>, op: &Op) {
        let is_in = |path: &str, folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
        match *op {
            Op::Stands(path, n) => drop(standing.insert(PATHS[path].to_owned(), content(n))),
            Op::Gone(path) => standing.retain(|at, _| !is_in(at, PATHS[path])),
            Op::Moved(from, to) => {
                let (from, to) = (PATHS[from], PATHS[to]);
                let moving: Vec<(String, Stood)> = standing
                    .iter()
                    .filter(|(at, _)| is_in(at, from))
                    .map(|(at, is)| (at.clone(), *is))
                    .collect();
                for (at, is) in moving {
                    standing.remove(&at);
                    standing.insert(format!("{to}{}", &at[from.len()..]), is);
                }
            }
        }
    }

    fn apply(timelines: &mut Timelines, op: &Op, at_ms: i64) {
        match *op {
            Op::Stands(path, n) => timelines.stands(PATHS[path], at_ms, ContentHash::of(&[n]), 1),
            Op::Gone(path) => timelines.gone(PATHS[path], at_ms),
            Op::Moved(from, to) => timelines.moved(PATHS[from], PATHS[to], at_ms),
        }
    }

    fn at(timelines: &Timelines, at_ms: i64) -> BTreeMap<String, Stood> {
        timelines.at(at_ms).map(|(path, state)| (path.to_owned(), state.is)).collect()
    }

    proptest! {
        #[test]
        fn every_time_shows_what_stood_then(ops in prop::collection::vec(op(), 0..40)) {
            let (mut timelines, mut standing) = (Timelines::default(), BTreeMap::new());
            let mut expected = vec![standing.clone()];
            for (op, now) in ops.iter().zip(1..) {
                // Moving a folder into itself is not done.
                if matches!(*op, Op::Moved(from, to) if PATHS[to].starts_with(PATHS[from])) {
                    expected.push(standing.clone());
                    continue;
                }
                apply(&mut timelines, op, now);
                step(&mut standing, op);
                expected.push(standing.clone());
            }
            for (then, expected) in (0..).zip(&expected) {
                prop_assert_eq!(&at(&timelines, then), expected, "at {}", then);
            }
            // Thinned, no time is told wrongly: what is not known any more is told as such.
            let end = expected.len() as i64;
            for age_ms in [0, 3, 10] {
                let mut thinned = timelines.clone();
                thinned.thin(&Retention { age_ms, count: 100, bytes: 0 }, end);
                for (then, expected) in (0..).zip(&expected) {
                    let found = at(&thinned, then);
                    let horizon = thinned.forgotten_before_ms().unwrap_or(i64::MIN);
                    for (path, is) in expected {
                        let known = found.get(path);
                        let told = known == Some(is) || known == Some(&Stood::Forgotten);
                        prop_assert!(told || then < horizon, "{path} at {then} after {age_ms}: {known:?}");
                        prop_assert!(then < end - age_ms || known == Some(is), "{path} is of the time kept");
                    }
                    if then >= end - age_ms {
                        prop_assert_eq!(found.len(), expected.len());
                    }
                }
            }
        }
    }

    #[test]
    fn times_of_a_path_never_fall() {
        let mut timelines = Timelines::default();
        timelines.stands("a", 10, ContentHash::of(&[1]), 1);
        timelines.stands("a", 5, ContentHash::of(&[2]), 1);
        timelines.gone("a", 20);
        timelines.stands("a", 7, ContentHash::of(&[2]), 1);
        for (then, expected) in [(4, None), (9, None), (10, Some(content(2))), (25, Some(content(2)))] {
            assert_eq!(at(&timelines, then).remove("a"), expected, "{then}");
        }
        assert_eq!(timelines.known_since_ms(|path| path == "a"), Some(10));
        assert_eq!(timelines.known_since_ms(|_| false), None);
    }
}
