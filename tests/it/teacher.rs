//! The teacher through the real program: chosen, back-filled, carried along, and missed without harm.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use workroom::{
    AdaptOptions, ErrorKind, Improvement, Mode, Models, NoProgress, OpenOptions, Query, WatchEvent, Workspace,
};
use workroom_tests::{Room, marker};

const MODEL: &str = "all-MiniLM-L6-v2";

fn models() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models");
    assert!(dir.join(MODEL).exists(), "the model is missing: run `cargo xtask setup`");
    dir.canonicalize().unwrap()
}

/// Arguments behind the one that names the models.
fn with<'a>(models: &'a Path, arguments: &[&'a str]) -> Vec<&'a str> {
    ["--models-dir", models.to_str().unwrap()].iter().chain(arguments).copied().collect()
}

fn open(room: &Room) -> Workspace {
    let options = OpenOptions { models_dir: Some(models()), ..OpenOptions::default() };
    Workspace::open_with(room.root(), &options).unwrap()
}

/// A workspace that has the teacher and no vector of it yet.
pub(crate) fn taught(room: &Room) -> Workspace {
    Workspace::create(room.root()).unwrap().index(&NoProgress).unwrap();
    Models::at(&models()).choose(&room.root(), MODEL).unwrap();
    open(room)
}

fn room() -> Room {
    Room::with(&[
        ("pets.md", "# Animals\n\nDogs sleep in the barn. The cat keeps the mice away from the grain.\n"),
        ("money.md", "# Accounts\n\nInvoices are paid on the last Friday of the month.\n"),
        ("sea.md", "# Boats\n\nThe hull is painted before it goes into the water.\n"),
    ])
}

#[test]
fn a_teacher_is_chosen_back_filled_and_carried_along() {
    let room = room();
    let models = models();
    let with = |arguments: &[&str]| room.ok(&with(&models, arguments));
    with(&["index"]);
    with(&["models", "use", MODEL]);
    let status = || with(&["status", "--json"]).json();
    assert_eq!((status()["model"].as_str(), status()["backlog"].as_u64()), (Some(MODEL), Some(3)));
    assert_eq!(with(&["index", "--teacher", "--json"]).json()["teacher_vectors"], 3);
    assert_eq!((status()["teacher_vectors"].as_u64(), status()["backlog"].as_u64()), (Some(3), Some(0)));

    let hits = with(&["search", "--json", "--mode", "dense", "when do we settle our bills"]).json();
    assert_eq!(
        (hits["hits"][0]["path"].as_str(), hits["hits"][0]["tier"].as_str()),
        (Some("money.md"), Some("teacher"))
    );

    // A rename embeds nothing again; an edit leaves the others alone.
    std::fs::rename(room.at("sea.md"), room.at("harbour.md")).unwrap();
    room.write("pets.md", "# Animals\n\nThe parrot speaks in the morning.\n");
    with(&["index"]);
    assert_eq!(
        (status()["teacher_vectors"].as_u64(), status()["student_vectors"].as_u64()),
        (Some(2), Some(1))
    );
}

#[test]
fn a_missing_teacher_is_told_and_the_student_answers() {
    let room = room();
    room.ok(&["index"]);
    room.write(".workroom/config.toml", format!("model = \"{MODEL}\"\n"));
    let status = room.ok(&["status", "--json"]).json();
    assert_eq!(status["model"], "student");
    assert!(status["model_problem"].as_str().unwrap().contains("not installed"), "{status}");
    assert_eq!(room.found("paying invoices")[0], "money.md");
}

#[test]
fn a_query_gives_what_it_finds_better_vectors_within_its_budget() {
    let room = room();
    let workspace = taught(&room);
    let tiers = |query: &Query| -> Vec<String> {
        workspace.search(query).unwrap().iter().filter_map(|hit| hit.tier.clone()).collect()
    };
    let query = Query::new("when do we settle our bills");
    assert_eq!(tiers(&query.clone().rescore_ms(0)), ["student"; 3], "no time, no work");
    let unkept = Query { keep: false, ..query.clone().rescore_ms(60_000) };
    assert_eq!(tiers(&unkept), ["teacher"; 3]);
    assert_eq!(workspace.status().unwrap().teacher_vectors, 0, "a measurement leaves no trace");
    assert_eq!(tiers(&Query { mode: Mode::Lexical, ..query.clone() }), [""; 0], "words need no vectors");
    assert_eq!(tiers(&query.clone().rescore_ms(60_000)), ["teacher"; 3]);
    assert_eq!(tiers(&query.rescore_ms(0)), ["teacher"; 3], "kept for good");
    drop(workspace);
    assert_eq!(open(&room).status().unwrap().teacher_vectors, 3);
}

#[test]
fn the_background_fills_pauses_and_resumes() {
    let room = room();
    let workspace = Arc::new(taught(&room));
    room.ok(&["models", "pause"]);
    assert_eq!(workspace.status().unwrap().backfill, "paused");
    let (send, heard) = mpsc::channel();
    let watch = workspace.watch(move |event| drop(send.send(event))).unwrap();
    // A commit while it is paused does not wake it either.
    workspace.write("late.md", b"The tide tables hang beside the door.\n").unwrap();
    assert_eq!(workspace.status().unwrap().teacher_vectors, 0);
    room.ok(&["models", "resume"]);
    let next = || heard.recv_timeout(Duration::from_secs(60)).unwrap();
    let mut embedded = 0;
    loop {
        let WatchEvent::Improved(Improvement::Filled(filled)) = next() else { continue };
        embedded += filled.embedded;
        if filled.left == 0 {
            break;
        }
    }
    assert_eq!(embedded, 4);
    drop(watch);
    let status = workspace.status().unwrap();
    assert_eq!((status.backfill.as_str(), status.backlog, status.backfill_seconds), ("done", 0, None));
    assert!(status.teacher_rate.unwrap() > 0.0);
}

#[test]
fn a_student_fits_itself_to_the_workspace_and_survives_damage() {
    let pages: Vec<(String, String)> = (0..12)
        .map(|i| {
            let page = format!(
                "# Report {i}\n\nThe zorblatt of section {i} hums when the quenchers run.\n\n## Repairs\n\nReplace the \
                 zorblatt before the fram\u{e9} corrodes; the quencher of day {i} is kept cold.\n"
            );
            (format!("r{i}.md"), page)
        })
        .collect();
    let pages: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let room = Room::with(&pages);
    let workspace = taught(&room);
    let cancel = AtomicBool::new(false);
    let adapted = workspace.adapt(&AdaptOptions { sample: 8 }, &cancel).unwrap();
    let status = workspace.status().unwrap();
    assert_eq!((adapted.passages, status.teacher_vectors), (8, 8));
    assert_eq!(adapted.chunks, status.chunks - 8, "all the others are embedded anew");
    assert_eq!(status.adaptation.as_ref().map(|own| own.sample), Some(8));

    let cosine = |workspace: &Workspace| {
        let query = Query::new("when do the quenchers run").mode(Mode::Dense).rescore_ms(0);
        let hits = workspace.search(&Query { limit: 50, ..query }).unwrap();
        let by_student = hits.iter().filter(|hit| hit.tier.as_deref() == Some("student"));
        by_student.filter_map(|hit| hit.dense_score).fold(f32::MIN, f32::max)
    };
    let fitted = cosine(&workspace);
    drop(workspace);

    // Opened again it is the same student; a new file gets its vectors.
    let workspace = open(&room);
    assert!((cosine(&workspace) - fitted).abs() < 1e-6);
    assert!(workspace.status().unwrap().repaired.is_empty());
    drop(workspace);

    let table = room.at(".workroom/index/student.bin");
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&table, bytes).unwrap();
    let workspace = open(&room);
    let status = workspace.status().unwrap();
    assert!(status.repaired[0].contains("student.bin"), "{:?}", status.repaired);
    assert_eq!(status.adaptation, None);
    assert!(!workspace.search(&Query::new("quenchers")).unwrap().is_empty());
}

#[test]
fn adapting_without_a_teacher_is_refused() {
    let workspace = Workspace::create(room().root()).unwrap();
    let error = workspace.adapt(&AdaptOptions::default(), &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
}

#[test]
fn a_kill_while_vectors_are_made_loses_none_that_was_told() {
    let pages: Vec<(String, String)> = (0..80)
        .map(|i| (format!("{i}.md"), format!("Entry {i}: the lamp of buoy {} was cleaned.\n", marker(i))))
        .collect();
    let pages: Vec<(&str, &str)> = pages.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let room = Room::with(&pages);
    let models = models();
    let with = |arguments| with(&models, arguments);
    room.ok(&with(&["index"]));
    room.ok(&with(&["models", "use", MODEL]));
    let watch = room.start(&with(&["watch", "--json"]));
    let line = watch.wait_for("a batch of vectors", |line| line.contains("\"filled\""));
    watch.kill();
    let told = serde_json::from_str::<serde_json::Value>(&line).unwrap()["embedded"].as_u64().unwrap();
    let status = room.ok(&with(&["status", "--json"])).json();
    assert!(told > 0 && status["teacher_vectors"].as_u64() >= Some(told), "{told} told, {status}");
    assert_eq!(status["chunks"], 80);
    let rest = room.ok(&with(&["index", "--teacher", "--json"])).json();
    assert!(rest["teacher_vectors"].as_u64() <= Some(80 - told), "{rest}");
}
