//! Polling takes over and tells the same.

use std::time::Duration;

use fs_err as fs;
use workroom_watch::{HintKind, Mode, PollReason, RescanReason, WatchOptions};

use crate::room::Room;

const INTERVAL: Duration = Duration::from_millis(30);

fn options(max_watches: Option<usize>, force_poll: bool) -> WatchOptions {
    WatchOptions { poll_interval: INTERVAL, max_watches, force_poll, ..WatchOptions::default() }
}

#[track_caller]
fn check_mode(room: &Room, reason: PollReason) {
    assert_eq!(room.watcher.mode(), Mode::Poll { reason, interval: INTERVAL });
    assert_eq!(room.watcher.n_watches(), 0);
}

#[test]
fn the_same_changes_are_found() {
    let mut room = Room::new(&["a/f", "a/g", "b/h"], options(None, true));
    check_mode(&room, PollReason::Forced);
    room.folder.write("new/deep/n", "x");
    room.folder.write("a/f", "longer than before");
    room.expect(&["new/deep/n", "a/f"]);
    fs::remove_file(room.folder.at("a/g")).unwrap();
    room.read_until("a removal", |room| room.told.contains(&("a/g".into(), HintKind::Gone)));
    fs::rename(room.folder.at("b"), room.folder.at("c")).unwrap();
    room.expect(&["b/h", "c/h"]);
    room.folder.write(".gitignore", "c/\n");
    room.read_until("ignored files to go", |room| room.told.contains(&("c/h".into(), HintKind::Gone)));
    room.folder.write("c/silent", "x");
    room.told.clear();
    room.folder.write("last", "x");
    assert!(!room.expect(&["last"]).contains("c/silent"));
}

#[test]
fn too_few_watches_from_the_start() {
    let mut room = Room::new(&["a/f", "b/g"], options(Some(2), false));
    check_mode(&room, PollReason::WatchesExhausted);
    room.read_until("the reason", |room| room.problems.iter().any(|text| text.contains("max_user_watches")));
    room.folder.write("b/g", "changed");
    room.expect(&["b/g"]);
}

#[test]
fn watches_run_out_later() {
    let mut room = Room::new(&["a/f"], options(Some(3), false));
    assert_eq!((room.watcher.mode(), room.watcher.n_watches()), (Mode::Native, 2));
    room.folder.write("b/g", "the third");
    room.expect(&["b/g"]);
    room.folder.write("c/h", "one too many");
    room.expect_rescan(&RescanReason::WatchesExhausted);
    check_mode(&room, PollReason::WatchesExhausted);
    room.folder.write("c/h", "changed again");
    room.folder.write("a/f", "changed");
    room.expect(&["c/h", "a/f"]);
}

#[test]
fn a_root_that_goes_and_comes_back() {
    let mut room = Room::new(&["a/f"], options(None, false));
    let away = room.folder.outside.join("w");
    fs::rename(&room.folder.root, &away).unwrap();
    room.expect_rescan(&RescanReason::WatchesExhausted);
    check_mode(&room, PollReason::RootGone);
    fs::rename(&away, &room.folder.root).unwrap();
    room.folder.write("a/f", "after the return");
    room.expect(&["a/f"]);
    assert!(!room.told.iter().any(|(_, kind)| *kind == HintKind::Gone));
}
