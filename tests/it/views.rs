//! What lies in a set of paths, as every process sees it: the owner, its clients, and whoever owns the workspace after it.

use serde_json::Value;
use workroom::{ErrorKind, Mode, NoProgress, OpenOptions, PathSet, Query, Question, View, Workspace};
use workroom_tests::{Room, marker};

fn room() -> Room {
    let room = Room::new();
    for (n, folder) in (0..).zip(["open", "open/deep", "shut", "shut/deep"]) {
        let text = format!(
            "# Log {n}\n\nThe buoy {} was painted in May.\n\n## Later\n\nThe pier was not.\n",
            marker(n)
        );
        room.write(&format!("{folder}/log.md"), text);
        room.write(&format!("{folder}/broken.pdf"), "%PDF-1.7 and no more");
    }
    room
}

/// Its JSON, or the kind of error and what it says.
macro_rules! told {
    ($result:expr) => {
        match $result {
            Ok(value) => Ok(lasting(serde_json::to_value(value).unwrap())),
            Err(error) => Err((error.kind(), format!("{error} ({:?})", error.hints()))),
        }
    };
}

type Told = std::result::Result<Value, (ErrorKind, String)>;

/// A call by its name.
type Call = (&'static str, fn(&View<'_>) -> Told);

/// Every call of a view, and what it answers.
const CALLS: [Call; 15] = [
    ("search", |view| told!(view.search(&Query::new("painted buoy")))),
    ("search by words", |view| told!(view.search(&Query::new(marker(0)).mode(Mode::Lexical)))),
    ("search by words that are hidden", |view| {
        told!(view.search(&Query::new(marker(2)).mode(Mode::Lexical)))
    }),
    ("search by meaning", |view| told!(view.search(&Query::new("maintenance at sea").mode(Mode::Dense)))),
    ("search for nothing", |view| told!(view.search(&Query::new("")))),
    ("ask", |view| told!(view.ask(&Question::new("when was the buoy painted?")))),
    ("show", |view| told!(view.show("open/log.md"))),
    ("show what is hidden", |view| told!(view.show("shut/log.md"))),
    ("show what is not there", |view| told!(view.show("open/none.md"))),
    ("show what cannot be read", |view| told!(view.show("open/broken.pdf"))),
    ("show a chunk", |view| told!(view.show_chunk("open/log.md", 1))),
    ("show a chunk that is not there", |view| told!(view.show_chunk("open/log.md", 99))),
    ("status", |view| told!(view.status())),
    ("documents", |view| told!(view.documents())),
    ("problems", |view| told!(view.problems())),
];

/// Without what is an owner's own: how its stores lie on the disk, and what it mended.
fn lasting(mut value: Value) -> Value {
    if let Some(status) = value.as_object_mut() {
        for own in ["index_bytes", "vector_bytes", "segments", "last_reconcile", "repaired"] {
            status.remove(own);
        }
    }
    value
}

fn sets() -> [PathSet; 4] {
    let of = |paths: &[&str]| PathSet::under(paths);
    [PathSet::all(), of(&["open"]), of(&["open/deep", "shut/log.md"]), of(&["none"])]
}

fn everything(workspace: &Workspace) -> Vec<(String, Told)> {
    let of_set = |set: PathSet| {
        let view = workspace.within(set.clone());
        CALLS.map(|(name, call)| (format!("{name} within {set:?}"), call(&view)))
    };
    sets().into_iter().flat_map(of_set).collect()
}

#[test]
fn a_view_is_the_same_for_the_owner_its_clients_and_the_next_owner() {
    let room = room();
    let open = || Workspace::open_with(room.root(), &OpenOptions::default()).unwrap();
    let owner = Workspace::create(room.root()).unwrap();
    owner.index(&NoProgress).unwrap();
    let client = open();
    assert!(owner.is_owner() && !client.is_owner());
    let expected = everything(&owner);
    let is_told = |name: &str| expected.iter().any(|(call, told)| call.starts_with(name) && told.is_ok());
    assert!(CALLS.iter().filter(|(name, _)| is_told(name)).count() > 8, "{expected:#?}");
    let check = |workspace: &Workspace, who: &str| {
        for (found, expected) in everything(workspace).iter().zip(&expected) {
            assert_eq!(found, expected, "{who}");
        }
    };
    check(&client, "a client");
    drop(owner);
    check(&client, "a client that became the owner");
    assert!(client.is_owner());
    let late = open();
    assert!(!late.is_owner());
    check(&late, "a client of the second owner");
}
