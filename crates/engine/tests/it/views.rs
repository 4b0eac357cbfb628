//! What is outside a view changes no byte of what the view tells: two workspaces with the same visible files, one of them with others besides,
//! answer everything alike, though they were written in other orders, over more commits, and hold what was changed and removed since.
//!
//! Left out of the comparison: when something was indexed, seen or written.

use crate::room::open;
use proptest::prelude::*;
use proptest::sample::Index as Pick;
use std::fmt::Debug;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};
use workroom_engine::{
    Act, Actor, Claim, Condition, Engine, Hit, Mode, NoProgress, PathSet, Query, Question, Result, Shown,
    Spooled, Status, Trust, Via,
};

const SENTENCES: [&str; 12] = [
    "The tide mill grinds for four hours after high water.",
    "Close the sluice gate before the ebb, or the pond runs dry.",
    "The keeper greases the wheel's bearings every Monday.",
    "Die Mühle mahlt nach jeder Flut, und der Müller prüft die Schleuse.",
    "Das Tor der Schleuse wird vor der Ebbe geschlossen, damit der Teich nicht leer läuft.",
    "Le meunier ferme la vanne avant le jusant et graisse la roue chaque lundi.",
    "Call openSluiceGate() once the level sensor reads 2.4 m.",
    "Flour is weighed, bagged and booked on the same day.",
    "In storms the mill stands still and the gate stays open.",
    "The pond holds eleven thousand cubic metres.",
    "A broken paddle is replaced by oak, never by pine.",
    "Wheel, gate, pond: inspect them in this order.",
];
/// Where visible files lie; the first are folders, the last is a file of its own.
const SET: [&str; 3] = ["pub", "team/notes", "list.md"];
const VISIBLE: [&str; 9] = [
    "pub/a.md",
    "pub/deep/b.md",
    "pub/c.txt",
    "pub/twin.md",
    "pub/deep/twin.md",
    "team/notes/d.md",
    "team/notes/e.txt",
    "list.md",
    "pub/bad.bin",
];
/// Names that begin like visible ones, repeat them, or stand beside them.
const HIDDEN: [&str; 10] = [
    "pub.md",
    "pub-2/a.md",
    "pubs/b.md",
    "team/d.md",
    "team/note.md",
    "team/secret.md",
    "list.md.bak.md",
    "aa/twin.md",
    "zz/bad.bin",
    "zz/Geheim.md",
];
const QUERIES: [&str; 9] = [
    "when does the mill grind?",
    "die Schleuse und das Tor",
    "\"sluice gate\" before ebb",
    "la roue du meunier",
    "openSluiceGate",
    "2.4 m",
    "oak paddle wheel pond gate flour storms bearings",
    "the",
    "zebra",
];
const PATHS: [&str; 15] = [
    "pub/a.md",
    "pub/twin.md",
    "pub/bad.bin",
    "pub",
    "pub/none.md",
    "pub/twin.txt",
    "pub.md",
    "pub-2/a.md",
    "team/secret.md",
    "team/none.md",
    "zz/bad.bin",
    "zz/Geheim.md",
    "geheim",
    "list.md.bak.md",
    "../list.md",
];

/// A file: sentences by their number, repeated so often.
type Text = (Vec<Pick>, usize);

fn text() -> impl Strategy<Value = Text> {
    (prop::collection::vec(any::<Pick>(), 1..12), 1..8_usize)
}

fn bytes(path: &str, (sentences, times): &Text) -> Vec<u8> {
    if path.ends_with(".bin") {
        return vec![0, 159, 146, 150, sentences.len() as u8];
    }
    let mut out = String::new();
    for part in 0..*times {
        let _ = writeln!(out, "# Part {part}\n");
        for sentence in sentences {
            let _ = writeln!(out, "{}\n", SENTENCES[sentence.index(SENTENCES.len())]);
        }
    }
    out.into_bytes()
}

struct Room {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Engine::init(folder.path()).unwrap();
        let engine = open(folder.path());
        Self { folder, engine }
    }

    /// Files have the times of their names, so that both rooms know them alike.
    fn write(&self, path: &str, text: &Text) {
        let target = self.folder.path().join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(&target, bytes(path, text)).unwrap();
        let age = Duration::from_secs(1_700_000_000 + path.len() as u64);
        std::fs::File::options()
            .write(true)
            .open(&target)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH + age)
            .unwrap();
    }

    /// Writes it through the engine, with what its writer says of it, and gives it its time again.
    fn put(&self, path: &str, text: &Text, (name, trust): (&str, Trust)) {
        let spooled = Spooled::write(self.folder.path(), &bytes(path, text)).unwrap();
        let by = Actor { principal: name.into(), name: name.into(), via: Via::Http, client: None };
        let claim = Claim { trust: Some(trust), ..Claim::default() };
        self.engine.put(path, &spooled, &Condition::Any, &claim, &Act::of(by)).unwrap();
        self.write(path, text);
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.folder.path().join(path)).unwrap();
    }

    fn index(&self) {
        self.engine.index(&NoProgress).unwrap();
    }

    /// Indexes, and looks: what is kept of a view from one query to the next goes on from there.
    fn index_and_look(&self, set: &PathSet) {
        self.index();
        let query = Query::new(SENTENCES.join(" ")).within(set.clone());
        self.engine.search(&query).unwrap();
    }
}

/// Everything that a view tells, as text.
fn told(engine: &Engine, set: &PathSet) -> Vec<String> {
    let mut told = vec![
        format!("{:?}", engine.documents(set)),
        format!("{:?}", engine.status(set).unwrap()),
        format!(
            "{:?}",
            engine
                .problems(set)
                .into_iter()
                .map(|it| (it.path, it.code, it.reason, it.parser))
                .collect::<Vec<_>>()
        ),
    ];
    for path in PATHS {
        told.push(format!("show {path}: {}", outcome(engine.show(path, set).map(shown_without_times))));
        told.push(format!(
            "show {path}#1: {}",
            outcome(engine.show_chunk(path, 1, set).map(shown_without_times))
        ));
    }
    for text in QUERIES {
        for mode in [Mode::Lexical, Mode::Dense, Mode::Hybrid] {
            let query = Query::new(text).mode(mode).within(set.clone());
            let narrowed = Query { types: vec!["markdown".into()], ..query.clone() };
            for query in [
                query.clone().limit(3),
                query.clone().limit(40),
                query.clone().path("pub/deep"),
                query.clone().path("zz"),
                query.clone().filter_by("language=de"),
                query.clone().filter_by("trust=untrusted"),
                query.clone().min_seq(2),
                Query { types: vec!["nonsense".into()], ..query.clone() },
                narrowed,
            ] {
                let hits = engine.search(&query).map(|mut hits| {
                    hits.iter_mut().for_each(without_times);
                    hits
                });
                told.push(format!("{query:?}: {}", outcome(hits)));
            }
        }
        let mut question = Question::new(text);
        question.query.within = set.clone();
        let answer = engine.ask(&question).map(|mut answer| {
            answer.passages.iter_mut().for_each(without_times);
            answer
        });
        told.push(format!("ask {text}: {}", outcome(answer)));
    }
    told
}

fn without_times(hit: &mut Hit) {
    hit.indexed_at.clear();
    hit.origin.iter_mut().for_each(|origin| origin.at.clear());
}

fn shown_without_times(mut shown: Shown) -> Shown {
    shown.origin.iter_mut().for_each(|origin| origin.at.clear());
    shown
}

fn outcome<T: Debug>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?} {error} {:?} {:?}", error.kind(), error.hints(), error.path()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]
    #[test]
    fn what_is_outside_changes_no_byte(
        texts in prop::collection::vec(text(), VISIBLE.len()),
        before in prop::collection::vec(prop::option::of(text()), VISIBLE.len()),
        hidden in prop::collection::vec((text(), any::<bool>()), HIDDEN.len()),
        more in prop::collection::vec(text(), 0..40),
    ) {
        let set = PathSet::under(SET);
        let visible: Vec<(&str, &Text)> = VISIBLE.into_iter().zip(&texts).collect();
        // Two of them say the same.
        let text_of = |path: &str, text: &Text| if path.ends_with("twin.md") { texts[0].clone() } else { text.clone() };
        let alone = Room::new();
        for (path, text) in &visible {
            alone.write(path, &text_of(path, text));
        }
        alone.index();

        let among = Room::new();
        for (path, (text, _)) in HIDDEN.into_iter().zip(&hidden) {
            among.write(path, text);
        }
        for (path, text) in VISIBLE.into_iter().zip(&before).rev() {
            if let Some(text) = text {
                among.write(path, text);
                among.index_and_look(&set);
            }
        }
        for (n, text) in more.iter().enumerate() {
            among.write(&format!("aa/{n}.md"), text);
        }
        among.index_and_look(&set);
        for (path, _) in HIDDEN.into_iter().zip(&hidden).filter(|(_, (_, goes))| *goes) {
            among.remove(path);
        }
        for (path, text) in visible.iter().rev() {
            among.write(path, &text_of(path, text));
            among.index_and_look(&set);
        }
        // Each with its writer. What those say of hidden files is theirs, be it of the same bytes.
        for (path, text) in &visible[..4] {
            let text = text_of(path, text);
            alone.put(path, &text, ("ann", Trust::Untrusted));
            among.put(path, &text, ("ann", Trust::Untrusted));
        }
        for (n, path) in HIDDEN.into_iter().enumerate() {
            among.put(path, &texts[n % texts.len()], ("hidden writer", [Trust::Untrusted, Trust::Unknown][n % 2]));
        }
        for (path, _) in HIDDEN.into_iter().zip(&hidden).filter(|(_, (_, goes))| *goes) {
            among.engine.remove(path, &Condition::Any, &Act::default()).unwrap();
        }
        alone.index();
        among.index_and_look(&set);
        for (expected, found) in told(&alone.engine, &set).iter().zip(told(&among.engine, &set)) {
            prop_assert_eq!(expected, &found);
        }
    }
}

#[test]
fn nothing_is_told_of_nothing() {
    let room = Room::new();
    room.write("a.md", &(Vec::new(), 2));
    room.index();
    let nothing = PathSet::none();
    let Status { documents, chunks, skipped, bytes, types, .. } = room.engine.status(&nothing).unwrap();
    assert_eq!((documents, chunks, skipped, bytes, types.len()), (0, 0, 0, 0, 0));
    assert_eq!(room.engine.documents(&nothing), [""; 0]);
    assert!(room.engine.search(&Query::new("part").within(nothing.clone())).unwrap().is_empty());
    let refused = |path: &str| outcome::<Shown>(room.engine.show(path, &nothing)).replace(path, "");
    assert_eq!(refused("a.md"), refused("b.md"));
}

#[cfg(unix)]
#[test]
fn a_link_does_not_tell_what_it_leads_to() {
    let room = Room::new();
    room.write("secret/there.md", &(Vec::new(), 1));
    std::fs::create_dir(room.folder.path().join("pub")).unwrap();
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(Path::new("..").join(to), room.folder.path().join(at)).unwrap();
    };
    link("secret/there.md", "pub/one");
    link("secret/gone.md", "pub/two");
    link("secret", "pub/way");
    room.index();
    let set = PathSet::under(["pub"]);
    let refused = |path: &str| outcome(room.engine.show(path, &set)).replace(path, "");
    for path in ["pub/one", "pub/two", "pub/way/there.md", "pub/way/gone.md", "secret/there.md"] {
        assert_eq!(refused(path), refused("pub/none"), "{path}");
    }
}

#[test]
fn a_view_of_everything_ranks_as_no_view_does() {
    let room = Room::new();
    for (n, path) in VISIBLE.into_iter().filter(|path| !path.ends_with(".bin")).enumerate() {
        let target = room.folder.path().join(path);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, SENTENCES.get(n..n + 3).unwrap().join("\n")).unwrap();
    }
    room.index();
    let everything = PathSet::under(["pub", "team", "list.md", ".workroomignore"]);
    let paths = |query: Query| -> Vec<String> {
        room.engine.search(&query).unwrap().into_iter().map(|hit| hit.path).collect()
    };
    for text in QUERIES {
        let query = Query::new(text).mode(Mode::Hybrid).limit(3);
        assert_eq!(paths(query.clone()), paths(query.within(everything.clone())), "{text}");
    }
}
