//! Many who save at once.

use super::save_in;
use crate::{Memory, Save, Wanted, list, resume, save};
use std::collections::BTreeSet;

#[test]
fn of_many_who_save_in_one_run_each_has_a_number_of_its_own() {
    const SAVERS: u64 = 64;
    const EACH: u64 = 4;
    let store = Memory::default();
    let taken: Vec<u64> = std::thread::scope(|scope| {
        let savers: Vec<_> = (0..SAVERS)
            .map(|saver| {
                let store = &store;
                scope.spawn(move || -> Vec<u64> {
                    let state = |n| format!("{{\"saver\": {saver}, \"n\": {n}}}");
                    let one = |n| Save { keep: Some(1_000), ..save_in("Crowd", "run-1", &state(n)) };
                    (0..EACH).map(|n| save(store, &one(n), 1_000).unwrap().sequence).collect()
                })
            })
            .collect();
        savers.into_iter().flat_map(|saver| saver.join().unwrap()).collect()
    });
    let numbers: BTreeSet<u64> = taken.iter().copied().collect();
    assert_eq!(numbers, (1..=SAVERS * EACH).collect(), "no gap, and none twice");
    let run = list(&store, None).unwrap().remove(0);
    assert_eq!((run.sequence, run.steps, run.problems.len()), (Some(SAVERS * EACH), SAVERS * EACH, 0));
    let last = resume(&store, &Wanted::latest("Crowd")).unwrap().state.unwrap();
    let beside = super::text(&store, "agents/crowd-run-1/Crowd_state.json");
    let beside = crate::document::Document::parse(beside.as_bytes()).unwrap();
    assert_eq!(beside.content.to_text().unwrap(), last, "no slower one has written over the last");
    assert_eq!(beside.metadata.sequence, Some(SAVERS * EACH));
}
