//! Who wrote what is found, through all that happens to files.

use crate::room::Room;
use workroom_engine::{
    Act, Actor, Claim, Condition, ErrorKind, PathSet, Query, Result, Source, Spooled, Trust, Via,
};

impl Room {
    fn try_write_by(&self, path: &str, name: &str, claim: &Claim) -> Result<String> {
        let text = format!("The otter sleeps in the reeds of {path}.\n");
        let spooled = Spooled::write(self.folder.path(), text.as_bytes()).unwrap();
        let written = self.engine().put(path, &spooled, &Condition::Any, claim, &act(name))?;
        Ok(written.version)
    }

    fn write_by(&self, path: &str, name: &str, claim: &Claim) {
        self.try_write_by(path, name, claim).unwrap();
    }

    /// Writes a file past the program.
    fn appear(&self, path: &str) {
        let at = self.at(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, format!("The otter sleeps in the reeds of {path}.\n")).unwrap();
        self.engine().refresh(&[path]).unwrap();
    }

    /// Who wrote it, how it came about, and how far it is to be believed.
    fn told(&self, path: &str) -> (Option<(String, Source)>, Trust) {
        let query = Query::new("where does the otter sleep?").path(path).limit(50);
        let hits = self.engine().search(&query).unwrap();
        let hit = hits.into_iter().find(|hit| hit.path == path).unwrap();
        let shown = self.engine().show(path, &PathSet::all()).unwrap();
        assert_eq!((&hit.origin, hit.trust), (&shown.origin, shown.trust));
        (hit.origin.map(|origin| (origin.by.name, origin.source)), hit.trust)
    }

    fn labelled(&self, label: &str) -> Vec<String> {
        let query = Query::new("otter").filter_by(format!("trust={label}")).limit(50);
        let mut paths: Vec<String> =
            self.engine().search(&query).unwrap().into_iter().map(|hit| hit.path).collect();
        paths.sort();
        paths
    }
}

fn act(name: &str) -> Act {
    if name == "owner" {
        return Act::default();
    }
    Act::of(Actor { principal: name.into(), name: name.into(), via: Via::Mcp, client: None })
}

fn by(name: &str, source: Source) -> Option<(String, Source)> {
    Some((name.to_owned(), source))
}

fn says(trust: Trust) -> Claim {
    Claim { trust: Some(trust), ..Claim::default() }
}

fn made_of(sources: &[&str]) -> Claim {
    Claim { derived_from: sources.iter().map(|&source| source.to_owned()).collect(), ..Claim::default() }
}

#[test]
fn each_hit_says_who_wrote_it() {
    let mut room = Room::new("[trust]\ntrusted = ['handbook']\nuntrusted = ['inbox']\n");
    let nothing = Claim::default();
    room.write_by("notes/ann.md", "ann", &nothing);
    room.write_by("notes/fetched.md", "ann", &Claim::fetched("https://example.org/otter"));
    room.write_by("notes/stranger.md", "ann", &says(Trust::Untrusted));
    room.write_by("notes/vouched.md", "owner", &says(Trust::Trusted));
    room.write_by("inbox/mail.md", "ben", &nothing);
    room.write_by("handbook/otters.md", "ben", &nothing);
    room.write_by("handbook/rumour.md", "ben", &says(Trust::Untrusted));
    room.appear("inbox/dropped.md");
    room.appear("notes/dropped.md");
    room.write_by("notes/of-both.md", "cid", &made_of(&["notes/ann.md", "inbox/mail.md"]));
    room.write_by("notes/of-handbook.md", "cid", &made_of(&["handbook/otters.md"]));
    room.write_by("notes/owners.md", "owner", &made_of(&["handbook/otters.md"]));
    for _ in 0..2 {
        for (path, expected) in [
            ("notes/ann.md", (by("ann", Source::Written), Trust::Unknown)),
            ("notes/fetched.md", (by("ann", Source::Fetched), Trust::Unknown)),
            ("notes/stranger.md", (by("ann", Source::Written), Trust::Untrusted)),
            ("notes/vouched.md", (by("owner", Source::Written), Trust::Trusted)),
            ("inbox/mail.md", (by("ben", Source::Written), Trust::Untrusted)),
            ("handbook/otters.md", (by("ben", Source::Written), Trust::Trusted)),
            ("handbook/rumour.md", (by("ben", Source::Written), Trust::Untrusted)),
            ("inbox/dropped.md", (None, Trust::Untrusted)),
            ("notes/dropped.md", (None, Trust::Unknown)),
            ("notes/of-both.md", (by("cid", Source::Derived), Trust::Untrusted)),
            ("notes/of-handbook.md", (by("cid", Source::Derived), Trust::Unknown)),
            ("notes/owners.md", (by("owner", Source::Derived), Trust::Trusted)),
        ] {
            assert_eq!(room.told(path), expected, "{path}");
        }
        assert_eq!(room.labelled("trusted"), ["handbook/otters.md", "notes/owners.md", "notes/vouched.md"]);
        assert_eq!(
            room.labelled("untrusted"),
            [
                "handbook/rumour.md",
                "inbox/dropped.md",
                "inbox/mail.md",
                "notes/of-both.md",
                "notes/stranger.md"
            ]
        );
        room.reopen();
    }
}

#[test]
fn changes_take_the_writer_along_and_trust_never_rises() {
    let mut room = Room::new("[trust]\nuntrusted = ['inbox', 'a/mixed/bad']\n");
    let nothing = Claim::default();
    room.write_by("inbox/mail.md", "ann", &nothing);
    room.appear("inbox/deep/dropped.md");
    room.write_by("a/mixed/bad/x.md", "ann", &nothing);
    room.write_by("a/mixed/good.md", "ann", &nothing);
    room.write_by("stranger.md", "ann", &says(Trust::Untrusted));
    let engine = room.engine();
    engine.copy("inbox/mail.md", "copied.md", &act("ben")).unwrap();
    engine.copy("inbox", "copies", &act("ben")).unwrap();
    engine.rename("inbox/mail.md", "moved.md", &Condition::Any, &act("ben")).unwrap();
    engine.rename("inbox/deep", "deep", &Condition::Any, &act("ben")).unwrap();
    engine.rename("a/mixed", "b/mixed", &Condition::Any, &act("ben")).unwrap();
    // What it was is expected, so it is known what it was made of.
    let before = Condition::Version(engine.show("stranger.md", &PathSet::all()).unwrap().version);
    let text = Spooled::write(room.folder.path(), b"The otter sleeps by day.\n").unwrap();
    engine.put("stranger.md", &text, &before, &Claim::edited(), &act("ben")).unwrap();
    for _ in 0..2 {
        for (path, expected) in [
            ("copied.md", (by("ben", Source::Copied), Trust::Untrusted)),
            ("copies/mail.md", (by("ben", Source::Copied), Trust::Untrusted)),
            ("copies/deep/dropped.md", (by("ben", Source::Copied), Trust::Untrusted)),
            ("moved.md", (by("ann", Source::Written), Trust::Untrusted)),
            ("deep/dropped.md", (None, Trust::Untrusted)),
            ("b/mixed/bad/x.md", (by("ann", Source::Written), Trust::Untrusted)),
            ("b/mixed/good.md", (by("ann", Source::Written), Trust::Unknown)),
            ("stranger.md", (by("ben", Source::Edited), Trust::Untrusted)),
        ] {
            assert_eq!(room.told(path), expected, "{path}");
        }
        room.reopen();
    }
    // What is written anew there has nothing to do with what came before, and what was written past us has no writer.
    room.write_by("deep/new.md", "cid", &nothing);
    assert_eq!(room.told("deep/new.md"), (by("cid", Source::Written), Trust::Unknown));
    room.engine().remove("copied.md", &Condition::Any, &act("ben")).unwrap();
    room.engine().remove_folder("copies", true, &act("ben")).unwrap();
    room.appear("copied.md");
    room.appear("copies/mail.md");
    assert_eq!(room.told("copied.md"), (None, Trust::Unknown));
    assert_eq!(room.told("copies/mail.md"), (None, Trust::Unknown));
    std::fs::write(room.at("moved.md"), "The otter was edited elsewhere.\n").unwrap();
    room.engine().refresh(&["moved.md"]).unwrap();
    assert_eq!(room.told("moved.md"), (None, Trust::Untrusted), "it is still what came from there");
}

#[test]
fn a_write_that_does_not_take_place_leaves_its_writer_nowhere() {
    let room = Room::new("");
    room.write_by("a.md", "ann", &Claim::default());
    let version = room.engine().show("a.md", &PathSet::all()).unwrap().version;
    let text = Spooled::write(room.folder.path(), b"The otter sleeps.\n").unwrap();
    let other = Condition::Version("0".repeat(64));
    let refused = room.engine().put("a.md", &text, &other, &Claim::default(), &act("ben"));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    for (claim, kind) in [
        (says(Trust::Trusted), ErrorKind::Invalid),
        (Claim::fetched("not an address"), ErrorKind::Invalid),
        (made_of(&["none.md"]), ErrorKind::NotFound),
        (made_of(&["../x"]), ErrorKind::Invalid),
    ] {
        assert_eq!(room.try_write_by("a.md", "ben", &claim).unwrap_err().kind(), kind, "{claim:?}");
    }
    assert_eq!(room.told("a.md"), (by("ann", Source::Written), Trust::Unknown));
    assert_eq!(room.engine().show("a.md", &PathSet::all()).unwrap().version, version);
}

#[test]
fn a_damaged_history_keeps_nobody_out_and_is_told() {
    let mut room = Room::new("[trust]\nuntrusted = ['inbox']\n");
    room.write_by("inbox/a.md", "ann", &Claim::default());
    room.close();
    let journal = room.at(".workroom/custody/history.journal");
    let whole = std::fs::read(&journal).unwrap();
    let mut bytes = whole.clone();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&journal, &bytes).unwrap();
    room.reopen();
    assert_eq!(room.told("inbox/a.md"), (None, Trust::Untrusted), "the settings still say so");
    room.write_by("b.md", "ben", &Claim::default());
    assert_eq!(room.told("b.md"), (None, Trust::Unknown));
    let check = |room: &Room| {
        let checks = room.engine().doctor().unwrap().checks;
        checks.into_iter().find(|check| check.check == "provenance").unwrap()
    };
    let found = check(&room);
    assert!(!found.ok && found.details[0].contains("history.journal"), "{found:?}");
    let problem = room.engine().status(&PathSet::all()).unwrap().provenance_problem;
    assert_eq!(problem.as_ref(), found.details.first());
    assert_eq!(room.engine().status(&PathSet::under(["b.md"])).unwrap().provenance_problem, None);

    std::fs::write(&journal, &whole).unwrap();
    room.reopen();
    assert!(check(&room).ok);
    assert_eq!(room.told("inbox/a.md"), (by("ann", Source::Written), Trust::Untrusted));
}
