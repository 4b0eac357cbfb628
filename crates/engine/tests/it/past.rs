//! Searches as of an instant, against a workspace branched from it, and against what a plain map says was there.

use crate::room::{Room, open};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use workroom_engine::{
    Act, AsOf, Condition, Engine, ErrorKind, Hit, Mode, NoProgress, PathSet, Query, Question, Spooled,
    version_of,
};

const SENTENCES: [&str; 8] = [
    "The heron fishes where the tide is low.",
    "The tide mill grinds for four hours after high water.",
    "Close the sluice gate before the ebb, or the pond runs dry.",
    "Die Mühle mahlt nach jeder Flut, und der Müller prüft die Schleuse.",
    "Le meunier ferme la vanne avant le jusant et graisse la roue.",
    "The keeper greases the wheel's bearings every Monday.",
    "A broken paddle is replaced by oak, never by pine.",
    "Flour is weighed, bagged and booked on the same day.",
];
const PATHS: [&str; 8] =
    ["a.md", "b.txt", "docs/a.md", "docs/b.md", "docs/deep/c.md", "lib/a.rs", "lib/b.txt", "table.csv"];
const QUERIES: [&str; 5] = [
    "where does the heron fish?",
    "die Schleuse",
    "\"sluice gate\" ebb",
    "la roue",
    "oak paddle wheel tide the",
];
/// All that is ever there, as folders and files of their own: what a view of it counts it counts by itself.
const ALL: [&str; 6] = ["a.md", "b.txt", "docs", "lib", "table.csv", "moved"];

fn text(numbers: &[usize]) -> String {
    let mut text = String::from("# Heron\n\n");
    for (part, n) in numbers.iter().enumerate() {
        let _ = write!(text, "## Part {part}\n\n{} It is {n}.\n\n", SENTENCES[n % SENTENCES.len()]);
    }
    text
}

fn put(engine: &Engine, path: &str, text: &str) {
    let spooled = Spooled::write(engine.root(), text.as_bytes()).unwrap();
    engine.put(path, &spooled, &Condition::Any, &workroom_engine::Claim::default(), &Act::default()).unwrap();
}

/// Writes a file past the program.
fn drop_in(engine: &Engine, path: &str, text: &str) {
    let at = engine.root().join(path);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::fs::write(at, text).unwrap();
}

/// What a hit says, but for when that was indexed and whether it is still so.
fn told(hit: &Hit) -> Hit {
    let (modified, indexed_at) = (String::new(), String::new());
    Hit { modified, indexed_at, fresh: true, as_of: None, is_current: None, origin: None, ..hit.clone() }
}

/// What all queries find, bit for bit.
fn found(engine: &Engine, as_of: Option<&str>, within: &PathSet) -> Vec<Vec<Hit>> {
    let mut all = Vec::new();
    for text in QUERIES {
        for mode in [Mode::Hybrid, Mode::Lexical, Mode::Dense] {
            let query = Query { as_of: as_of.map(str::to_owned), ..Query::new(text) };
            let query = query.mode(mode).within(within.clone()).limit(50);
            all.push(engine.search(&query).unwrap().iter().map(told).collect());
            let passages = engine.ask(&Question { query, budget: 400 }).unwrap();
            all.push(passages.passages.iter().map(told).collect());
        }
    }
    all
}

/// What was found, whatever its order.
fn by_place(hits: &[Hit]) -> BTreeMap<(&str, u64), &Hit> {
    hits.iter().map(|hit| ((hit.path.as_str(), hit.chunk), hit)).collect()
}

/// Every quote is of the version that it names.
fn check_quotes(engine: &Engine, as_of: &str) {
    let query = Query::new("heron tide wheel").as_of(as_of).limit(50);
    for hit in engine.search(&query).unwrap() {
        let spooled = engine.spool_version(&hit.path, &hit.version).unwrap();
        let bytes = spooled.read(engine.root()).unwrap();
        spooled.discard(engine.root());
        assert_eq!(
            bytes.get(hit.start_byte as usize..hit.end_byte as usize),
            Some(hit.quote.as_bytes()),
            "{hit:?}"
        );
        let now = std::fs::read(engine.root().join(&hit.path)).ok();
        assert_eq!(hit.is_current, Some(now == Some(bytes)), "{hit:?}");
        assert_eq!(hit.is_current, Some(hit.fresh));
        assert!(hit.as_of.is_some());
    }
}

#[derive(Clone, Debug)]
enum Op {
    Put(usize, Vec<usize>),
    DropIn(usize, Vec<usize>),
    Remove(usize),
    MoveFolder,
    Checkpoint,
}

fn op() -> impl Strategy<Value = Op> {
    let numbers = || prop::collection::vec(0..24_usize, 1..6);
    prop_oneof![
        4 => (0..PATHS.len(), numbers()).prop_map(|(path, text)| Op::Put(path, text)),
        3 => (0..PATHS.len(), numbers()).prop_map(|(path, text)| Op::DropIn(path, text)),
        2 => (0..PATHS.len()).prop_map(Op::Remove),
        1 => Just(Op::MoveFolder),
        2 => Just(Op::Checkpoint),
    ]
}

/// Does something to the files. What is not there is not removed or moved.
fn step(engine: &Engine, op: &Op) {
    match op {
        Op::Put(path, numbers) => put(engine, PATHS[*path], &text(numbers)),
        Op::DropIn(path, numbers) => {
            drop_in(engine, PATHS[*path], &text(numbers));
            engine.index(&NoProgress).unwrap();
        }
        Op::Remove(path) => drop(engine.remove(PATHS[*path], &Condition::Any, &Act::default())),
        Op::MoveFolder => {
            let back = engine.rename("moved", "docs", &Condition::Any, &Act::default());
            if back.is_err() {
                drop(engine.rename("docs", "moved", &Condition::Any, &Act::default()));
            }
        }
        Op::Checkpoint => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_search_as_of_a_checkpoint_finds_what_its_branch_finds(ops in prop::collection::vec(op(), 4..24)) {
        let mut room = Room::new("");
        let mut checkpoints = Vec::new();
        for op in ops.iter().chain([&Op::Checkpoint, &Op::Put(0, vec![7, 1]), &Op::Remove(2)]) {
            step(room.engine(), op);
            if matches!(op, Op::Checkpoint) {
                let made = room.engine().create_checkpoint("", &[], &Act::default()).unwrap();
                let branch = tempfile::tempdir().unwrap();
                room.engine().branch_checkpoint(&made.id, branch.path()).unwrap();
                let other = open(branch.path());
                other.index(&NoProgress).unwrap();
                let sets = [PathSet::under(ALL), PathSet::under(["docs/deep", "lib/a.rs", "moved", "a.md"])];
                let expected = sets.map(|set| (found(&other, None, &set), set));
                checkpoints.push((made.id, expected, found(&other, None, &PathSet::all())));
            }
        }
        for _ in 0..2 {
            for (id, expected, whole) in checkpoints.iter().rev().chain(&checkpoints) {
                for (expected, set) in expected {
                    prop_assert_eq!(&found(room.engine(), Some(id), set), expected, "{:?}", set);
                }
                // Of everything the branch has an index of its own to ask, which does not round the mean length of chunks, and has ties by another order.
                let own = found(room.engine(), Some(id), &PathSet::all());
                for (own, whole) in own.iter().zip(whole).step_by(2) {
                    let (own, whole) = (by_place(own), by_place(whole));
                    prop_assert_eq!(own.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
                    for (own, whole) in own.values().zip(whole.values()) {
                        prop_assert_eq!(own.dense_score, whole.dense_score);
                        let ratio = own.lexical_score.zip(whole.lexical_score).map(|(own, whole)| own / whole);
                        prop_assert!(ratio.is_none_or(|ratio| (ratio - 1.0).abs() < 0.1), "{own:?} {whole:?}");
                        prop_assert_eq!(own.lexical_score.is_some(), whole.lexical_score.is_some());
                    }
                }
                check_quotes(room.engine(), id);
            }
            room.reopen();
        }
    }
}

/// What every file holds that a search as of then finds.
fn files_as_of(engine: &Engine, when: &str) -> BTreeMap<String, String> {
    let query = Query::new("heron").mode(Mode::Lexical).as_of(when).limit(100);
    engine.search(&query).unwrap().into_iter().map(|hit| (hit.path, hit.version)).collect()
}

fn now_ms() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64
}

/// A time at which nothing happened, after all that did and before all that will.
fn a_quiet_time() -> String {
    let wait = |until: i64| {
        while now_ms() < until {
            std::thread::yield_now()
        }
    };
    let before = now_ms();
    wait(before + 20);
    let quiet = now_ms();
    wait(quiet + 20);
    jiff::Timestamp::from_millisecond(quiet).unwrap().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_search_as_of_a_time_finds_what_was_there(ops in prop::collection::vec(op(), 1..12)) {
        let mut room = Room::new("");
        let mut times = vec![(a_quiet_time(), BTreeMap::new())];
        for op in &ops {
            step(room.engine(), op);
            // As an owner that watches does within a moment.
            room.engine().keep_versions().unwrap();
            let mut there = BTreeMap::new();
            for path in PATHS.iter().map(|&path| path.to_owned()).chain(PATHS.map(|path| path.replace("docs", "moved"))) {
                if let Ok(bytes) = std::fs::read(room.at(&path)) {
                    there.insert(path, version_of(&bytes));
                }
            }
            times.push((a_quiet_time(), there));
        }
        for _ in 0..2 {
            for (when, expected) in &times {
                prop_assert_eq!(&files_as_of(room.engine(), when), expected, "{}", when);
            }
            room.reopen();
        }
    }
}

#[test]
fn what_nobody_may_see_has_no_share_in_the_past() {
    let rooms = [Room::new(""), Room::new("")];
    let [bare, crowded] = &rooms;
    for room in &rooms {
        put(room.engine(), "pub/a.md", &text(&[0, 1, 2]));
        put(room.engine(), "pub/b.md", &text(&[3, 4]));
    }
    put(crowded.engine(), "secret/c.md", &text(&[0, 0, 2, 6]));
    let tags = ["then".to_owned()];
    for room in &rooms {
        room.engine().create_checkpoint("", &tags, &Act::default()).unwrap();
        put(room.engine(), "pub/a.md", &text(&[5]));
    }
    crowded.engine().remove("secret/c.md", &Condition::Any, &Act::default()).unwrap();
    let set = PathSet::under(["pub"]);
    assert_eq!(found(bare.engine(), Some("then"), &set), found(crowded.engine(), Some("then"), &set));
    let [bare, crowded] = [bare, crowded].map(|room| room.engine().as_of("then", &set).unwrap());
    assert_eq!((bare.files, bare.n_not_kept, &bare.note), (crowded.files, crowded.n_not_kept, &crowded.note));
    assert_eq!(bare.files, 2);
    let all = rooms[1].engine().as_of("then", &PathSet::all()).unwrap();
    assert_eq!(all.files, 3);
    assert!(found(rooms[1].engine(), Some("then"), &PathSet::none()).iter().all(Vec::is_empty));
}

#[test]
fn what_is_no_longer_kept_is_told() {
    let mut room = Room::new("");
    put(room.engine(), "a.md", &text(&[0]));
    put(room.engine(), "b.md", &text(&[1]));
    let first = a_quiet_time();
    put(room.engine(), "a.md", &text(&[2]));
    let second = a_quiet_time();
    put(room.engine(), "a.md", &text(&[3]));
    room.engine().keep_versions().unwrap();
    let told = |room: &Room, when: &str, within: &PathSet| {
        let AsOf { files, not_kept, n_not_kept, .. } = room.engine().as_of(when, within).unwrap();
        assert_eq!(not_kept.len() as u64, n_not_kept);
        (files, not_kept)
    };
    let all = PathSet::all();
    assert_eq!(told(&room, &first, &all), (2, vec![]));
    assert_eq!(files_as_of(room.engine(), &first).len(), 2);
    std::fs::write(room.at(".workroom/config.toml"), "[versions]\ncount = 1\n").unwrap();
    room.reopen();
    room.engine().drop_old().unwrap();
    for when in [&first, &second] {
        assert_eq!(told(&room, when, &all), (2, vec!["a.md".to_owned()]), "{when}");
        assert_eq!(files_as_of(room.engine(), when).into_keys().collect::<Vec<_>>(), ["b.md"]);
        assert_eq!(told(&room, when, &PathSet::under(["b.md"])), (1, vec![]));
    }
    assert_eq!(files_as_of(room.engine(), &a_quiet_time()).len(), 2, "the newest is there");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_does() {
    let room = Room::new("");
    put(room.engine(), "a.md", &text(&[0]));
    let check = |when: &str, kind: ErrorKind, hint: &str| {
        let error = room.engine().search(&Query::new("heron").as_of(when)).unwrap_err();
        assert_eq!(error.kind(), kind, "{when}: {error}");
        assert!(error.hints().is_some_and(|told| told.contains(hint)), "{when}: {error:?}");
        let error = room.engine().as_of(when, &PathSet::all()).unwrap_err();
        assert_eq!(error.kind(), kind, "{when}");
    };
    check("yesterday", ErrorKind::Invalid, "2026-11-21T08:00:00Z");
    check("", ErrorKind::Invalid, "7d");
    check("checkpoint_00000000", ErrorKind::NotFound, "checkpoint list");
    check("2999-01-01", ErrorKind::Invalid, "leave the time out");
    let tagged = room.engine().create_checkpoint("", &["7d".to_owned()], &Act::default()).unwrap();
    let as_of = room.engine().as_of("7d", &PathSet::all()).unwrap();
    assert_eq!(
        (&as_of.as_of, &as_of.at, as_of.note),
        (&tagged.id, &tagged.at, None),
        "a tag comes before an age"
    );
}

#[test]
fn before_the_first_version_there_is_nothing_and_that_is_said() {
    let room = Room::new("");
    put(room.engine(), "a.md", &text(&[0]));
    let as_of = room.engine().as_of("1970-01-02", &PathSet::all()).unwrap();
    assert_eq!((as_of.files, as_of.n_not_kept), (0, 0));
    assert!(as_of.note.is_some_and(|note| note.contains("the first is known since 2")));
    assert!(files_as_of(room.engine(), "1970-01-02").is_empty());
    let nowhere = room.engine().as_of("1h", &PathSet::under(["nowhere"])).unwrap();
    assert!(nowhere.note.is_some_and(|note| note.contains("then or at any time")));
}

#[test]
fn a_file_that_went_and_came_back_was_gone_in_between() {
    let room = Room::new("");
    let engine = room.engine();
    put(engine, "a.md", &text(&[0]));
    put(engine, "kept.md", &text(&[1]));
    engine.remove("a.md", &Condition::Any, &Act::default()).unwrap();
    let removed = a_quiet_time();
    let trashed = engine.trash(&PathSet::all()).pop().unwrap();
    engine.restore_from_trash(&trashed.id, None, &Act::default()).unwrap();
    engine.keep_versions().unwrap();
    let back = a_quiet_time();
    // Past the program, with the time that it had.
    let aside = room.folder.path().join(".aside");
    std::fs::rename(room.at("a.md"), &aside).unwrap();
    engine.index(&NoProgress).unwrap();
    engine.keep_versions().unwrap();
    let gone = a_quiet_time();
    std::fs::rename(&aside, room.at("a.md")).unwrap();
    engine.index(&NoProgress).unwrap();
    engine.keep_versions().unwrap();
    for (when, expected) in [(&removed, false), (&back, true), (&gone, false), (&a_quiet_time(), true)] {
        assert_eq!(files_as_of(engine, when).contains_key("a.md"), expected, "{when}");
    }
}

#[test]
fn a_file_of_then_is_found_where_a_folder_is_now_and_the_other_way_round() {
    let room = Room::new("");
    let engine = room.engine();
    put(engine, "x.md", &text(&[0]));
    let file = a_quiet_time();
    engine.remove("x.md", &Condition::Any, &Act::default()).unwrap();
    put(engine, "x.md/y.md", &text(&[1]));
    let folder = a_quiet_time();
    engine.remove_folder("x.md", true, &Act::default()).unwrap();
    for _ in 0..2 {
        for (when, expected) in [(&file, "x.md"), (&folder, "x.md/y.md")] {
            assert_eq!(files_as_of(engine, when).into_keys().collect::<Vec<_>>(), [expected]);
        }
        assert!(files_as_of(engine, &a_quiet_time()).is_empty());
        put(engine, "x.md", &text(&[0]));
        engine.remove("x.md", &Condition::Any, &Act::default()).unwrap();
    }
}

#[test]
fn what_the_index_beside_leaves_is_swept() {
    let mut room = Room::new("");
    put(room.engine(), "a.md", &text(&[0]));
    let made = room.engine().create_checkpoint("", &[], &Act::default()).unwrap();
    put(room.engine(), "a.md", &text(&[1]));
    let beside = |folder: &Path| {
        let entries = std::fs::read_dir(folder.join(".workroom/tmp")).unwrap().flatten();
        entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("past-")).count()
    };
    assert_eq!(files_as_of(room.engine(), &made.id).len(), 1);
    assert_eq!(beside(room.folder.path()), 1);
    room.close();
    assert_eq!(beside(room.folder.path()), 0);
    // As a kill would leave it.
    std::fs::create_dir_all(room.at(".workroom/tmp/past-old/files")).unwrap();
    room.reopen();
    assert_eq!(beside(room.folder.path()), 0);
}

#[test]
fn what_was_found_then_is_shown_as_it_was() {
    let mut room = Room::new("");
    let (first, second) = (text(&[0, 1, 2]), text(&[3]));
    put(room.engine(), "a.md", &first);
    let made = room.engine().create_checkpoint("", &[], &Act::default()).unwrap();
    room.engine().rename("a.md", "b.md", &Condition::Any, &Act::default()).unwrap();
    put(room.engine(), "a.md", &second);
    let all = PathSet::all();
    for _ in 0..2 {
        let query = Query::new("heron").as_of(&made.id);
        let hit = room.engine().search(&query).unwrap().into_iter().next().unwrap();
        assert_eq!((hit.path.as_str(), hit.is_current), ("a.md", Some(false)));
        room.reopen();
        let shown = room.engine().show_version("a.md", &hit.version, None, &all).unwrap();
        assert_eq!((&shown.version, shown.fresh), (&hit.version, false));
        assert!(shown.chunks.iter().any(|chunk| chunk.chunk == hit.chunk && chunk.text == hit.quote));
        let one = room.engine().show_version("a.md", &hit.version, Some(hit.chunk), &all).unwrap();
        assert!(one.chunks.iter().any(|chunk| chunk.asked && chunk.text == hit.quote));
        let refused = |path: &str, version: &str, chunk, within: &PathSet| {
            room.engine().show_version(path, version, chunk, within).unwrap_err().kind()
        };
        assert_eq!(refused("a.md", &hit.version, None, &PathSet::under(["c"])), ErrorKind::NotFound);
        assert_eq!(refused("a.md", &hit.version, Some(99), &all), ErrorKind::NotFound);
        assert_eq!(refused("c.md", &hit.version, None, &all), ErrorKind::NotFound);
        let now = version_of(second.as_bytes());
        assert!(room.engine().show_version("a.md", &now, None, &all).unwrap().fresh);
    }
}
