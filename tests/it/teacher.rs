//! The teacher through the real program: chosen, back-filled, carried along, and missed without harm.

use std::path::{Path, PathBuf};
use workroom_tests::Room;

const MODEL: &str = "all-MiniLM-L6-v2";

fn models() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/models");
    assert!(dir.join(MODEL).exists(), "the model is missing: run `cargo xtask setup`");
    dir.canonicalize().unwrap()
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
    let with = |arguments: &[&str]| {
        let all: Vec<&str> =
            ["--models-dir", models.to_str().unwrap()].iter().chain(arguments).copied().collect();
        room.ok(&all)
    };
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
