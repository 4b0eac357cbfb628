//! Folders of a size that nobody plans for.

use std::time::Instant;
use workroom_tests::{Room, marker};

/// Files in one folder and in many.
const FILES: u64 = 100_000;

#[test]
fn a_hundred_thousand_tiny_files() {
    let room = Room::new();
    for i in 0..FILES {
        let folder = if i % 2 == 0 { "all".to_owned() } else { format!("f{}/{}", i % 97, i % 89) };
        room.write(&format!("{folder}/{i}.txt"), format!("{} {}\n", marker(i), marker(i % 1000)));
    }
    let started = Instant::now();
    let indexed = room.ok(&["index", "--json"]).json();
    println!("indexed in {:.1} s: {indexed}", started.elapsed().as_secs_f64());
    assert_eq!((&indexed["indexed"], &indexed["skipped"]), (&FILES.into(), &serde_json::json!({})));
    for i in [0, 1, 99_998, 99_999] {
        let hits = room.hits(&["--mode", "lexical", &marker(i)]);
        assert!(hits[0]["path"].as_str().unwrap().ends_with(&format!("/{i}.txt")), "{hits:?}");
    }
    let watch = room.start(&["watch"]);
    watch.wait_for("readiness", |line| line.starts_with("watching"));
    room.write("all/late.txt", "heliotrope\n");
    watch.wait_for("the change", |line| line.contains("all/late.txt"));
    drop(watch);
    let unchanged = room.ok(&["index", "--json"]).json();
    assert_eq!((&unchanged["indexed"], &unchanged["unchanged"]), (&0.into(), &(FILES + 1).into()));
}
