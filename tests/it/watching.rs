//! `watch` on a real folder: every kind of change becomes searchable, and is told.

use workroom_tests::{Room, Running};

/// Waits until the change of a path has been told.
fn told(watch: &Running, path: &str, outcome: &str) -> f64 {
    let fits = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        event["event"] == "changed" && event["path"] == path && event["outcome"] == outcome
    };
    let line = watch.wait_for(&format!("{path} {outcome}"), fits);
    serde_json::from_str::<serde_json::Value>(&line).unwrap()["latency_ms"].as_f64().unwrap()
}

#[test]
fn changes_of_every_kind_are_told_and_kept() {
    let room = Room::with(&[
        ("old.md", "The windmill grinds barley.\n"),
        ("dir/in.md", "The bakery opens at six.\n"),
    ]);
    let watch = room.start(&["watch", "--json"]);
    watch.wait_for("readiness", |line| line.contains("\"event\":\"ready\""));

    room.write("new.md", "A heron stands in the reeds.\n");
    told(&watch, "new.md", "indexed");
    room.write("old.md", "The watermill saws planks.\n");
    told(&watch, "old.md", "indexed");
    // As editors save: a temporary file that is renamed over the old one.
    room.write("dir/.in.md.swp", "The bakery opens at seven.\n");
    std::fs::rename(room.at("dir/.in.md.swp"), room.at("dir/in.md")).unwrap();
    told(&watch, "dir/in.md", "indexed");
    std::fs::rename(room.at("dir"), room.at("shop")).unwrap();
    told(&watch, "shop/in.md", "indexed");
    std::fs::remove_file(room.at("new.md")).unwrap();
    told(&watch, "new.md", "removed");
    room.write("a/b/c/deep.md", "Coral grows on the wreck.\n");
    told(&watch, "a/b/c/deep.md", "indexed");

    assert_eq!(watch.interrupt(), Some(0));
    assert_eq!(room.found("sawing planks")[0], "old.md");
    assert_eq!(room.found("bread shop opening hours")[0], "shop/in.md");
    assert_eq!(room.found("coral on a wreck")[0], "a/b/c/deep.md");
    let all = room.ok(&["status", "--json"]).json();
    assert_eq!(all["documents"], 3, "old, in, deep: {all}");
}

#[test]
fn a_burst_of_files_all_arrive() {
    let room = Room::new();
    let watch = room.start(&["watch", "--json"]);
    watch.wait_for("readiness", |line| line.contains("\"event\":\"ready\""));
    for i in 0..500 {
        room.write(&format!("burst/{}/{i}.md", i % 7), format!("Record number {i} of the tide gauge.\n"));
    }
    room.write("last.md", "The end of the burst.\n");
    told(&watch, "last.md", "indexed");
    assert_eq!(watch.interrupt(), Some(0));
    room.ok(&["index"]);
    assert_eq!(room.ok(&["status", "--json"]).json()["documents"], 501);
}
