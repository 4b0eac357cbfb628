//! States of agents: saved by programs that crash, by many at once, by any way in; and found again by the agent's name.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use workroom::Workspace;
use workroom::autosave::{Reason, Save, Wanted, Which};
use workroom_tests::{Agent, Room, marker};

/// How long something may take that takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

fn save(room: &Room, arguments: &[&str], state: &Value) -> Value {
    let all: Vec<&str> = ["autosave", "save", "--json"].iter().chain(arguments).copied().collect();
    let ran = room.run_with_input(&all, state.to_string().as_bytes());
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    ran.json()
}

fn resume(room: &Room, arguments: &[&str]) -> Value {
    let all: Vec<&str> = ["autosave", "resume", "--json"].iter().chain(arguments).copied().collect();
    room.ok(&all).json()
}

#[test]
fn a_state_is_saved_listed_resumed_and_pruned() {
    let room = Room::new();
    let check = |name: &str, arguments: &[&str]| {
        let all: Vec<&str> = ["autosave"].iter().chain(arguments).copied().collect();
        insta::assert_snapshot!(format!("autosave_{name}"), room.picture(&all));
    };
    room.ok(&["init"]);
    check("list_nothing", &["list"]);
    check("resume_nothing", &["resume", "Tide Watcher"]);
    let run = ["Tide Watcher", "--id", "agent-0123456789ab"];
    for n in 1..=3 {
        let count = n.to_string();
        let saved =
            save(&room, &[&run[..], &["--loop", &count]].concat(), &json!({"n": n, "word": marker(n)}));
        assert_eq!((&saved["sequence"], &saved["steps"]), (&json!(n), &json!(n)));
    }
    let last = room.run_with_input(&["autosave", "save", "Tide Watcher", "--reason", "final"], b"{\"n\": 4}");
    assert_eq!(
        last.stdout,
        "saved step 4 of Tide Watcher, run agent-0123456789ab, in agents/tide-watcher-0123456789ab\n"
    );
    check("list", &["list"]);
    check("resume", &["resume", "Tide Watcher"]);
    check("resume_step", &["resume", "Tide Watcher", "--step", "2"]);
    check("resume_unknown_step", &["resume", "Tide Watcher", "--step", "9"]);
    check("resume_misspelt", &["resume", "tide watcher"]);
    check("prune_nothing", &["prune"]);
    check("prune_bad_age", &["prune", "--older-than", "soon"]);
    check("prune_dry", &["prune", "--keep-steps", "2", "--dry-run"]);
    check("prune", &["prune", "--keep-steps", "2"]);
    let half = std::fs::read(room.at("agents/tide-watcher-0123456789ab/config.json")).unwrap();
    room.write("agents/tide-watcher-0123456789ab/config.json.tmp", &half[..half.len() / 2]);
    room.write("agents/tide-watcher-0123456789ab/steps/00000004.json", &half[..half.len() / 2]);
    check("list_damaged", &["list"]);
    check("resume_damaged", &["resume", "Tide Watcher"]);
    let bad = room.run_with_input(&["autosave", "save", "x"], b"[1]");
    assert_eq!((bad.code, bad.stdout.as_str()), (Some(2), ""));
    assert!(
        bad.stderr.contains("it is no JSON object\nhint: give the state as one JSON object"),
        "{}",
        bad.stderr
    );
}

/// Starts a save and gives it its state.
fn begin(room: &Room, arguments: &[&str], state: &Value) -> Child {
    let all: Vec<&str> = ["autosave", "save"].iter().chain(arguments).copied().collect();
    let mut command = room.command(&all);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(state.to_string().as_bytes()).unwrap();
    child
}

/// Each save is killed at another instant: the first file that it makes in a folder of its own is the sign.
#[test]
fn an_agent_that_is_killed_while_it_saves_resumes_by_name_with_its_last_whole_step() {
    let room = Room::new();
    let id = ["scout", "--id", "agent-0123456789ab"];
    let mut last = save(&room, &id, &json!({"n": 0}))["sequence"].as_u64().unwrap();
    let folder = room.at("agents/scout-0123456789ab");
    let signs = [folder.join("steps"), room.at(".workroom/tmp"), folder.clone()];
    let (mut killed, mut ended) = (0, 0);
    for n in 1..=15_usize {
        let names = |at: &std::path::Path| -> BTreeSet<_> {
            std::fs::read_dir(at).map_or_else(
                |_| BTreeSet::new(),
                |found| found.flatten().map(|entry| entry.file_name()).collect(),
            )
        };
        let times = || std::fs::metadata(folder.join("config.json")).and_then(|meta| meta.modified()).ok();
        let sign = &signs[n % 3];
        let (before, time) = (names(sign), times());
        let mut child = begin(&room, &id, &json!({"n": n, "text": "tide ".repeat(20_000)}));
        let end = Instant::now() + PATIENCE;
        while names(sign) == before && times() == time && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < end, "the save neither ends nor begins");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        let is_killed = !child.wait().unwrap().success();
        killed += usize::from(is_killed);
        ended += usize::from(!is_killed);
        let resumed = resume(&room, &["scout"]);
        let found = resumed["run"]["sequence"].as_u64().unwrap();
        assert!(found == last || found == last + 1, "{found} after {last}");
        assert!(is_killed || found == last + 1, "an acknowledged save is lost");
        let of_state = resumed["state"]["n"].as_u64().unwrap();
        assert!(of_state == n as u64 || found == last, "{resumed}");
        last = found;
    }
    println!("{killed} killed, {ended} came to their end");
    assert!(killed > 0);
    let listed = room.ok(&["autosave", "list", "scout", "--json"]).json();
    assert_eq!(listed[0].get("problems"), None, "{listed}");
    let steps: Vec<String> = std::fs::read_dir(folder.join("steps"))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(steps.len() as u64, last, "numbers without gaps: {steps:?}");
    let next = save(&room, &["scout"], &json!({"n": 99}));
    assert_eq!(next["sequence"], json!(last + 1));
}

#[test]
fn of_two_runs_of_one_name_the_one_that_was_saved_last_is_resumed() {
    let room = Room::with_daemon();
    let first = save(&room, &["scout", "--new"], &json!({"run": 1}));
    let second = save(&room, &["scout", "--new"], &json!({"run": 2}));
    assert_ne!(first["id"], second["id"]);
    assert_eq!(resume(&room, &["scout"])["state"], json!({"run": 2}));
    let id = first["id"].as_str().unwrap();
    save(&room, &["scout", "--id", id], &json!({"run": 1, "later": true}));
    assert_eq!(resume(&room, &["scout"])["state"], json!({"run": 1, "later": true}));
    let second = second["id"].as_str().unwrap();
    assert_eq!(resume(&room, &["scout", "--id", second])["state"], json!({"run": 2}));
}

#[test]
fn sixty_four_processes_save_in_one_run_at_once() {
    let room = Room::with_daemon();
    let id = ["crowd", "--id", "agent-0123456789ab"];
    save(&room, &id, &json!({"saver": 0}));
    let told = [&id[..], &["--json"]].concat();
    let savers: Vec<Child> = (1..=64).map(|saver| begin(&room, &told, &json!({"saver": saver}))).collect();
    let mut numbers = BTreeSet::new();
    for saver in savers {
        let output = saver.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let saved: Value = serde_json::from_slice(&output.stdout).unwrap();
        numbers.insert(saved["sequence"].as_u64().unwrap());
    }
    assert_eq!(numbers, (2..=65).collect());
    let resumed = resume(&room, &["crowd"]);
    assert_eq!((&resumed["run"]["sequence"], &resumed["run"]["steps"]), (&json!(65), &json!(65)));
    assert_eq!(resumed["run"].get("problems"), None);
    let config = std::fs::read(room.at("agents/crowd-0123456789ab/config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["_autosave_metadata"]["sequence"], 65, "no slower one has written over the last");
}

#[test]
fn the_last_state_is_searchable_and_earlier_steps_are_not_unless_that_is_wanted() {
    let room = Room::new();
    room.ok(&["init"]);
    let id = ["scout", "--id", "agent-0123456789ab"];
    for n in [1, 2] {
        save(&room, &id, &json!({"finding": format!("The tide mill is called {}.", marker(n))}));
    }
    room.ok(&["index"]);
    let paths = |word: u64| -> Vec<String> {
        let hits = room.hits(&["--mode", "lexical", &marker(word)]);
        hits.iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths(2), ["agents/scout-0123456789ab/scout_state.json"]);
    let lexical = |word: u64| paths(word).len();
    assert_eq!(lexical(1), 0);
    let rules = std::fs::read_to_string(room.at(".workroomignore")).unwrap();
    let kept: Vec<&str> = rules.lines().filter(|line| !line.contains("/steps/")).collect();
    room.write(".workroomignore", kept.join("\n"));
    room.ok(&["index"]);
    assert_eq!(lexical(1), 1);
    room.write(".workroomignore", "agents/\n");
    room.ok(&["index"]);
    assert_eq!((lexical(1), lexical(2)), (0, 0));
    assert_eq!(resume(&room, &["scout"])["run"]["sequence"], 2, "what is not searched is saved all the same");
}

/// What one way saves another resumes.
#[test]
fn a_state_is_the_same_by_every_way_in() {
    let room = Room::new();
    room.ok(&["init"]);
    let mut agent = Agent::start(room.command(&["mcp"]));
    let arguments = json!({"agent": "scout", "state": {"n": 1, "done": ["read"]}, "loop_count": 1});
    let saved = agent.call("save_state", &arguments);
    assert_eq!(saved["structuredContent"]["step"], 1, "{saved}");
    let id = saved["structuredContent"]["id"].as_str().unwrap().to_owned();
    assert_eq!(resume(&room, &["scout"])["state"], arguments["state"]);

    let workspace = Workspace::open(room.root()).unwrap();
    let next = Save::new("scout", r#"{"n": 2}"#).because(Reason::Interrupt).in_run(Which::Id(id.clone()));
    assert_eq!(workspace.save_state(&next).unwrap().sequence, 2);
    let resumed = agent.call("resume_state", &json!({"agent": "scout"}));
    assert_eq!(resumed["structuredContent"]["state"], json!({"n": 2}), "{resumed}");
    assert_eq!(resumed["structuredContent"]["run"]["reason"], "interrupt");
    let listed = agent.call("list_saved_states", &json!({}));
    assert_eq!(listed["structuredContent"]["runs"][0]["id"], json!(id), "{listed}");
    let unknown = agent.call("resume_state", &json!({"agent": "nobody"}));
    assert_eq!(
        (&unknown["isError"], unknown["content"][0]["text"].as_str()),
        (&json!(true), Some("nothing was saved by an agent `nobody`\nthere are saved states of `scout`"))
    );
    assert_eq!(agent.leave(), Some(0));
}

#[test]
fn an_agent_that_panics_or_stops_saves_the_last_state_that_it_told() {
    let room = Room::new();
    let workspace = Workspace::create(room.root()).unwrap();
    let last = |agent: &str| {
        let resumed = workspace.resume_state(&Wanted::latest(agent)).unwrap();
        let state: Value = serde_json::from_str(&resumed.state.unwrap()).unwrap();
        (state["n"].as_u64(), resumed.run.reason, resumed.run.sequence)
    };
    let panicking = workspace.clone();
    let agent = std::thread::spawn(move || {
        let mut run = panicking.autosave("miner", Which::New);
        run.step(1, r#"{"n": 1}"#).unwrap();
        assert_eq!(run.note(r#"{"n": 2}"#).unwrap(), None, "it is not yet time");
        panic!("the seam is empty");
    });
    assert!(agent.join().is_err());
    assert_eq!(last("miner"), (Some(2), Some(Reason::Error), Some(2)));

    let mut stopped = workspace.autosave("baker", Which::New).every(Duration::ZERO).keep(1);
    assert_eq!(stopped.note(r#"{"n": 1}"#).unwrap().map(|saved| saved.sequence), Some(1));
    assert_eq!(last("baker"), (Some(1), Some(Reason::Interval), Some(1)));
    drop(stopped);
    assert_eq!(last("baker"), (Some(1), Some(Reason::Interrupt), Some(2)));
    let run = workspace.autosave("baker", Which::New).config(r#"{"oven": 1}"#);
    run.finish(r#"{"n": 9}"#).unwrap();
    assert_eq!(last("baker"), (Some(9), Some(Reason::Final), Some(1)));
}

#[test]
fn who_holds_a_run_saves_by_the_lease() {
    let room = Room::new();
    room.ok(&["init"]);
    let run = ["scout", "--id", "agent-0123456789ab"];
    save(&room, &run, &json!({"n": 1}));
    let lease = room.ok(&["lease", "take", "agents/scout-0123456789ab", "--json"]).json();
    let id = lease["id"].as_str().unwrap();
    let without = room.run_with_input(&[&["autosave", "save"][..], &run].concat(), b"{\"n\": 2}");
    assert_eq!(without.code, Some(13), "{without:?}");
    assert_eq!(save(&room, &[&run[..], &["--lease", id]].concat(), &json!({"n": 2}))["sequence"], 2);
    let mut by_environment = room.command(&[&["autosave", "save", "--json"][..], &run].concat());
    let mut saving = by_environment
        .env("WORKROOM_LEASE", id)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    saving.stdin.take().unwrap().write_all(b"{\"n\": 3}").unwrap();
    let saved: Value = serde_json::from_slice(&saving.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(saved["sequence"], 3);
    let prune = ["autosave", "prune", "--keep-steps", "1", "--json"];
    assert_eq!(room.run(&prune).code, Some(13));
    let pruned = room.ok(&[&prune[..], &["--lease", id]].concat()).json();
    assert_eq!(pruned["removed"].as_array().map(Vec::len), Some(2));
    // One that has ended is of no use.
    room.ok(&["lease", "release", id]);
    let ended =
        room.run_with_input(&[&["autosave", "save"][..], &run, &["--lease", id]].concat(), b"{\"n\": 4}");
    assert_eq!(ended.code, Some(14), "{ended:?}");
    assert_eq!(save(&room, &run, &json!({"n": 4}))["sequence"], 4);
}
