//! Somebody swaps a folder for a link to a place outside, again and again, while every operation runs: nothing outside is read or changed.
#![cfg(target_os = "linux")]

use crate::room::{OPERATIONS, Room, path};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

const ROUNDS: usize = 15;

#[test]
fn nothing_outside_is_reached_while_a_folder_is_swapped_for_a_link() {
    let room = Room::new();
    // The same names on both sides, so that every operation finds something to work on wherever it looks.
    std::fs::create_dir_all(room.at("swap/deep")).unwrap();
    std::os::unix::fs::symlink("../secret", room.at("link")).unwrap();
    let before = room.untouchable();
    let done = AtomicBool::new(false);
    let (mut worked, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, room.at("swap"), CWD, room.at("link"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        for round in 0..ROUNDS {
            for (_, operation) in OPERATIONS {
                for text in ["swap/s.md", "swap/deep/t.md", "swap/deep", "swap/new/x.md"] {
                    match operation(&room, &path(text)) {
                        Ok(()) => worked += 1,
                        Err(_) => refused += 1,
                    }
                    drop(std::fs::remove_dir_all(room.at(".workroom/tmp/gone")));
                    drop(std::fs::remove_dir_all(room.at(".workroom/tmp/copied")));
                }
            }
            if let Ok((mut file, _)) = room.files.open_file(&path("swap/s.md")) {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                assert_ne!(text, "secret\n", "round {round}");
            }
            drop(std::fs::write(room.at("a.md"), "a\n"));
            drop(room.files.remove_file(&path("moved")));
            drop(room.files.take(&path("moved"), &room.at(".workroom/tmp/gone")));
            drop(std::fs::remove_dir_all(room.at(".workroom/tmp/gone")));
            drop(room.files.make_folder(&path("swap/deep")));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(room.untouchable(), before);
    // It is no race when one side always wins.
    assert!(worked > 0 && refused > 0, "{worked} {refused}");
}
