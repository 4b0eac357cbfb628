//! Tokens from the command line: what is printed, and that one secret is printed once.

use workroom_tests::Room;

/// A run as one text, with secrets, ids and the time blotted out.
fn picture(room: &Room, arguments: &[&str]) -> String {
    let mut text = room.picture(arguments);
    let listed = room.run(&["token", "list", "--json"]);
    // Where the tokens cannot be read, no ids are printed.
    if listed.code == Some(0) {
        for row in listed.json().as_array().into_iter().flatten() {
            text = text.replace(row["id"].as_str().unwrap_or_default(), "[ID]");
        }
    }
    text.lines().map(blot).collect::<Vec<_>>().join("\n")
}

fn blot(line: &str) -> String {
    let word = |word: &str| match word {
        _ if word.starts_with("wrk_") => format!("[SECRET of {} characters]", word.len()),
        _ if word.trim_end_matches([';', ',']).ends_with('Z') && word.contains('T') => "[TIME]".to_owned(),
        _ => word.to_owned(),
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let room = Room::with(&[("notes/a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["init"]);
    let check =
        |name: &str, arguments: &[&str]| insta::assert_snapshot!(name.to_owned(), picture(&room, arguments));
    check("none", &["token", "list"]);
    check(
        "create",
        &[
            "token",
            "create",
            "researcher",
            "--read",
            "/",
            "--write",
            "notes/",
            "--read",
            "notes",
            "--write",
            "drafts",
        ],
    );
    check("create_again", &["token", "create", "researcher", "--read", "/"]);
    check("list", &["token", "list"]);
    check("create_useless", &["token", "create", "nobody"]);
    check("create_outside", &["token", "create", "thief", "--read", "../other"]);
    check("create_ended", &["token", "create", "late", "--read", "/", "--expires", "2020-01-01"]);
    check("revoke_unknown", &["token", "revoke", "nosuchid"]);
    check("help", &["token", "create", "--help"]);

    let made =
        room.ok(&["token", "create", "logger", "--write", "logs", "--expires", "never", "--json"]).json();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!((secret.len(), &secret[..4]), (53, "wrk_"));
    assert_eq!(made["expires"], serde_json::Value::Null);
    assert_eq!(made["grants"], serde_json::json!([{"prefix": "logs", "rights": ["write"]}]));
    check("revoke", &["token", "revoke", id]);
    let listed = room.ok(&["token", "list", "--json"]);
    let row = listed.json().as_array().unwrap().iter().find(|row| row["id"] == id).cloned().unwrap();
    assert_eq!((&row["state"], &row["created_by"]), (&"revoked".into(), &"owner".into()));
    assert_eq!(row.get("secret"), None);
    check("list_revoked", &["token", "list"]);
    assert!(!listed.stdout.contains(secret));
}

#[test]
fn damaged_tokens_are_told_with_a_remedy_that_works() {
    let room = Room::new();
    room.ok(&["init"]);
    room.ok(&["token", "create", "a", "--read", "/"]);
    let journal = room.at(".workroom/custody/tokens.journal");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&journal, bytes).unwrap();
    insta::assert_snapshot!("damaged", picture(&room, &["token", "list"]));
    std::fs::remove_file(journal).unwrap();
    room.ok(&["token", "create", "a", "--read", "/"]);
}
