//! Folders and files that the program may not read or write.
//!
//! The system's superuser may do everything, so the program runs as nobody where the tests are run by root.

use crate::stage::Stage;
use faults::inject::{Fault, Injector};
use faults::trace::{Ended, run};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// The user that owns nothing, by the number that all systems give it.
const NOBODY: u32 = 65_534;

/// The program as somebody who is not almighty.
fn ordinary(stage: &Stage, arguments: &[&str]) -> Ended {
    let mut program = stage.program(arguments);
    if is_root() {
        program.user = Some(NOBODY);
    }
    // No fault at all: what goes wrong here is the system's own doing.
    let mut none = Injector::new(&stage.root(), Fault::Full { room: u64::MAX }).unwrap();
    let ended = run(&program, &mut none).unwrap();
    assert!(!ended.hung, "{ended:?}");
    ended
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// Everything belongs to the user that the program runs as.
fn give_away(stage: &Stage) {
    if !is_root() {
        return;
    }
    let root = stage.root();
    // The workspace lies in a folder of its own, which is its home.
    chown(root.parent().unwrap(), Some(NOBODY), Some(NOBODY)).unwrap();
    chown(&root, Some(NOBODY), Some(NOBODY)).unwrap();
    for path in stage.tree().0.keys() {
        chown(root.join(path), Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn allow(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program is refused: it says so, in words, with the place and the system's reason.
fn is_refused(ended: &Ended, place: &str) {
    assert!(matches!(ended.code, Some(1..=9)), "{ended:?}");
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(place), "{ended:?}");
    assert!(ended.stderr.contains("Permission denied"), "{ended:?}");
}

#[test]
fn a_folder_that_may_not_be_written_is_refused_in_words() {
    let stage = Stage::with(3);
    give_away(&stage);
    allow(&stage.root(), 0o555);
    is_refused(&ordinary(&stage, &["index"]), ".workroom");
    allow(&stage.root(), 0o755);
    assert_eq!(ordinary(&stage, &["index"]).code, Some(0));
    stage.recovers(&["d0/0.md"]);
}

#[test]
fn a_workspace_that_may_not_be_written_is_refused_in_words() {
    let stage = Stage::indexed(3);
    give_away(&stage);
    allow(&stage.room.at(".workroom/lock"), 0o444);
    is_refused(&ordinary(&stage, &["index"]), "lock");
    allow(&stage.room.at(".workroom/lock"), 0o644);
    assert_eq!(ordinary(&stage, &["index"]).code, Some(0));
    stage.recovers(&["d0/0.md"]);
}

#[test]
fn what_may_not_be_read_is_listed_and_found_later() {
    let stage = Stage::with(6);
    give_away(&stage);
    allow(&stage.room.at("d0/0.md"), 0o000);
    allow(&stage.room.at("d1"), 0o000);
    let ended = ordinary(&stage, &["index"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("2 skipped"), "{ended:?}");
    let problems = ordinary(&stage, &["status", "--problems"]).stdout;
    assert!(problems.contains("d0/0.md") && problems.contains("d1"), "{problems}");
    allow(&stage.room.at("d0/0.md"), 0o644);
    allow(&stage.room.at("d1"), 0o755);
    stage.recovers(&["d0/0.md", "d1/1.md", "d2/2.md"]);
}

#[test]
fn what_may_not_be_read_for_a_while_is_not_forgotten() {
    let stage = Stage::indexed(6);
    give_away(&stage);
    allow(&stage.room.at("d1"), 0o000);
    let ended = ordinary(&stage, &["index"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("0 removed"), "{ended:?}");
    allow(&stage.room.at("d1"), 0o755);
    stage.recovers(&["d1/1.md", "d1/4.md"]);
}
