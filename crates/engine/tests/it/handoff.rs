//! Ownership that changed hands, told by whichever engine comes next; and comments on what changes.

use crate::room::open;
use custody::{Grant, NewToken, NewTransfer, Principal, Right, Rights, Tokens};
use std::path::Path;
use workroom_engine::audit::{Filter, query};
use workroom_engine::{Actor, After, Engine, EventFilter, NewComment, PathSet, Standing, Via};

const NOW: i64 = 1_795_000_000_000;

fn custody(folder: &Path) -> std::path::PathBuf {
    folder.join(".workroom").join(custody::FOLDER)
}

/// How often the audit log says that ownership has changed hands.
fn told(folder: &Path) -> usize {
    let filter = Filter { doing: Some("owner.transfer".to_owned()), ..Filter::default() };
    query(&custody(folder).join("audit"), &filter, 0, 100).unwrap().records.len()
}

#[test]
fn a_claim_whose_process_was_killed_is_told_by_the_next_owner_and_once() {
    let folder = tempfile::tempdir().unwrap();
    Engine::init(folder.path()).unwrap();
    let tokens = Tokens::at(&custody(folder.path()));
    let everything = vec![Grant::new("", Rights::of([Right::Admin])).unwrap()];
    let made = tokens.create(&Principal::owner(), NewToken::new("setter-up", everything), NOW).unwrap();
    let agent = tokens.authenticate(made.secret.reveal(), NOW).unwrap();
    let offered = tokens.offer(&agent, NewTransfer::default(), NOW).unwrap();
    // Taken, and then nothing: the process that took it is gone.
    let claimed = tokens.claim(offered.secret.reveal(), "ann", Via::Http, NOW).unwrap();
    assert_eq!(told(folder.path()), 0);
    let engine = open(folder.path());
    assert_eq!(told(folder.path()), 1);
    let events = engine.events().read(&After::Start, &EventFilter::default(), &PathSet::all(), 100).unwrap();
    let events = serde_json::to_string(&events.events).unwrap();
    assert!(events.contains("owner.transferred") && events.contains(&claimed.token.id), "{events}");
    engine.tell_transfers().unwrap();
    drop(engine);
    drop(open(folder.path()));
    assert_eq!(told(folder.path()), 1);
}

#[test]
fn a_comment_says_whether_what_it_is_about_still_stands() {
    let folder = tempfile::tempdir().unwrap();
    Engine::init(folder.path()).unwrap();
    let engine = open(folder.path());
    let by = Actor::owner(Via::Library);
    let write = |text: &str| {
        std::fs::write(folder.path().join("a.md"), text).unwrap();
        engine.refresh(&["a.md"]).unwrap();
    };
    write("# Otters\n\nThe otter sleeps in the reeds.\n");
    let new = |id: &str, quote: Option<&str>| NewComment {
        id: id.to_owned(),
        path: "a.md".to_owned(),
        version: None,
        range: None,
        quote: quote.map(str::to_owned),
        text: "Does it?".to_owned(),
    };
    let passage = engine.add_comment(&new("passage", Some("sleeps in the reeds")), &by).unwrap();
    engine.add_comment(&new("whole", None), &by).unwrap();
    assert!(engine.add_comment(&new("nowhere", Some("sleeps in the hay")), &by).is_err());
    assert_eq!((passage.standing, passage.now), (Standing::Current, passage.comment.range));
    let standing = || {
        let found = engine.comments(None, false, &PathSet::all()).unwrap();
        let of = |id: &str| found.iter().find(|found| found.comment.id == id).unwrap().standing;
        (of("passage"), of("whole"))
    };
    assert_eq!(standing(), (Standing::Current, Standing::Current));
    write("# Otters\n\nAt noon the otter sleeps in the reeds.\n");
    assert_eq!(standing(), (Standing::Kept, Standing::Changed));
    let now = engine.comment("passage").unwrap();
    let (before, after) = (now.comment.range.unwrap(), now.now.unwrap());
    assert_eq!(after.start_byte, before.start_byte + "At noon ".len() as u32);
    write("# Otters\n\nThe otter swims.\n");
    assert_eq!(standing(), (Standing::Changed, Standing::Changed));
    write("# Otters\n\nThe otter sleeps in the reeds.\n");
    assert_eq!(standing(), (Standing::Current, Standing::Current), "the very version is there again");
    std::fs::remove_file(folder.path().join("a.md")).unwrap();
    engine.refresh(&["a.md"]).unwrap();
    assert_eq!(standing(), (Standing::Gone, Standing::Gone));
}
