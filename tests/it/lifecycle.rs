//! A folder's life: init, index, search, edit, delete, rename, reopen.

use std::time::{Duration, SystemTime};
use workroom_tests::Room;

const BACKUP: &str = "# Backups\n\nThe database is copied to the second site every night at two.\n";
const GARDEN: &str = "# Tomatoes\n\nWater the seedlings in the morning, never the leaves.\n";
const ROUTER: &str = "# Network\n\nThe router restarts by itself when the uplink is lost for ten minutes.\n";

fn room() -> Room {
    Room::with(&[("ops/backup.md", BACKUP), ("garden.md", GARDEN), ("ops/router.txt", ROUTER)])
}

#[test]
fn a_folder_is_searchable_by_meaning_after_one_command() {
    let room = room();
    room.ok(&["index"]);
    assert_eq!(room.found("when do we save our data")[0], "ops/backup.md");
    assert_eq!(room.found("growing vegetables")[0], "garden.md");
    assert_eq!(room.found("internet connection drops")[0], "ops/router.txt");
}

#[test]
fn edits_deletions_and_renames_show_after_the_next_index() {
    let room = room();
    room.ok(&["index"]);

    room.write("garden.md", "# Beehives\n\nThe colony is inspected every second week in summer.\n");
    std::fs::remove_file(room.at("ops/router.txt")).unwrap();
    std::fs::rename(room.at("ops/backup.md"), room.at("ops/saving.md")).unwrap();
    let summary = room.ok(&["index", "--json"]).json();
    assert_eq!((summary["indexed"].as_u64(), summary["removed"].as_u64()), (Some(2), Some(2)), "{summary}");

    assert_eq!(room.found("honey bees")[0], "garden.md");
    let all = ["seedlings tomatoes", "router uplink", "database second site"].map(|query| room.found(query));
    for paths in &all {
        assert!(paths.iter().all(|path| path == "garden.md" || path == "ops/saving.md"), "{all:?}");
    }
    assert_eq!(all[2][0], "ops/saving.md");
    assert!(room.hits(&["--mode", "lexical", "seedlings"]).is_empty(), "the old text is gone");
}

#[test]
fn an_unchanged_folder_is_not_read_again() {
    let room = room();
    room.ok(&["index"]);
    // Time stamps within two seconds of the scan are not trusted: set them back, as files have that nobody just wrote.
    for file in ["ops/backup.md", "garden.md", "ops/router.txt"] {
        let old = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
        std::fs::File::options().write(true).open(room.at(file)).unwrap().set_modified(old).unwrap();
    }
    let seen = |summary: serde_json::Value| {
        ["seen", "indexed", "unchanged", "removed"].map(|key| summary[key].as_u64().unwrap())
    };
    assert_eq!(seen(room.ok(&["index", "--json"]).json()), [3, 0, 3, 0]);
    assert_eq!(seen(room.ok(&["index", "--json"]).json()), [3, 0, 3, 0]);
}

#[test]
fn a_moved_folder_and_a_copied_file_keep_their_content() {
    let room = room();
    room.ok(&["index"]);
    std::fs::rename(room.at("ops"), room.at("operations")).unwrap();
    std::fs::copy(room.at("garden.md"), room.at("copy of garden.md")).unwrap();
    room.ok(&["index"]);
    assert_eq!(room.found("when do we save our data")[0], "operations/backup.md");
    let garden = room.found("watering seedlings");
    assert!(
        garden[..2].contains(&"garden.md".to_owned())
            && garden[..2].contains(&"copy of garden.md".to_owned()),
        "{garden:?}"
    );
}

#[test]
fn ignored_files_are_not_seen_and_unignored_ones_are() {
    let room = room();
    room.write(".gitignore", "secret/\n");
    room.write("secret/key.md", "The vault code is written on the blue card.\n");
    room.ok(&["index"]);
    assert!(!room.found("vault code").contains(&"secret/key.md".to_owned()));
    room.write(".gitignore", "");
    room.ok(&["index"]);
    assert_eq!(room.found("vault code")[0], "secret/key.md");
}

#[test]
fn every_format_is_searchable() {
    let room = Room::with(&[
        (
            "a.html",
            "<html><head><title>Ferries</title></head><body><nav>Home</nav><main><h1>Timetable</h1><p>The last ferry leaves the island at nine.</p></main></body></html>",
        ),
        (
            "b.rs",
            "/// Adds a leap second to the clock.\npub fn insert_leap_second(clock: &mut Clock) { clock.tick(); }\n",
        ),
        ("c.csv", "part,price\nflange gasket,4.20\nbearing sleeve,11.80\n"),
        ("d.json", "{\n  \"name\": \"thermostat\",\n  \"setpoint\": \"nineteen degrees\"\n}\n"),
        ("e.yaml", "greenhouse:\n  ventilation: opens above thirty degrees\n"),
        ("f.toml", "[mixer]\nspeed = \"slow while flour is added\"\n"),
        (
            "g.py",
            "class ParcelTracker:\n    \"\"\"Follows shipments between depots.\"\"\"\n    def locate(self):\n        return self.depot\n",
        ),
        ("h.jsonl", "{\"note\": \"the piano is tuned in spring\"}\n{\"note\": \"the organ never\"}\n"),
    ]);
    room.write(
        "i.txt",
        b"\xff\xfe"
            .iter()
            .copied()
            .chain("Das Boot liegt im Hafen.".encode_utf16().flat_map(u16::to_le_bytes))
            .collect::<Vec<u8>>(),
    );
    room.write(
        "j.txt",
        [&b"Der Schl\xfcssel h\xe4ngt im Geb\xfcude gegen\xfcber, neben der gro\xdfen T\xfcr.\n"[..]; 3]
            .concat(),
    );
    room.write("k.md", "# 自転車\n\n図書館の裏に自転車置き場があります。\n");
    let summary = room.ok(&["index", "--json"]).json();
    assert_eq!(summary["skipped"], serde_json::json!({}), "{summary}");
    for (query, path) in [
        ("last ferry", "a.html"),
        ("insertLeapSecond", "b.rs"),
        ("price of the bearing sleeve", "c.csv"),
        ("thermostat temperature", "d.json"),
        ("greenhouse windows open", "e.yaml"),
        ("mixer speed flour", "f.toml"),
        ("parcel tracker", "g.py"),
        ("piano tuning", "h.jsonl"),
        ("Boot Hafen", "i.txt"),
        ("Schlüssel Gebäude", "j.txt"),
        ("自転車", "k.md"),
    ] {
        assert_eq!(room.found(query)[0], path, "{query}");
    }
}

#[test]
fn what_cannot_be_searched_is_listed_with_its_reason() {
    let room = room();
    room.write("song.mp3", b"ID3\x04\0\0\0\0\0");
    room.write("blob.bin", [0_u8, 159, 146, 150, 0, 1, 2, 3]);
    room.write("paper.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
    room.ok(&["index"]);
    let problems = room.ok(&["status", "--problems", "--json"]).json();
    let paths: Vec<&str> = problems.as_array().unwrap().iter().map(|p| p["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["blob.bin", "paper.pdf", "song.mp3"], "{problems}");
    // They stay listed, and are not read again.
    let again = room.ok(&["index", "--json"]).json();
    let skipped: u64 = again["skipped"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(skipped, 3, "{again}");
}

#[test]
fn many_short_runs_leave_few_segments() {
    let room = room();
    for i in 0..16 {
        room.write("garden.md", format!("# Tomatoes\n\nOn day {i} the seedlings were watered.\n"));
        room.ok(&["index", "--quiet"]);
    }
    let segments = room.ok(&["status", "--json"]).json()["segments"].as_u64().unwrap();
    assert!(segments <= 8, "{segments} segments");
}

#[test]
fn filters_narrow_before_the_limit() {
    let mut files: Vec<(String, String)> = (0..60)
        .map(|i| (format!("noise/{i}.md"), format!("The harbour crane number {i} lifts containers.\n")))
        .collect();
    files.push((
        "deep/inside/one.md".into(),
        "A crane may also be a bird that stands in the harbour.\n".into(),
    ));
    files.push(("deep/crane.py".into(), "def crane():\n    return 'harbour'\n".into()));
    let room = Room::new();
    for (path, text) in &files {
        room.write(path, text);
    }
    room.ok(&["index"]);
    let paths = |arguments: &[&str]| -> Vec<String> {
        room.hits(arguments).iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    };
    for mode in ["hybrid", "lexical", "dense"] {
        assert_eq!(
            paths(&["--mode", mode, "--path", "deep/inside", "harbour crane"]),
            ["deep/inside/one.md"],
            "{mode}"
        );
        assert_eq!(
            paths(&["--mode", mode, "--type", "python", "harbour crane"]),
            ["deep/crane.py"],
            "{mode}"
        );
        assert_eq!(paths(&["--mode", mode, "--limit", "5", "harbour crane"]).len(), 5, "{mode}");
        assert!(paths(&["--mode", mode, "--since", "2999-01-01", "harbour crane"]).is_empty(), "{mode}");
    }
}

#[test]
fn recent_files_are_preferred_where_that_is_asked_for() {
    let room = Room::new();
    let now = SystemTime::now();
    for (path, weeks_old) in [("a-old.md", 500), ("b-new.md", 0), ("c-middle.md", 4)] {
        room.write(path, "The pilot boat leaves the harbour at dawn.\n");
        let file = std::fs::File::options().write(true).open(room.at(path)).unwrap();
        file.set_modified(now - Duration::from_secs(weeks_old * 7 * 86_400)).unwrap();
    }
    room.ok(&["index"]);
    let order = |arguments: &[&str]| -> Vec<String> {
        room.hits(arguments).iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
    };
    for mode in ["hybrid", "lexical", "dense"] {
        let asked = ["--mode", mode, "--recency", "4w", "when does the pilot boat leave"];
        assert_eq!(order(&asked), ["b-new.md", "c-middle.md", "a-old.md"], "{mode}");
    }
}
