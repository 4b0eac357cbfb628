//! Making room: old steps, and old runs.
//!
//! Invariant: of a run that stays, its last step stays, and the last whole one, whatever is asked for; steps go from the oldest on. Of a run that
//! goes, the files that saves made go; what else lies in its folder stays. Of several conditions all must hold.

use crate::error::Error;
use crate::find::runs;
use crate::name::{CONFIG, STEPS};
use crate::run::{Look, StepFile, step_path};
use crate::store::Store;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What is to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// Only of this agent.
    pub agent: Option<String>,
    /// Of each run, steps beyond so many.
    pub keep_steps: Option<u64>,
    /// Of each agent, runs beyond so many.
    pub keep_runs: Option<u64>,
    /// Only what was saved before then, in milliseconds since 1970; alone, of steps.
    pub before_ms: Option<i64>,
    /// Only tell what would go.
    pub dry_run: bool,
}

/// What went, or would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// In order.
    pub removed: Vec<Removed>,
    /// Bytes of it.
    pub bytes: u64,
    /// Runs that went as a whole.
    pub runs: u64,
    /// Whether nothing was done.
    pub dry_run: bool,
}

/// A file that went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// Where it was.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// Removes what is old.
///
/// # Errors
/// [`Error::Invalid`] when nothing says what is to go; as the store refuses, and what went before that is gone.
pub fn prune<S: Store>(store: &S, prune: &Prune) -> Result<Pruned, Error<S::Error>> {
    if prune.keep_steps.is_none() && prune.keep_runs.is_none() && prune.before_ms.is_none() {
        return Err(Error::invalid(
            "nothing says what is to go",
            "say how many steps of a run or runs of an agent are kept, or how old what goes must be",
        ));
    }
    let mut pruned = Pruned { dry_run: prune.dry_run, ..Pruned::default() };
    let mut newer: HashMap<String, u64> = HashMap::new();
    for look in runs(store, prune.agent.as_deref())? {
        let newer = newer.entry(look.run.agent.clone()).or_default();
        let goes = is_spare_run(&look, *newer, prune);
        *newer += 1;
        let spare = if goes { all_files(&look) } else { spare_steps(&look, prune) };
        pruned.runs += u64::from(goes);
        for removed in spare {
            if !prune.dry_run {
                store.remove(&removed.path)?;
            }
            pruned.bytes += removed.bytes;
            pruned.removed.push(removed);
        }
        if goes && !prune.dry_run {
            store.remove_empty(&format!("{}/{STEPS}", look.run.folder))?;
            store.remove_empty(&look.run.folder)?;
        }
    }
    Ok(pruned)
}

fn is_spare_run(look: &Look, newer: u64, prune: &Prune) -> bool {
    let saved = look.held.as_ref().map(|held| held.saved_ms);
    let is_old = |before: i64| saved.is_some_and(|saved| saved < before);
    // A run of which nothing is whole is told, not thrown away.
    saved.is_some()
        && prune.keep_runs.is_some_and(|keep| newer >= keep.max(1))
        && prune.before_ms.is_none_or(is_old)
}

fn all_files(look: &Look) -> Vec<Removed> {
    let steps = look.steps.iter().map(|step| removed(look, step));
    // The config last: until then the run is known by it.
    let (config, others): (Vec<_>, Vec<_>) = look.files.iter().partition(|file| file.name == CONFIG);
    let beside = others.into_iter().chain(config);
    let beside =
        beside.map(|file| Removed { path: format!("{}/{}", look.run.folder, file.name), bytes: file.bytes });
    steps.chain(beside).collect()
}

fn removed(look: &Look, step: &StepFile) -> Removed {
    Removed { path: step_path(&look.run.folder, step.sequence), bytes: step.bytes }
}

fn spare_steps(look: &Look, prune: &Prune) -> Vec<Removed> {
    if prune.keep_steps.is_none() && prune.keep_runs.is_some() {
        return Vec::new();
    }
    let spare = spare(&look.steps, look.whole, prune.keep_steps, prune.before_ms);
    look.steps.iter().take(spare).map(|step| removed(look, step)).collect()
}

/// How many of the oldest steps go.
fn spare(steps: &[StepFile], whole: Option<u64>, keep: Option<u64>, before_ms: Option<i64>) -> usize {
    let most = steps.len().saturating_sub(usize::try_from(keep.unwrap_or(1).max(1)).unwrap_or(usize::MAX));
    let goes = |step: &&StepFile| {
        whole.is_none_or(|whole| step.sequence < whole)
            && before_ms.is_none_or(|before| step.modified_ms < before)
    };
    steps.iter().take(most).take_while(goes).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn steps(first: u64, ages: &[i64]) -> Vec<StepFile> {
        let file = |(sequence, age): (u64, &i64)| StepFile { sequence, bytes: 1, modified_ms: *age };
        (first..).zip(ages).map(file).collect()
    }

    #[test]
    fn the_oldest_go_and_the_last_stays() {
        let check = |whole: u64, keep: Option<u64>, before: Option<i64>, expected: usize| {
            let steps = steps(3, &[10, 20, 30, 40, 50]);
            assert_eq!(spare(&steps, Some(whole), keep, before), expected, "{whole} {keep:?} {before:?}");
        };
        check(7, Some(2), None, 3);
        check(7, Some(9), None, 0);
        check(7, Some(0), None, 4);
        check(7, None, Some(31), 3);
        check(7, None, Some(1000), 4);
        check(7, Some(3), Some(15), 1);
        check(7, Some(3), Some(1000), 2);
        // The last two are damaged.
        check(5, Some(1), None, 2);
    }

    proptest! {
        #[test]
        fn what_stays_is_the_end(
            ages in prop::collection::vec(0_i64..100, 0..20),
            keep in prop::option::of(0_u64..25),
            before in prop::option::of(0_i64..110),
            damaged in 0_usize..4,
        ) {
            let steps = steps(1, &ages);
            let whole = steps.len().checked_sub(damaged + 1).map(|at| steps[at].sequence);
            let gone = spare(&steps, whole, keep, before);
            let (gone, left) = steps.split_at(gone);
            prop_assert!(steps.is_empty() || !left.is_empty());
            prop_assert!(left.len() as u64 >= keep.unwrap_or(1).min(steps.len() as u64));
            prop_assert!(gone.iter().all(|step| Some(step.sequence) < whole || whole.is_none()));
            prop_assert!(gone.iter().all(|step| before.is_none_or(|before| step.modified_ms < before)));
        }
    }
}
