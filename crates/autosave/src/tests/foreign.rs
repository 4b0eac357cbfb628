//! Folders that Swarms wrote, whole and damaged, and runs that go on in them.

use super::{Error, save_in, text};
use crate::{Memory, Prune, Reason, Save, Wanted, Which, list, prune, resume, save};

const FOLDER: &str = "agents/tide-watcher-456789abcdef";
const ID: &str = "agent-0123456789abcdef0123456789abcdef";

/// As version 16 writes it: all of the agent, then what is known of the save, in local time without a zone.
fn config(seen: u64, loop_count: &str) -> String {
    format!(
        r#"{{
  "agent_name": "Tide Watcher",
  "max_loops": 5,
  "seen": {seen},
  "_autosave_metadata": {{
    "timestamp": "2026-11-21T20:58:00.123456",
    "agent_id": "{ID}",
    "agent_name": "Tide Watcher",
    "loop_count": {loop_count}
  }}
}}"#
    )
}

fn wanted() -> Wanted {
    Wanted::latest("Tide Watcher")
}

#[test]
fn what_swarms_wrote_is_resumed() {
    let store = Memory::default();
    store.put(&format!("{FOLDER}/config.json"), config(41, "3"), 1_000);
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!(
        (resumed.run.id.as_deref(), resumed.run.loop_count, resumed.run.sequence),
        (Some(ID), Some(3), None)
    );
    assert_eq!(
        resumed.run.saved.as_deref(),
        Some("1970-01-01T00:00:01.000Z"),
        "the file's time, which has a zone"
    );
    assert_eq!(resumed.state, None);
    assert!(resumed.config.unwrap().contains("\"seen\": 41"));

    // Its own name for a file that it saves on demand, which is not the one it documents.
    store.put(
        &format!("{FOLDER}/agent-77_state.json"),
        r#"{"agent_name": "Tide Watcher", "seen": 42}"#,
        2_000,
    );
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!(resumed.state.as_deref(), Some("{\n  \"agent_name\": \"Tide Watcher\",\n  \"seen\": 42\n}"));
    assert!(resumed.run.problems.is_empty());
}

/// What is damaged, where the last whole state is then, and what is told.
#[test]
fn what_is_damaged_is_told_and_skipped() {
    let check = |files: &[(&str, &str)], expected: Result<(&str, u64), &str>, told: &[(&str, &str)]| {
        let store = Memory::default();
        for (name, bytes) in files {
            store.put(&format!("{FOLDER}/{name}"), *bytes, 1_000);
        }
        let run = list(&store, None).unwrap().pop().unwrap();
        let problems: Vec<(String, String)> =
            run.problems.iter().map(|problem| (problem.path.clone(), problem.why.clone())).collect();
        assert_eq!(problems.len(), told.len(), "{problems:?}");
        for ((path, why), (name, word)) in problems.iter().zip(told) {
            assert!(*path == format!("{FOLDER}/{name}") && why.contains(word), "{path}: {why}");
        }
        match (resume(&store, &Wanted::latest(&run.agent)), expected) {
            (Ok(resumed), Ok((name, seen))) => {
                assert_eq!(resumed.path, format!("{FOLDER}/{name}"));
                let text = resumed.state.or(resumed.config).unwrap();
                assert!(text.contains(&format!("\"seen\": {seen}")), "{text}");
            }
            (Err(error), Err(word)) => assert!(error.to_string().contains(word), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    };
    let (whole, newer) = (config(1, "1"), config(2, "null"));
    let half = &newer[..newer.len() / 2];
    check(
        &[("config.json", &whole), ("config.json.tmp", half)],
        Ok(("config.json", 1)),
        &[("config.json.tmp", "left behind")],
    );
    check(
        &[("config.json", half), ("config.json.tmp", &newer)],
        Ok(("config.json.tmp", 2)),
        &[("config.json", "no whole JSON"), ("config.json.tmp", "left behind")],
    );
    check(&[("config.json", half)], Err("is whole"), &[("config.json", "no whole JSON")]);
    check(&[("config.json", "")], Err("is whole"), &[("config.json", "no whole JSON")]);
    check(&[("config.json", "[1]")], Err("is whole"), &[("config.json", "no JSON object")]);
    check(&[("config.json", "\u{0}\u{0}\u{0}\u{0}")], Err("is whole"), &[("config.json", "no whole JSON")]);
    // Between moving the old state away and moving the new one in, there is no file of that name.
    let (state, backup) = ("Tide Watcher_state.json.temp", "Tide Watcher_state.json.backup");
    check(
        &[(state, &newer), (backup, &whole)],
        Ok((state, 2)),
        &[(backup, "left behind"), (state, "left behind")],
    );
    check(
        &[(state, half), (backup, &whole)],
        Ok((backup, 1)),
        &[(backup, "left behind"), (state, "no whole JSON")],
    );
}

#[test]
fn a_run_of_swarms_goes_on_here_and_there() {
    let store = Memory::default();
    let path = format!("{FOLDER}/config.json");
    store.put(&path, config(41, "3"), 1_000);
    let saved = save(&store, &Save::new("Tide Watcher", r#"{"seen": 42}"#), 5_000).unwrap();
    assert_eq!((saved.folder.as_str(), saved.id.as_str(), saved.sequence), (FOLDER, ID, 1));
    assert!(text(&store, &path).contains("\"max_loops\": 5"), "the config stays as it was");
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!((resumed.run.sequence, resumed.state.as_deref()), (Some(1), Some("{\n  \"seen\": 42\n}")));

    // Swarms writes its config again, later.
    store.put(&path, config(50, "4"), 9_000);
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!(
        (resumed.run.sequence, resumed.run.loop_count),
        (Some(1), None),
        "the state says which save it is"
    );
    assert!(resumed.config.unwrap().contains("\"seen\": 50"));
    assert_eq!(save(&store, &Save::new("Tide Watcher", "{}"), 10_000).unwrap().sequence, 2);
}

#[test]
fn a_step_that_was_changed_or_copied_is_no_step() {
    let store = Memory::default();
    for (seen, now) in (1..=4).zip([1_000, 2_000, 3_000, 4_000]) {
        save(&store, &save_in("Tide Watcher", ID, &format!("{{\"seen\": {seen}}}")), now).unwrap();
    }
    let step = |n: u64| format!("{FOLDER}/steps/{n:08}.json");
    store.put(&step(4), text(&store, &step(4)).replace("\"seen\": 4", "\"seen\": 5"), 4_000);
    // The files beside the steps hold the same save, whole.
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!((resumed.run.sequence, resumed.path), (Some(4), format!("{FOLDER}/Tide Watcher_state.json")));
    assert_eq!(resumed.state.as_deref(), Some("{\n  \"seen\": 4\n}"));
    assert!(resumed.run.problems[0].why.contains("somebody has changed it"));
    for beside in ["Tide Watcher_state.json", "config.json"] {
        store.put(&format!("{FOLDER}/{beside}"), "{", 5_000);
    }
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!((resumed.run.sequence, resumed.run.problems.len()), (Some(3), 2));
    let at = |step| resume(&store, &Wanted { step: Some(step), ..wanted() });
    assert_eq!(at(2).unwrap().state.as_deref(), Some("{\n  \"seen\": 2\n}"));
    assert!(
        matches!(at(4), Err(Error::NotFound { message, .. }) if message.contains("somebody has changed it"))
    );
    assert!(matches!(at(9), Err(Error::NotFound { hint, .. }) if hint == "steps 1 to 4 are kept"));
    store.put(&step(9), text(&store, &step(2)), 6_000);
    assert_eq!(resume(&store, &wanted()).unwrap().run.sequence, Some(3), "a copy is no later step");
    assert_eq!(save(&store, &save_in("Tide Watcher", ID, "{}"), 7_000).unwrap().sequence, 10);
}

#[test]
fn the_latest_run_of_a_name_is_found_whatever_its_id() {
    let store = Memory::default();
    let run = |agent: &str, id: &str, now: i64| {
        save(&store, &save_in(agent, id, &format!("{{\"at\": {now}}}")), now).unwrap()
    };
    run("Tide Watcher", "agent-zzzzzzzzzzzz", 1_000);
    run("Tide Watcher", "agent-aaaaaaaaaaaa", 3_000);
    run("tide-watcher", "agent-bbbbbbbbbbbb", 5_000);
    run("Tide", "agent-watcher-1234", 7_000);
    let resumed = resume(&store, &wanted()).unwrap();
    assert_eq!(resumed.run.id.as_deref(), Some("agent-aaaaaaaaaaaa"));
    let older = Wanted { id: Some("agent-zzzzzzzzzzzz".into()), ..wanted() };
    assert_eq!(resume(&store, &older).unwrap().state.as_deref(), Some("{\n  \"at\": 1000\n}"));
    let names: Vec<String> = list(&store, None).unwrap().into_iter().map(|run| run.agent).collect();
    assert_eq!(names, ["Tide", "tide-watcher", "Tide Watcher", "Tide Watcher"]);
    // A save that names no run goes on with the latest, and a new one begins when it is asked for.
    let next = save(&store, &Save::new("Tide Watcher", "{}"), 8_000).unwrap();
    assert_eq!((next.id.as_str(), next.sequence), ("agent-aaaaaaaaaaaa", 2));
    let new = save(&store, &Save::new("Tide Watcher", "{}").in_run(Which::New), 9_000).unwrap();
    assert_eq!((new.sequence, resume(&store, &wanted()).unwrap().run.id), (1, Some(new.id)));

    let missing = resume(&store, &Wanted::latest("Nobody")).unwrap_err();
    assert!(
        matches!(missing, Error::NotFound { hint, .. } if hint == "there are saved states of `Tide`, `Tide Watcher`, `tide-watcher`")
    );
    let taken = save(&store, &save_in("tide_watcher", "other-agent-bbbbbbbbbbbb", "{}"), 9_000).unwrap_err();
    assert!(matches!(taken, Error::Taken { .. }), "{taken}");
}

#[test]
fn what_makes_no_sense_is_refused_and_leaves_nothing() {
    let store = Memory::default();
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
    for bad in [
        Save::new("", "{}"),
        Save::new("a\nb", "{}"),
        Save::new("a", "[]"),
        Save::new("a", "{\"a\": NaN}"),
        Save::new("a", deep),
        Save { config: Some("1".into()), ..Save::new("a", "{}") },
        save_in("a", "../b", "{}"),
    ] {
        assert!(matches!(save(&store, &bad, 1_000), Err(Error::Invalid { .. })), "{bad:?}");
    }
    assert!(matches!(prune(&store, &Prune::default()), Err(Error::Invalid { .. })));
    assert!(store.files().is_empty());
}

#[test]
fn a_config_and_reasons_are_kept_with_each_step() {
    let store = Memory::default();
    let first = Save {
        config: Some(r#"{"max_loops": 5}"#.into()),
        loop_count: Some(1),
        ..save_in("a", "run-1", "{}")
    };
    save(&store, &first, 1_000).unwrap();
    save(
        &store,
        &save_in("a", "run-1", r#"{"_autosave_metadata": {"sequence": 99}, "x": 1}"#).because(Reason::Error),
        2_000,
    )
    .unwrap();
    let resumed = resume(&store, &Wanted::latest("a")).unwrap();
    assert_eq!(
        (resumed.run.reason, resumed.run.loop_count, resumed.run.sequence),
        (Some(Reason::Error), None, Some(2))
    );
    assert_eq!(resumed.config.as_deref(), Some("{\n  \"max_loops\": 5\n}"));
    assert_eq!(
        resumed.state.as_deref(),
        Some("{\n  \"x\": 1\n}"),
        "what an older save said of itself is left out"
    );
}

#[test]
fn old_steps_and_runs_are_pruned_and_what_is_not_ours_stays() {
    let store = Memory::default();
    for n in 1..=5 {
        let four = Save { keep: Some(4), ..save_in("a", "run-1", &format!("{{\"n\": {n}}}")) };
        assert_eq!(save(&store, &four, n * 1_000).unwrap().steps, (n as u64).min(4));
    }
    save(&store, &save_in("a", "run-2", "{}"), 9_000).unwrap();
    save(&store, &save_in("b", "run-3", "{}"), 1_000).unwrap();
    store.put("agents/a-run-1/notes.md", "mine", 0);
    let before = store.files();
    let dry = Prune { keep_steps: Some(2), dry_run: true, ..Prune::default() };
    let told = prune(&store, &dry).unwrap();
    let paths: Vec<&str> = told.removed.iter().map(|removed| removed.path.as_str()).collect();
    assert_eq!(paths, ["agents/a-run-1/steps/00000002.json", "agents/a-run-1/steps/00000003.json"]);
    assert_eq!(store.files(), before);
    let done = prune(&store, &Prune { dry_run: false, ..dry }).unwrap();
    assert_eq!((done.removed, done.bytes, done.runs), (told.removed, told.bytes, 0));

    let runs = Prune { keep_runs: Some(1), ..Prune::default() };
    let none = prune(&store, &Prune { before_ms: Some(2_000), ..runs.clone() }).unwrap();
    assert_eq!((none.runs, none.removed.len()), (0, 0), "the older run of `a` was saved later");
    assert_eq!(prune(&store, &runs).unwrap().runs, 1);
    let left: Vec<String> =
        store.files().into_keys().filter(|path| path.starts_with("agents/a-run-1/")).collect();
    assert_eq!(left, ["agents/a-run-1/notes.md"]);
    assert_eq!(list(&store, Some("a")).unwrap().len(), 1);
    assert_eq!(list(&store, Some("b")).unwrap().len(), 1);
}
