//! What a process of the soak counts, and how the counts of all become figures.

use super::Soaked;
use crate::Version;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Instant;

/// What one process counted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// How long each call took, in microseconds, by kind.
    pub calls: BTreeMap<String, Vec<u64>>,
    /// Calls that failed.
    pub errors: Vec<String>,
    /// Answers that did not show what was written before.
    pub stale: Vec<String>,
    /// What each of its files holds in the end.
    pub last: BTreeMap<String, Option<Version>>,
    /// Times it ended the owner.
    pub kills: u64,
}

/// Calls of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many.
    pub calls: usize,
    /// Half of them took no longer, in milliseconds.
    pub p50_ms: f64,
    /// All but one of a hundred took no longer, in milliseconds.
    pub p99_ms: f64,
    /// The longest, in milliseconds.
    pub max_ms: f64,
}

impl Measured {
    /// Makes a call, and counts it with its time. `None` when it failed.
    pub(super) fn call<T>(&mut self, kind: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let started = Instant::now();
        let outcome = work();
        self.calls.entry(kind.to_owned()).or_default().push(started.elapsed().as_micros() as u64);
        outcome.map_err(|error| self.errors.push(format!("{kind}: {error:#}"))).ok()
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (kind, mut times) in other.calls {
            self.calls.entry(kind).or_default().append(&mut times);
        }
        self.errors.extend(other.errors);
        self.stale.extend(other.stale);
        self.kills += other.kills;
    }

    /// Writes the figures down, and the first few of what went wrong.
    pub(super) fn tell(mut self, soaked: &mut Soaked, most: usize) {
        (soaked.n_errors, soaked.n_stale, soaked.kills) = (self.errors.len(), self.stale.len(), self.kills);
        self.stale.truncate(most);
        soaked.stale = self.stale;
        for error in self.errors {
            if soaked.errors.contains_key(&error) || soaked.errors.len() < most {
                *soaked.errors.entry(error).or_default() += 1;
            }
        }
        soaked.calls = self.calls.into_iter().map(|(kind, times)| (kind, Figures::of(times))).collect();
    }
}

impl Figures {
    /// Of times in microseconds.
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        let at = |share: f64| {
            let nth = ((times.len() as f64 * share).ceil() as usize).clamp(1, times.len().max(1)) - 1;
            times.get(nth).map_or(0.0, |time| *time as f64 / 1e3)
        };
        Self { calls: times.len(), p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_of_the_right_calls() {
        let figures = Figures::of((1..=1000).rev().map(|ms| ms * 1000).collect());
        assert_eq!(figures, Figures { calls: 1000, p50_ms: 500.0, p99_ms: 990.0, max_ms: 1000.0 });
        assert_eq!(Figures::of(vec![3000]).p99_ms, 3.0);
        assert_eq!(Figures::of(Vec::new()), Figures::default());
    }

    #[test]
    fn a_failed_call_is_counted_with_its_reason() {
        let mut measured = Measured::default();
        assert_eq!(measured.call("search", || Ok(1)), Some(1));
        assert_eq!(measured.call("search", || anyhow::bail!("no such thing") as Result<()>), None);
        assert_eq!((measured.calls["search"].len(), &*measured.errors[0]), (2, "search: no such thing"));
    }
}
