//! A model: saves, prunes and damage in any order, each cut off after any of its steps on the store.
//!
//! Held: what was acknowledged is resumed, or what came after it; the numbers of a run have no gap; nothing is told as damaged that is not.

use crate::store::{Entry, Over, Store, Wrote};
use crate::{Error, Memory, Prune, Save, Wanted, Which, list, prune, resume, save};
use proptest::prelude::*;
use std::cell::Cell;
use std::collections::BTreeMap;

/// A store that a crash ends after so many more calls. A write is whole or not there.
struct Mortal<'m> {
    memory: &'m Memory,
    left: Cell<u32>,
}

#[derive(Debug, PartialEq)]
struct Dead;

impl Mortal<'_> {
    fn live(&self) -> Result<(), Dead> {
        let left = self.left.get().checked_sub(1).ok_or(Dead)?;
        self.left.set(left);
        Ok(())
    }
}

impl Store for Mortal<'_> {
    type Error = Dead;

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Dead> {
        self.live()?;
        self.memory.list(folder).map_err(|_| Dead)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Dead> {
        self.live()?;
        self.memory.read(path).map_err(|_| Dead)
    }

    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Dead>, Dead> {
        self.live()?;
        match self.memory.write(path, bytes, over).map_err(|_| Dead)? {
            Wrote::Done => Ok(Wrote::Done),
            Wrote::Overtaken(_) => Ok(Wrote::Overtaken(Dead)),
        }
    }

    fn remove(&self, path: &str) -> Result<(), Dead> {
        self.live()?;
        self.memory.remove(path).map_err(|_| Dead)
    }

    fn remove_empty(&self, _: &str) -> Result<(), Dead> {
        self.live()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Save {
        agent: usize,
        run: usize,
        keep: u64,
        lives: u32,
    },
    Prune {
        keep: u64,
        lives: u32,
    },
    /// Another program cuts the last step of a run off.
    Cut {
        agent: usize,
        run: usize,
    },
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    // Most live on.
    let lives = || prop_oneof![3 => Just(1_000_u32), 2 => 0_u32..14];
    let op = prop_oneof![
        8 => (0_usize..2, 0_usize..2, 1_u64..5, lives()).prop_map(|(agent, run, keep, lives)| Op::Save { agent, run, keep, lives }),
        1 => (1_u64..4, lives()).prop_map(|(keep, lives)| Op::Prune { keep, lives }),
        1 => (0_usize..2, 0_usize..2).prop_map(|(agent, run)| Op::Cut { agent, run }),
    ];
    prop::collection::vec(op, 1..30)
}

const AGENTS: [&str; 2] = ["Tide Watcher", "Mill"];
const RUNS: [&str; 2] = ["agent-000000000001", "agent-000000000002"];

/// What a run may be resumed with: the last acknowledged save, or one that was cut off after it.
#[derive(Debug, Default)]
struct Known {
    acknowledged: u64,
    begun: Vec<u64>,
    /// Whether its last step was damaged, so that the one before it, too, may be what is left.
    is_cut: bool,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_was_acknowledged_is_resumed(ops in ops()) {
        let memory = Memory::default();
        let mut known: BTreeMap<(usize, usize), Known> = BTreeMap::new();
        for (now, op) in (1_u64..).zip(ops) {
            match op {
                Op::Save { agent, run, keep, lives } => {
                    let mortal = Mortal { memory: &memory, left: Cell::new(lives) };
                    let which = Which::Id(RUNS[run].to_owned());
                    let one = Save { keep: Some(keep), ..Save::new(AGENTS[agent], format!("{{\"now\": {now}}}")) };
                    let known = known.entry((agent, run)).or_default();
                    match save(&mortal, &one.in_run(which), now as i64) {
                        Ok(_) => *known = Known { acknowledged: now, ..Known::default() },
                        Err(Error::Store(Dead)) => known.begun.push(now),
                        Err(error) => prop_assert!(false, "{error:?}"),
                    }
                }
                Op::Prune { keep, lives } => {
                    let mortal = Mortal { memory: &memory, left: Cell::new(lives) };
                    let _cut_off = prune(&mortal, &Prune { keep_steps: Some(keep), ..Prune::default() });
                }
                Op::Cut { agent, run } => {
                    let folder = format!("agents/{}-{}", crate::name::slug(AGENTS[agent]), &RUNS[run][6..]);
                    let steps = format!("{folder}/steps/");
                    let last = memory.files().into_iter().rfind(|(path, _)| path.starts_with(&steps));
                    // One that is damaged stays so, and then the one before it may be all there is.
                    if let Some((path, bytes)) = last.filter(|_| known.get(&(agent, run)).is_some_and(|known| !known.is_cut)) {
                        memory.put(&path, &bytes[..bytes.len() / 2], 0);
                        known.entry((agent, run)).or_default().is_cut = true;
                    }
                }
            }
            check(&memory, &known)?;
        }
    }
}

fn check(memory: &Memory, known: &BTreeMap<(usize, usize), Known>) -> Result<(), TestCaseError> {
    let now = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).ok().and_then(|state| state["now"].as_u64())
    };
    for ((agent, run), known) in known {
        let wanted = Wanted { id: Some(RUNS[*run].to_owned()), ..Wanted::latest(AGENTS[*agent]) };
        let resumed = match resume(memory, &wanted) {
            Ok(resumed) => resumed,
            Err(error) => {
                prop_assert!(known.acknowledged == 0 || known.is_cut, "{error:?} of {known:?}");
                continue;
            }
        };
        let found = resumed.state.as_deref().and_then(now).unwrap_or_default();
        let is_fine = found == known.acknowledged || known.begun.contains(&found);
        prop_assert!(is_fine || known.is_cut, "{found} of {known:?} in {resumed:?}");
        prop_assert!(known.is_cut || resumed.run.problems.is_empty(), "{:?}", resumed.run.problems);
    }
    for run in list(memory, None).map_err(|error| TestCaseError::fail(error.to_string()))? {
        let steps = crate::run::steps(memory, &run.folder).unwrap_or_default();
        let numbers: Vec<u64> = steps.iter().map(|step| step.sequence).collect();
        prop_assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    }
    Ok(())
}
