//! Comments, against a model of them, over restarts.

use super::{Comment, Comments, NewComment, Stretch};
use crate::{Actor, Error, ErrorKind, Via};
use corpus::DocPath;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NOW: i64 = 1_795_000_000_000;

fn actor(name: &str) -> Actor {
    Actor { principal: name.into(), name: name.into(), via: Via::Mcp, client: None }
}

fn new(id: &str, path: &str, text: &str) -> NewComment {
    let (id, path, text) = (id.to_owned(), path.to_owned(), text.to_owned());
    NewComment { id, path, version: None, range: None, quote: None, text }
}

#[test]
fn a_comment_is_kept_with_what_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Comments::at(folder.path());
    let (ann, ben) = (actor("ann"), actor("ben"));
    let comments = open();
    assert!(comments.list(|_| true).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "looking makes nothing");

    let about = NewComment {
        version: Some("7".repeat(64)),
        range: Some(Stretch { start_byte: 3, end_byte: 8 }),
        quote: Some("tides".into()),
        ..new("first1", "notes/tide.md", "Which tides?")
    };
    let made = comments.add(about.clone(), &ann, NOW).unwrap();
    assert_eq!((made.quote.as_deref(), made.resolved.is_none()), (Some("tides"), true));
    comments.reply("first1", "reply1", "Those of the spring.", &ben, NOW + 1).unwrap();
    let resolved = comments.resolve("first1", &ann, NOW + 2).unwrap();
    assert_eq!(open().get("first1").unwrap(), resolved);
    assert_eq!(resolved.replies.first().map(|reply| reply.by.name.as_str()), Some("ben"));

    // Asked for again, nothing more is done.
    let size = || std::fs::metadata(folder.path().join("comments.journal")).unwrap().len();
    let before = size();
    comments.add(about.clone(), &ann, NOW + 5).unwrap();
    comments.reply("first1", "reply1", "Those of the spring.", &ben, NOW + 5).unwrap();
    assert_eq!(comments.resolve("first1", &ben, NOW + 5).unwrap(), resolved);
    assert_eq!(size(), before);

    let kind = |result: crate::Result<Comment>| result.err().map(|error| error.kind());
    for (result, expected) in [
        (comments.add(about, &ben, NOW), ErrorKind::Invalid),
        (comments.reply("first1", "reply1", "Another.", &ben, NOW), ErrorKind::Invalid),
        (comments.reply("nobody", "reply2", "x", &ben, NOW), ErrorKind::NotFound),
        (comments.resolve("nobody", &ben, NOW), ErrorKind::NotFound),
        (comments.get("nobody"), ErrorKind::NotFound),
    ] {
        assert_eq!(kind(result), Some(expected));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let comments = Comments::at(folder.path());
    let refused = |new: NewComment| {
        assert!(
            matches!(comments.add(new.clone(), &actor("ann"), NOW), Err(Error::Invalid { .. })),
            "{new:?}"
        );
    };
    let good = || new("abcd", "a.md", "text");
    refused(NewComment { id: "A".into(), ..good() });
    refused(NewComment { path: "../a".into(), ..good() });
    refused(NewComment { text: " ".into(), ..good() });
    refused(NewComment { text: "x".repeat(8_001), ..good() });
    refused(NewComment { text: "a\u{202e}b".into(), ..good() });
    refused(NewComment { version: Some("7".into()), ..good() });
    refused(NewComment { quote: Some(String::new()), ..good() });
    refused(NewComment { range: Some(Stretch { start_byte: 3, end_byte: 3 }), ..good() });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[derive(Clone, Debug)]
enum Op {
    Add(u8, u8),
    Reply(u8),
    Resolve(u8),
    Move(u8, u8),
    Reopen,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0..20_u8, 0..6_u8).prop_map(|(id, path)| Op::Add(id, path)),
        3 => (0..20_u8).prop_map(Op::Reply),
        2 => (0..20_u8).prop_map(Op::Resolve),
        2 => (0..6_u8, 0..6_u8).prop_map(|(from, to)| Op::Move(from, to)),
        1 => Just(Op::Reopen),
    ];
    prop::collection::vec(op, 1..60)
}

const PATHS: [&str; 6] = ["a", "a/b.md", "a/c/d.md", "ab.md", "e", "e/f.md"];

/// A comment as the model has it: where it is, what was said to it, whether it is resolved.
type Model = BTreeMap<String, (String, usize, bool)>;

fn check(comments: &Comments, model: &Model) {
    let found: Model = comments
        .list(|_| true)
        .unwrap()
        .into_iter()
        .map(|found| (found.id, (found.path, found.replies.len(), found.resolved.is_some())))
        .collect();
    assert_eq!(&found, model);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn they_are_what_a_model_says_also_after_a_restart(ops in ops()) {
        let folder = tempfile::tempdir().unwrap();
        let mut comments = Comments::at(folder.path());
        let (mut model, ann) = (Model::new(), actor("ann"));
        for (n, op) in ops.iter().enumerate() {
            let now = NOW + n as i64;
            match op {
                Op::Add(id, path) => {
                    let (id, path) = (format!("comment{id}"), PATHS[usize::from(*path)]);
                    let added = comments.add(new(&id, path, "text"), &ann, now);
                    let is_new = !model.contains_key(&id);
                    prop_assert!(added.is_ok() || !is_new);
                    if is_new {
                        model.insert(id, (path.to_owned(), 0, false));
                    }
                }
                Op::Reply(id) => {
                    let id = format!("comment{id}");
                    let replied = comments.reply(&id, &format!("reply{n}"), "text", &ann, now);
                    prop_assert_eq!(replied.is_ok(), model.contains_key(&id));
                    if let Some(known) = model.get_mut(&id) {
                        known.1 += 1;
                    }
                }
                Op::Resolve(id) => {
                    let id = format!("comment{id}");
                    prop_assert_eq!(comments.resolve(&id, &ann, now).is_ok(), model.contains_key(&id));
                    if let Some(known) = model.get_mut(&id) {
                        known.2 = true;
                    }
                }
                Op::Move(from, to) => {
                    let (from, to) = (PATHS[usize::from(*from)], PATHS[usize::from(*to)]);
                    comments.moved(&DocPath::new(from).unwrap(), &DocPath::new(to).unwrap(), now).unwrap();
                    for (path, ..) in model.values_mut() {
                        if path == from || path.starts_with(&format!("{from}/")) {
                            *path = format!("{to}{}", &path[from.len()..]);
                        }
                    }
                }
                Op::Reopen => comments = Comments::at(folder.path()),
            }
            check(&comments, &model);
        }
        check(&Comments::at(folder.path()), &model);
    }
}

/// A journal that has been made smaller says the same, and resolved comments that are many are forgotten, the oldest first.
#[test]
fn the_journal_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let comments = Comments::at(folder.path());
    let ann = actor("ann");
    comments.add(new("kept", "a.md", "text"), &ann, NOW).unwrap();
    let path = |n: usize| DocPath::new(if n.is_multiple_of(2) { "a.md" } else { "b.md" }).unwrap();
    for n in 0..8_000 {
        comments.moved(&path(n), &path(n + 1), NOW).unwrap();
    }
    assert_eq!(Comments::at(folder.path()).get("kept").unwrap().path, "a.md");
    let size = std::fs::metadata(folder.path().join("comments.journal")).unwrap().len();
    assert!(size < 300 << 10, "{size} bytes");
}
