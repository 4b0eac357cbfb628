//! What the native watcher tells.

use std::io::Write as _;
use std::time::{Duration, Instant};

use fs_err as fs;
use workroom_watch::{Event, HintKind, Mode, RescanReason, WatchOptions};

use crate::room::{Folder, Room, path};

fn room(files: &[&str]) -> Room {
    let room = Room::new(files, WatchOptions::default());
    assert_eq!(room.watcher.mode(), Mode::Native);
    room
}

#[test]
fn create_write_append_and_delete() {
    let mut room = room(&["old.md"]);
    room.folder.write("new.md", "one");
    room.expect(&["new.md"]);
    room.folder.write("old.md", "two");
    room.expect(&["old.md"]);
    let mut file = fs::OpenOptions::new().append(true).open(room.folder.at("old.md")).unwrap();
    file.write_all(b"three").unwrap();
    drop(file);
    room.expect(&["old.md"]);
    fs::remove_file(room.folder.at("old.md")).unwrap();
    room.read_until("a removal", |room| room.told.contains(&("old.md".into(), HintKind::Gone)));
}

#[test]
fn an_open_file_is_told_without_being_closed() {
    let mut room = room(&[]);
    let mut file = fs::File::create(room.folder.at("log")).unwrap();
    file.write_all(b"line\n").unwrap();
    room.expect(&["log"]);
    // And not only once.
    file.write_all(b"line\n").unwrap();
    room.expect(&["log"]);
}

#[test]
fn atomic_save() {
    let mut room = room(&["a.md"]);
    room.folder.write(".a.md.new", "next");
    fs::rename(room.folder.at(".a.md.new"), room.folder.at("a.md")).unwrap();
    room.read_until("the saved file", |room| room.told.contains(&("a.md".into(), HintKind::MayExist)));
}

#[test]
fn files_move() {
    let mut room = room(&["a/f", "b/g"]);
    fs::rename(room.folder.at("a/f"), room.folder.at("b/h")).unwrap();
    room.expect(&["a/f", "b/h"]);
    fs::rename(room.folder.at("b/h"), room.folder.outside.join("h")).unwrap();
    room.expect(&["b/h"]);
    fs::rename(room.folder.outside.join("h"), room.folder.at("back")).unwrap();
    room.expect(&["back"]);
    fs::hard_link(room.folder.at("back"), room.folder.at("twin")).unwrap();
    room.expect(&["twin"]);
}

#[test]
fn a_renamed_folder_is_watched_under_its_new_name() {
    let mut room = room(&["a/f", "a/deep/g", "z"]);
    fs::rename(room.folder.at("a"), room.folder.at("b")).unwrap();
    let told = room.expect(&["a", "b/f", "b/deep/g"]);
    assert!(!told.contains("b"), "files are told, not their folder");
    room.folder.write("b/deep/new", "x");
    let told = room.expect(&["b/deep/new"]);
    assert!(told.iter().all(|path| !path.starts_with("a/")), "the old name is still watched: {told:?}");
    room.expect_watches(3);
    // Back, and another one in its place.
    fs::rename(room.folder.at("b"), room.folder.at("c")).unwrap();
    room.folder.write("b/other", "x");
    room.expect(&["b", "b/other", "c/f", "c/deep/g"]);
    room.folder.write("c/deep/more", "x");
    room.folder.write("b/more", "x");
    room.expect(&["c/deep/more", "b/more"]);
}

#[test]
fn folders_that_swap_names() {
    let mut room = room(&["a/f", "b/g", "b/h"]);
    fs::rename(room.folder.at("a"), room.folder.at("t")).unwrap();
    fs::rename(room.folder.at("b"), room.folder.at("a")).unwrap();
    fs::rename(room.folder.at("t"), room.folder.at("b")).unwrap();
    room.expect(&["a/g", "a/h", "b/f", "a", "b"]);
    room.folder.write("a/1", "x");
    room.folder.write("b/2", "x");
    room.expect(&["a/1", "b/2"]);
    room.expect_watches(3);
}

#[test]
fn a_folder_that_is_moved_into_a_new_one_stays_watched() {
    let mut room = room(&["a/sub/f"]);
    for round in 0..20 {
        let new = format!("n{round}");
        fs::create_dir(room.folder.at(&new)).unwrap();
        fs::rename(room.folder.at("a"), room.folder.at(&format!("{new}/a"))).unwrap();
        room.expect(&[&format!("{new}/a/sub/f")]);
        room.folder.write(&format!("{new}/a/sub/g{round}"), "x");
        room.expect(&[&format!("{new}/a/sub/g{round}")]);
        fs::rename(room.folder.at(&format!("{new}/a")), room.folder.at("a")).unwrap();
        room.expect(&["a/sub/f"]);
    }
}

#[test]
fn a_folder_moves_in_and_out() {
    let mut room = room(&["keep"]);
    fs::create_dir_all(room.folder.outside.join("d/sub")).unwrap();
    fs::write(room.folder.outside.join("d/sub/f"), "x").unwrap();
    fs::write(room.folder.outside.join("d/g"), "x").unwrap();
    fs::rename(room.folder.outside.join("d"), room.folder.at("d")).unwrap();
    room.expect(&["d/sub/f", "d/g"]);
    room.folder.write("d/sub/f", "changed");
    room.expect(&["d/sub/f"]);
    fs::rename(room.folder.at("d"), room.folder.outside.join("d")).unwrap();
    room.read_until("the folder to go", |room| room.told.contains(&("d".into(), HintKind::Gone)));
    room.told.clear();
    fs::write(room.folder.outside.join("d/g"), "what happens outside is not ours").unwrap();
    room.folder.write("last", "x");
    let told = room.expect(&["last"]);
    assert!(!told.contains("d/g"), "{told:?}");
    room.expect_watches(1);
}

#[test]
fn a_removed_tree_and_another_in_its_place() {
    let mut room = room(&["d/sub/f", "d/g"]);
    fs::remove_dir_all(room.folder.at("d")).unwrap();
    room.read_until("the folder to go", |room| room.told.contains(&("d".into(), HintKind::Gone)));
    room.told.clear();
    room.folder.write("d/sub/f", "again");
    room.expect(&["d/sub/f"]);
    room.folder.write("d/sub/h", "x");
    room.expect(&["d/sub/h"]);
    // At once, so that the two can hardly be told apart.
    fs::remove_dir_all(room.folder.at("d")).unwrap();
    room.folder.write("d/sub/i", "x");
    room.expect(&["d", "d/sub/i"]);
    room.folder.write("d/sub/j", "x");
    room.expect(&["d/sub/j"]);
}

#[test]
fn a_folder_takes_the_place_of_an_empty_one() {
    let mut room = room(&["a/deep/f"]);
    for round in 0..10 {
        fs::create_dir(room.folder.at("b")).unwrap();
        room.expect_watches(4);
        fs::rename(room.folder.at("a"), room.folder.at("b")).unwrap();
        room.expect(&["b/deep/f"]);
        room.folder.write(&format!("b/deep/g{round}"), "x");
        room.folder.write(&format!("b/h{round}"), "x");
        room.expect(&[&format!("b/deep/g{round}"), &format!("b/h{round}")]);
        fs::rename(room.folder.at("b"), room.folder.at("a")).unwrap();
        room.expect(&["a/deep/f"]);
    }
}

#[test]
fn nested_folders_made_faster_than_they_can_be_watched() {
    let mut room = room(&[]);
    let mut wanted = Vec::new();
    for i in 0..50 {
        let file = format!("a{i}/b/c/d/f");
        room.folder.write(&file, "x");
        wanted.push(file);
    }
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    room.expect(&wanted);
    room.expect_watches(1 + 50 * 4);
}

#[test]
fn a_burst_arrives_whole_and_in_batches() {
    let mut room = room(&["d/first"]);
    let wanted: Vec<String> = (0..2000).map(|i| format!("d/f{i}")).collect();
    for file in &wanted {
        room.folder.write(file, "x");
    }
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    room.expect(&wanted);
    assert!(room.n_batches < 500, "{} batches", room.n_batches);
    assert_eq!(room.rescans, [], "nothing was lost, so no rescan was due");
}

#[test]
fn a_receiver_that_lags_gets_everything_merged() {
    let mut room = room(&["hot"]);
    let n_writes = 1000;
    for round in 0..n_writes {
        room.folder.write("hot", "x");
        room.folder.write(&format!("f{}", round % 10), "x");
    }
    room.expect_exactly(&["hot", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9"], "last");
    assert!(room.n_batches < 100, "{n_writes} writes came in {} batches", room.n_batches);
}

#[test]
fn what_is_ignored_is_silent() {
    let folder = Folder::new(&["src/a.rs"]);
    folder.write(".gitignore", "*.log\n/build/\n");
    fs::create_dir_all(folder.at(".git/objects")).unwrap();
    fs::create_dir_all(folder.at(".workroom/index")).unwrap();
    fs::create_dir_all(folder.at("build/x")).unwrap();
    let mut room = Room::watching(folder, WatchOptions::default());
    room.expect_watches(2); // the root and src
    for silent in [
        "a.log",
        "src/b.log",
        "build/x/y",
        ".git/HEAD",
        ".git/objects/1",
        ".workroom/index/1",
        ".workroom/lock",
    ] {
        room.folder.write(silent, "x");
        fs::remove_file(room.folder.at(silent)).unwrap();
    }
    fs::remove_dir_all(room.folder.at("build")).unwrap();
    room.folder.write("build/again/f", "x");
    room.expect_exactly(&[], "src/last");
    // Reading is not writing.
    fs::read(room.folder.at("src/a.rs")).unwrap();
    room.expect_exactly(&[], "src/last");
}

#[test]
fn rules_change() {
    let mut room = room(&["a/x.log", "a/b/y.log", "deep/f"]);
    let root_changed = RescanReason::IgnoreRulesChanged(None);
    room.folder.write(".gitignore", "deep/\n");
    room.expect_rescan(&root_changed);
    room.expect_watches(3); // deep is not watched any more
    room.folder.write("deep/f", "silent");
    room.told.clear();
    room.expect_exactly(&[], "last");

    room.folder.write("a/.workroomignore", "*.log\n");
    room.expect_rescan(&RescanReason::IgnoreRulesChanged(Some(path("a"))));
    room.told.clear();
    room.folder.write("a/b/y.log", "silent");
    room.expect_exactly(&[], "last");

    fs::remove_file(room.folder.at(".gitignore")).unwrap();
    room.expect_rescan(&root_changed);
    room.expect_watches(4); // deep is watched again
    room.folder.write("deep/f", "heard");
    room.expect(&["deep/f"]);
}

#[test]
fn the_periodic_rescan_comes() {
    let options = WatchOptions { reconcile_interval: Duration::from_millis(50), ..WatchOptions::default() };
    let mut room = Room::new(&["a/f"], options);
    room.expect_rescan(&RescanReason::Periodic);
    room.expect_rescan(&RescanReason::Periodic);
    room.folder.write("a/f", "still watched");
    room.expect(&["a/f"]);
}

#[test]
fn a_lone_save_is_told_at_once() {
    let mut room = room(&["a.md"]);
    let mut latencies: Vec<Duration> = (0..21)
        .map(|i| {
            room.folder.write("a.md", &i.to_string());
            let closed = Instant::now();
            room.expect(&["a.md"]);
            closed.elapsed()
        })
        .collect();
    latencies.sort();
    // Below the time a file takes that is never closed: closing it was seen.
    assert!(latencies[10] < WatchOptions::default().settle / 2, "{latencies:?}");
}

#[test]
fn hints_carry_when_they_were_seen() {
    let room = room(&[]);
    let before = Instant::now();
    room.folder.write("f", "x");
    let Event::Changed(hints) = room.events.recv_timeout(Duration::from_secs(10)).unwrap() else {
        panic!("not a change");
    };
    assert!(hints[0].seen >= before && hints[0].seen <= Instant::now());
}

#[test]
fn dropping_ends_the_thread_and_the_events() {
    let room = room(&["a/f"]);
    let began = Instant::now();
    drop(room.watcher);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(room.events.recv().is_err(), "no sender is left");
}
