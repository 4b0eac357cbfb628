//! The model: what a folder may hold, and what a search of it must find, by the journal alone. Pure.
//!
//! Invariant: an operation may have had the last word on a file unless one that was acknowledged began after it had ended. One that was
//! never acknowledged ends when its process does; it has done everything or nothing.
//! Not here: looking at the folder (`check`).

use crate::journal::{Line, State};
use crate::op::Effect;
use crate::{Op, Version};
use std::collections::{BTreeMap, HashMap};

/// What is known from a journal.
#[derive(Debug, Default)]
pub struct Model {
    touches: BTreeMap<String, Vec<Touch>>,
    /// Positions at which acknowledged runs of `index` began.
    indexed_from: Vec<usize>,
    /// Atomic operations on several files that were never acknowledged.
    open_pairs: Vec<(u64, Vec<Effect>)>,
    /// Operations acknowledged, by kind.
    pub acknowledged: BTreeMap<&'static str, u64>,
    /// Operations begun and not acknowledged, by kind.
    pub cut_short: BTreeMap<&'static str, u64>,
    /// Operations that failed, with the reason.
    pub failures: Vec<String>,
    /// What opening said it repaired.
    pub repaired: Vec<String>,
    /// The number of the next operation.
    pub next: u64,
}

/// One operation's effect on one file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Touch {
    n: u64,
    begin: usize,
    /// Where it was acknowledged, or its process ended; never, while it may still go on.
    end: usize,
    is_acknowledged: bool,
    is_initial: bool,
    effect: Effect,
}

/// An operation that has begun and not been acknowledged.
struct Pending {
    begin: usize,
    op: Op,
}

impl Model {
    /// Reads a journal's lines.
    #[must_use]
    pub fn of(lines: &[Line]) -> Self {
        let mut model = Self::default();
        let mut pending: BTreeMap<u64, Pending> = BTreeMap::new();
        // From 1: position 0 is before everything.
        for (at, line) in (1..).zip(lines) {
            match line {
                Line::Start(_) => {
                    for (n, op) in std::mem::take(&mut pending) {
                        model.cut_short(n, op, at);
                    }
                }
                Line::State(state) => {
                    pending.clear();
                    model = Self::from_state(state, at);
                }
                Line::Begin(n, op) => {
                    model.next = model.next.max(n + 1);
                    pending.insert(*n, Pending { begin: at, op: op.clone() });
                }
                Line::Done(n, ack) => {
                    model.repaired.extend(ack.repaired.iter().cloned());
                    if let Some(op) = pending.remove(n) {
                        model.acknowledged(*n, op, at);
                    }
                }
                Line::Fail(n, why) => {
                    let what = pending.get(n).map(|pending| format!("{:?}", pending.op)).unwrap_or_default();
                    model.failures.push(format!("operation {n} {what}: {why}"));
                }
            }
        }
        for (n, op) in pending {
            model.cut_short(n, op, usize::MAX);
        }
        model
    }

    fn from_state(state: &State, at: usize) -> Self {
        let mut model = Self { next: state.next, ..Self::default() };
        for (path, version) in &state.files {
            let effect = Effect { path: path.clone(), after: Some(*version), meanwhile: None, indexes: true };
            model.touch(Touch { n: 0, begin: at, end: at, is_acknowledged: true, is_initial: true, effect });
        }
        model
    }

    fn touch(&mut self, touch: Touch) {
        let touches = self.touches.entry(touch.effect.path.clone()).or_default();
        if touches.is_empty() && !touch.is_initial {
            let path = touch.effect.path.clone();
            let effect = Effect { path, after: None, meanwhile: None, indexes: true };
            touches.push(Touch { n: 0, begin: 0, end: 0, is_acknowledged: true, is_initial: true, effect });
        }
        touches.push(touch);
    }

    fn acknowledged(&mut self, n: u64, op: Pending, end: usize) {
        *self.acknowledged.entry(op.op.kind()).or_default() += 1;
        if op.op == Op::Index {
            self.indexed_from.push(op.begin);
        }
        for effect in op.op.effects() {
            self.touch(Touch { n, begin: op.begin, end, is_acknowledged: true, is_initial: false, effect });
        }
    }

    fn cut_short(&mut self, n: u64, op: Pending, end: usize) {
        *self.cut_short.entry(op.op.kind()).or_default() += 1;
        let effects = op.op.effects();
        for effect in effects.clone() {
            self.touch(Touch { n, begin: op.begin, end, is_acknowledged: false, is_initial: false, effect });
        }
        if op.op.is_atomic() {
            self.open_pairs.push((n, effects));
        }
    }

    /// Every file that was ever named.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.touches.keys().map(String::as_str)
    }

    /// Every text that was ever begun to be written, by the hash of the whole.
    #[must_use]
    pub fn versions(&self) -> HashMap<String, Version> {
        let touches = self.touches.values().flatten();
        let versions = touches.flat_map(|touch| [touch.effect.after, touch.effect.meanwhile]);
        versions.flatten().map(|version| (version.hash(), version)).collect()
    }

    /// Texts of which a part may have been seen in this file, while an editor wrote it in place.
    pub fn partly(&self, path: &str) -> impl Iterator<Item = Version> {
        self.touches.get(path).into_iter().flatten().filter_map(|touch| touch.effect.meanwhile)
    }

    /// The operations that may have had the last word on a file.
    fn last_words(&self, path: &str) -> Vec<&Touch> {
        let Some(touches) = self.touches.get(path) else { return Vec::new() };
        let newest = touches.iter().filter(|touch| touch.is_acknowledged).map(|touch| touch.begin).max();
        let newest = newest.unwrap_or(0);
        touches.iter().filter(|touch| touch.begin == newest || touch.end > newest).collect()
    }

    /// Which of the texts that the file may hold `bytes` is (`None` for no file); the outer `None` when it is none of them.
    #[must_use]
    pub fn recognise(&self, path: &str, bytes: Option<&[u8]>) -> Option<Option<Version>> {
        let last_words = self.last_words(path);
        if last_words.is_empty() {
            return bytes.is_none().then_some(None);
        }
        last_words.into_iter().find_map(|touch| match (touch.effect.after, bytes) {
            (None, None) => Some(None),
            (Some(version), Some(bytes)) if version.text().as_bytes() == bytes => Some(Some(version)),
            (_, Some(bytes)) if !touch.is_acknowledged => touch.effect.meanwhile?.cut_to(bytes).map(Some),
            _ => None,
        })
    }

    /// Says which texts the file may hold, for a person.
    #[must_use]
    pub fn allowed(&self, path: &str) -> String {
        let word = |touch: &Touch| {
            let what = touch.effect.after.map_or("no file".to_owned(), |version| format!("{version:?}"));
            let how = if touch.is_acknowledged { "acknowledged" } else { "begun" };
            format!("{what} ({how} as {})", touch.n)
        };
        self.last_words(path).into_iter().map(word).collect::<Vec<_>>().join(" or ")
    }

    /// Whether the index must hold what the file holds, before anything compares them: whatever had the last word was acknowledged, and was
    /// written through the API, or a run of `index` that was acknowledged began after it.
    #[must_use]
    pub fn is_indexed(&self, path: &str) -> bool {
        let last_words = self.last_words(path);
        let by_run = |touch: &Touch| self.indexed_from.iter().any(|begin| *begin > touch.end);
        let is_promised = |touch: &&Touch| touch.is_acknowledged && (touch.effect.indexes || by_run(touch));
        !last_words.is_empty() && last_words.iter().all(is_promised)
    }

    /// Operations on several files that came about for some of them and not for others.
    #[must_use]
    pub fn halves(&self, found: &BTreeMap<String, Version>) -> Vec<String> {
        let is_done = |effect: &Effect| found.get(&effect.path) == effect.after.as_ref();
        // Where another operation may have left the same, nothing can be told.
        let is_told = |n: u64, effect: &Effect| {
            let others = self.last_words(&effect.path).into_iter().filter(|touch| touch.n != n);
            let mut others = others.map(|touch| touch.effect.after);
            self.last_words(&effect.path).iter().any(|touch| touch.n == n)
                && !others.any(|after| after == effect.after)
        };
        let half = |(n, effects): &(u64, Vec<Effect>)| {
            let done = effects.iter().filter(|effect| is_done(effect)).count();
            let told = effects.iter().all(|effect| is_told(*n, effect));
            (told && done != 0 && done != effects.len()).then(|| format!("operation {n}: {effects:?}"))
        };
        self.open_pairs.iter().filter_map(half).collect()
    }
}

#[cfg(test)]
mod tests;
