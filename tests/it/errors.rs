//! What the program says when something is wrong: the whole picture, exit code and hint included.

use workroom_tests::Room;

fn check(name: &str, room: &Room, arguments: &[&str]) {
    insta::assert_snapshot!(name.to_owned(), room.picture(arguments));
}

#[test]
fn mistakes_on_the_command_line() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    check("no_arguments", &room, &[]);
    check("unknown_command", &room, &["serach", "x"]);
    check("not_a_workspace", &room, &["search", "x"]);
    check("no_such_folder", &room, &["-w", "missing", "status"]);
    check("a_file_as_workspace", &room, &["-w", "a.md", "status"]);
    check("help", &room, &["--help"]);
    check("help_search", &room, &["search", "--help"]);
}

#[test]
fn mistakes_in_a_workspace() {
    let room = Room::with(&[
        ("a.md", "The lighthouse keeper counts ships.\n"),
        ("p.png", "\u{89}PNG\r\n\u{1a}\n\0"),
    ]);
    check("init", &room, &["init"]);
    check("init_again", &room, &["init"]);
    check("search_before_index", &room, &["search", "ships"]);
    room.ok(&["index"]);
    check("nothing_found", &room, &["search", "--mode", "lexical", "zeppelin"]);
    check("empty_query", &room, &["search", ""]);
    check("unknown_type", &room, &["search", "--type", "word", "x"]);
    check("bad_since", &room, &["search", "--since", "yesterday", "x"]);
    check("bad_recency", &room, &["search", "--recency", "soon", "x"]);
    check("bad_limit", &room, &["search", "--limit", "0", "x"]);
    check("show_unknown", &room, &["show", "b.md"]);
    check("show_misspelt", &room, &["show", "notes/A.md"]);
    check("show_outside", &room, &["show", "../a.md"]);
    check("show_no_such_chunk", &room, &["show", "a.md#7"]);
    check("show_skipped", &room, &["show", "p.png"]);
    check("model_not_installed", &room, &["models", "use", "no-such-model"]);
    check("no_hub", &room, &["models", "install", "--hub"]);
    check("teacher_without_model", &room, &["index", "--teacher"]);
    room.write(".workroom/config.toml", "modle = 'x'\n");
    check("bad_config", &room, &["status"]);
}

#[test]
fn an_index_of_another_format_is_refused_and_can_be_rebuilt() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    room.ok(&["index"]);
    room.write(".workroom/index/FORMAT", "workroom index 999\n");
    check("other_format", &room, &["search", "ships"]);
    room.ok(&["doctor", "--rebuild"]);
    assert_eq!(room.found("ships"), ["a.md"]);
}

#[test]
fn a_workspace_in_use_is_shared() {
    let room = Room::with(&[("a.md", "The lighthouse keeper counts ships.\n")]);
    let watch = room.start(&["watch"]);
    watch.wait_for("readiness", |line| line.starts_with("watching"));
    assert_eq!(room.found("ships"), ["a.md"]);
    watch.kill();
    assert_eq!(room.found("ships"), ["a.md"], "the lock dies with its process");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::io::Read;
    let room =
        Room::with(&[("a.md", &"The lighthouse keeper counts ships and writes them down.\n\n".repeat(4000))]);
    room.ok(&["index"]);
    let mut child = room
        .command(&["show", "a.md"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()),
        (Some(0), String::new())
    );
}

#[test]
fn an_empty_folder_works() {
    let room = Room::new();
    check("index_empty", &room, &["index"]);
    room.ok(&["status"]);
    room.ok(&["doctor"]);
}
