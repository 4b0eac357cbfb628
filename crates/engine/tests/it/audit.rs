//! What the audit log says of all that happens, and what it says after a crash.

use crate::room::Room;
use custody::{Audit, Grant, Kind, NewToken, Principal, Refused, Tokens, audit as log};
use workroom_engine::audit::{Act as Noted, Doing, Filter, Outcome, query, verify};
use workroom_engine::{Act, Actor, Claim, Condition, ErrorKind, Query, Result, Spooled, Via, version_of};

fn by(name: &str) -> Actor {
    let principal = Principal { id: name.into(), name: name.into(), kind: Kind::Token, grants: Vec::new() };
    Actor::new(&principal, Via::Mcp)
}

impl Room {
    fn log(&self) -> std::path::PathBuf {
        self.at(".workroom/custody/audit")
    }

    fn write_as(&self, path: &str, text: &str, condition: &Condition, name: &str) -> Result<String> {
        let spooled = Spooled::write(self.folder.path(), text.as_bytes()).unwrap();
        let act = Act::of(by(name));
        Ok(self.engine().put(path, &spooled, condition, &Claim::default(), &act)?.version)
    }

    /// What the log says, but for what was only begun: who, what, on what, and what came of it.
    fn said(&self) -> Vec<String> {
        let records = query(&self.log(), &Filter::default(), 0, 10_000).unwrap().records;
        let text = |record: &serde_json::Value, name: &str| {
            let found = record.pointer(name).and_then(|text| text.as_str()).unwrap_or("-");
            if found.len() == 64 { found[..6].to_owned() } else { found.to_owned() }
        };
        let ended = records.iter().filter(|record| text(record, "/outcome") != "begun");
        let fields = ["/by/name", "/doing", "/path", "/to", "/before", "/after", "/outcome"];
        ended.map(|record| fields.map(|name| text(record, name)).join(" ")).collect()
    }

    fn close_and_verify(&mut self) {
        self.close();
        let report = verify(&self.log(), None).unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.signed, report.records.checked_sub(1), "signed to its end");
    }
}

fn short(text: &str) -> String {
    version_of(text.as_bytes())[..6].to_owned()
}

#[test]
fn everything_that_is_changed_is_in_the_log_in_its_order() {
    let mut room = Room::new("");
    let (one, two) = (short("one"), short("two"));
    room.write_as("a.md", "one", &Condition::Any, "ann").unwrap();
    room.write_as("a.md", "two", &Condition::Any, "bob").unwrap();
    let stale = Condition::Version(version_of(b"one"));
    assert_eq!(room.write_as("a.md", "three", &stale, "ann").unwrap_err().kind(), ErrorKind::Conflict);
    assert!(room.write_as("../a.md", "out", &Condition::Any, "eve").is_err());
    assert!(room.write_as(".workroom/lock", "out", &Condition::Any, "eve").is_err());
    let (engine, act) = (room.engine(), Act::of(by("cyd")));
    engine.rename("a.md", "b.md", &Condition::Any, &act).unwrap();
    engine.copy("b.md", "c.md", &act).unwrap();
    assert!(engine.copy("b.md", "c.md", &act).is_err());
    engine.make_folder("d", &act).unwrap();
    // It is there: nothing changes, and nothing is said.
    engine.make_folder("d", &act).unwrap();
    engine.remove_folder("d", false, &act).unwrap();
    engine.remove("b.md", &Condition::Any, &act).unwrap();
    assert!(engine.remove("b.md", &Condition::Any, &act).is_err());
    let expected = [
        "owner audit.begin - - - - done".to_owned(),
        format!("ann file.write a.md - - {one} done"),
        format!("bob file.write a.md - {one} {two} done"),
        "ann file.write a.md - - - failed".to_owned(),
        "eve file.write ../a.md - - - failed".to_owned(),
        "eve file.write .workroom/lock - - - failed".to_owned(),
        format!("cyd file.move a.md b.md {two} {two} done"),
        format!("cyd file.copy b.md c.md {two} {two} done"),
        "cyd file.copy b.md c.md - - failed".to_owned(),
        "cyd folder.make d - - - done".to_owned(),
        "cyd folder.remove d - - - done".to_owned(),
        format!("cyd file.remove b.md - {two} - done"),
        "cyd file.remove b.md - - - failed".to_owned(),
    ];
    assert_eq!(room.said(), expected);
    room.close_and_verify();
}

#[test]
fn what_a_process_left_begun_is_settled_by_what_is_there() {
    let check = |doing: Doing, to: Option<&str>, there: &[(&str, &str)], expected: &str| {
        let mut room = Room::new("");
        room.write_as("other.md", "other", &Condition::Any, "ann").unwrap();
        room.close_and_verify();
        let audit = Audit::open(&room.log()).unwrap();
        let mut begun = Noted::new(doing, by("ann")).on("a.md").versions(None, Some(version_of(b"new")));
        (begun.outcome, begun.to) = (Outcome::Begun, to.map(str::to_owned));
        audit.note(begun, 1).unwrap();
        drop(audit);
        for (path, text) in there {
            std::fs::write(room.at(path), text).unwrap();
        }
        room.reopen();
        let said = room.said();
        let last = said.last().unwrap();
        assert!(last.ends_with(expected), "{doing:?} {there:?}: {last}");
        assert_eq!(log::pending(&room.log()).unwrap(), []);
        // Once.
        room.close_and_verify();
        room.reopen();
        assert_eq!(room.said(), said);
        room.close_and_verify();
    };
    check(Doing::FileWrite, None, &[("a.md", "new")], "done");
    check(Doing::FileWrite, None, &[("a.md", "old")], "failed");
    check(Doing::FileWrite, None, &[], "failed");
    check(Doing::FileRemove, None, &[], "done");
    check(Doing::FileRemove, None, &[("a.md", "old")], "failed");
    check(Doing::FileMove, Some("b.md"), &[("b.md", "old")], "done");
    check(Doing::FileMove, Some("b.md"), &[("a.md", "old")], "failed");
    check(Doing::FileMove, Some("b.md"), &[("a.md", "old"), ("b.md", "another")], "failed");
    check(Doing::FileCopy, Some("b.md"), &[("a.md", "old"), ("b.md", "old")], "done");
    check(Doing::FileCopy, Some("b.md"), &[("a.md", "old")], "failed");
}

#[test]
fn what_was_shown_is_in_the_log_unless_it_is_to_be_left_out() {
    let check = |settings: &str, expected: Option<Option<&str>>| {
        let mut room = Room::new(settings);
        let version =
            room.write_as("a.md", "The otter sleeps in the reeds.\n", &Condition::Any, "ann").unwrap();
        let hits = room.engine().search_by(&Query::new("where does the otter sleep?"), &by("bob")).unwrap();
        assert_eq!(hits.len(), 1);
        let filter = Filter { doing: Some("search".into()), ..Filter::default() };
        let records = query(&room.log(), &filter, 0, 10).unwrap().records;
        let asked = records.first().map(|record| record["query"].as_str());
        assert_eq!(asked, expected, "{settings}");
        if let Some(record) = records.first() {
            assert_eq!(record["by"]["name"], "bob");
            assert_eq!(record["shown"][0]["path"], "a.md");
            assert_eq!(record["shown"][0]["version"], version);
            assert_eq!(record["shown"][0]["end_byte"], hits[0].end_byte);
        }
        room.close_and_verify();
    };
    check("", Some(Some("where does the otter sleep?")));
    check("[audit]\nqueries = false", Some(None));
    check("[audit]\nreads = false", None);
}

#[test]
fn an_agent_that_has_lost_its_way_is_told_of_and_paused() {
    let settings = "[alerts]\nsmall_files = 20\npause = true\n";
    let mut room = Room::new(settings);
    let tokens = Tokens::at(&room.at(".workroom/custody"));
    let now = workroom_engine::audit::now_ms();
    let new = NewToken::new("logger", vec![Grant::everything()]);
    let made = tokens.create(&Principal::owner(), new, now).unwrap();
    for n in 0..20 {
        assert!(tokens.principal(&made.token.id, now).is_ok(), "{n}");
        room.write_as(&format!("{n}.txt"), &format!("{n}"), &Condition::Any, &made.token.id).unwrap();
    }
    assert!(matches!(tokens.principal(&made.token.id, now), Err(Refused::Paused)));
    let filter = |kind: &str| Filter { doing: Some(kind.into()), ..Filter::default() };
    let alerts = query(&room.log(), &filter("alert"), 0, 10).unwrap().records;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["by"]["principal"], made.token.id);
    assert_eq!(query(&room.log(), &filter("token.pause"), 0, 10).unwrap().records.len(), 1);
    let usage = room.engine().usage();
    assert_eq!((usage.len(), usage[0].day.files_made), (1, 20));
    room.close_and_verify();

    // The next owner makes its counts again of the log.
    room.reopen();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while room.engine().usage() != usage {
        assert!(std::time::Instant::now() < deadline, "{:?}", room.engine().usage());
        std::thread::yield_now();
    }
}

#[test]
fn a_quota_stands_against_more_and_the_log_says_so() {
    let room = Room::new("[quotas]\nfiles_per_day = 3\n");
    for n in 0..3 {
        room.write_as(&format!("{n}"), "x", &Condition::Any, "ann").unwrap();
    }
    let refused = room.write_as("3", "x", &Condition::Any, "ann").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Quota, "{refused}");
    assert!(refused.hints().is_some_and(|hint| hint.contains("try again in")), "{refused}");
    assert!(room.write_as("3", "x", &Condition::Any, "bob").is_ok());
    let denied = Filter { outcome: Some("denied".into()), ..Filter::default() };
    assert_eq!(query(&room.log(), &denied, 0, 10).unwrap().records.len(), 1);
}
