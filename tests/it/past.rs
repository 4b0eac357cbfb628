//! Searches as of an instant through the real program and the library, by the owner and by others alike, and by each process anew.

use workroom::{Hit, Query, Question, Workspace};
use workroom_tests::Room;

const THEN: &str = "# Gate\n\nThe keeper closes the gate at dusk, and the heron leaves.\n";
const NOW: &str = "# Gate\n\nNobody closes the gate any more.\n";

/// What a hit says, but for when that was indexed: each owner indexes the past for itself.
fn told(hits: Vec<Hit>) -> Vec<Hit> {
    hits.into_iter().map(|hit| Hit { indexed_at: String::new(), ..hit }).collect()
}

#[test]
fn owner_client_and_next_owner_find_the_same() {
    let room = Room::with(&[("gate.md", THEN), ("mill.md", "The mill turns all night.\n")]);
    let owner = Workspace::create(room.root()).unwrap();
    let client = Workspace::open(room.root()).unwrap();
    assert!(owner.is_owner() && !client.is_owner());
    let made = owner.create_checkpoint("", &["v1".to_owned()]).unwrap();
    owner.write("gate.md", NOW.as_bytes()).unwrap();
    let query = Query::new("heron at dusk").as_of("v1");
    let found = told(owner.search(&query).unwrap());
    assert!(found.iter().any(|hit| hit.path == "gate.md" && THEN.contains(&hit.quote)), "{found:?}");
    assert!(found.iter().all(|hit| hit.as_of.as_deref() == Some(&made.at)));
    let as_of = owner.as_of("v1").unwrap();
    assert_eq!((&as_of.as_of, as_of.files, as_of.n_not_kept), (&made.id, 2, 0));
    let hit = found.iter().find(|hit| hit.path == "gate.md").unwrap();
    for who in [&client, &owner] {
        assert_eq!(told(who.search(&query).unwrap()), found);
        assert_eq!(who.as_of("v1").unwrap(), as_of);
        let answer = who.ask(&Question { query: query.clone(), budget: 500 }).unwrap();
        assert!(answer.passages.iter().any(|passage| passage.quote.contains("dusk")), "{answer:?}");
        let bytes = who.read_version(&hit.path, &hit.version).unwrap();
        assert_eq!(bytes, THEN.as_bytes());
        assert_eq!(&bytes[hit.start_byte as usize..hit.end_byte as usize], hit.quote.as_bytes());
        let shown = who.show_version(&hit.path, &hit.version, Some(hit.chunk)).unwrap();
        assert!(shown.chunks.iter().any(|chunk| chunk.asked && chunk.text == hit.quote), "{shown:?}");
    }
    drop(owner);
    assert_eq!(told(client.search(&query).unwrap()), found, "of the next owner");
    assert!(client.is_owner());
    assert_eq!(client.as_of("v1").unwrap(), as_of);
}

#[test]
fn commands_search_the_past_and_say_what_is_not_known_of_it() {
    let room = Room::with(&[("gate.md", THEN), ("letter.rtf", "{\\rtf1 The otter is to be followed.}")]);
    let run = |arguments: &[&str], succeeds: bool| {
        let output = room.command(arguments).env("WORKROOM_NO_DAEMON", "1").output().unwrap();
        assert_eq!(output.status.success(), succeeds, "{arguments:?}: {output:?}");
        String::from_utf8(if succeeds { output.stdout } else { output.stderr }).unwrap()
    };
    run(&["index", "--quiet"], true);
    run(&["checkpoint", "create", "before", "--tag", "v1"], true);
    room.write("gate.md", NOW);
    room.write("letter.rtf", "{\\rtf1 Nobody is to be followed.}");
    run(&["index", "--quiet"], true);
    assert!(!run(&["search", "heron dusk"], true).contains("heron leaves"));
    let found = run(&["search", "heron dusk", "--as-of", "v1"], true);
    assert!(found.contains("heron leaves") && found.contains("(changed since)"), "{found}");
    assert!(found.contains("(as of 2") && found.contains(", 2 files)"), "{found}");
    // What is parsed in a process of its own.
    let found = run(&["search", "otter", "--as-of", "v1"], true);
    assert!(found.contains("The otter is to be followed."), "{found}");
    let answer = run(&["ask", "when is the gate closed?", "--as-of", "v1"], true);
    assert!(answer.contains("at dusk") && answer.contains("(as of 2"), "{answer}");
    let json = run(&["search", "heron dusk", "--as-of", "v1", "--json"], true);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["hits"][0]["is_current"], &json["as_of"]["files"]), (&false.into(), &2.into()));
    let nothing = run(&["search", "heron", "--as-of", "1970-01-02"], true);
    assert!(nothing.contains("nothing found") && nothing.contains("the first is known since 2"), "{nothing}");
    let refused = run(&["search", "heron", "--as-of", "soon"], false);
    assert!(refused.contains("neither a time nor a checkpoint") && refused.contains("90m, 12h"), "{refused}");
}
