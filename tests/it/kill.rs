//! Killed at any instant, nothing acknowledged is lost and nothing phantom is found. The long form is an xtask of its own.

use std::time::Duration;
use workroom::{NoProgress, Query, Workspace};
use workroom_tests::{Room, marker};

/// Rounds of the short form.
const ROUNDS: u64 = 12;

#[test]
fn an_index_killed_while_it_is_written_heals() {
    let room = Room::new();
    for i in 0..300 {
        room.write(
            &format!("d{}/{i}.md", i % 10),
            format!("# Note {i}\n\n{}\n", format!("The marker {} stands here. ", marker(i)).repeat(40)),
        );
    }
    for round in 0..ROUNDS {
        let changed = round * 17 % 300;
        room.write(
            &format!("d{}/{changed}.md", changed % 10),
            format!("Round {round}: the marker {} moved.\n", marker(changed)),
        );
        let running = room.start(&["index", "--json"]);
        // The instants are spread over the whole run: opening, reading, committing, closing.
        let until = std::time::Instant::now() + Duration::from_millis(round * 23);
        while std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        running.kill();
    }
    let workspace = Workspace::open(room.root()).unwrap();
    workspace.index(&NoProgress).unwrap();
    assert!(workspace.doctor().unwrap().is_healthy(), "{:#?}", workspace.doctor());
    for i in 0..300 {
        let hits = workspace.search(&Query::new(marker(i)).mode(workroom::Mode::Lexical)).unwrap();
        assert!(
            !hits.is_empty() && hits.iter().all(|hit| hit.path == format!("d{}/{i}.md", i % 10) && hit.fresh),
            "{i}: {hits:?}"
        );
    }
}
