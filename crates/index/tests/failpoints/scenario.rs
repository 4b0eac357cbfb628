//! What is being done when it fails.

use crate::model::{Library, doc, path, read_all, vector};
use corpus::{ChunkId, TextHash, Tier};
use std::path::Path;
use workroom_index::{Error, Index, OpenReport, SkipRecord, VectorRow};

/// A folder, and steps that are taken in it.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    prepare: fn(&Path),
    steps: Vec<Step>,
}

struct Step {
    take: fn(&Index) -> Result<(), Error>,
    /// What it changes in the files, before it is taken.
    write: fn(&mut Library),
}

impl Scenario {
    /// A folder as it is before the first step.
    pub(crate) fn folder(&self) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        (self.prepare)(dir.path());
        dir
    }

    pub(crate) fn n_steps(&self) -> usize {
        self.steps.len()
    }

    /// What the files say after `n` steps.
    pub(crate) fn library(&self, n: usize) -> Library {
        let mut library = if self.name == "a new index" { Library::new() } else { start() };
        self.steps.iter().take(n).for_each(|step| (step.write)(&mut library));
        library
    }

    /// Opens the index and takes all steps; tells the number of each that was acknowledged.
    pub(crate) fn run(&self, dir: &Path, acknowledge: &mut dyn FnMut(usize)) -> Result<(), Error> {
        let (index, report) = Index::open(dir)?;
        if report.rebuild || !report.reingest.is_empty() {
            read_again(&index, &self.library(0), &report)?;
        }
        for (n, step) in self.steps.iter().enumerate() {
            (step.take)(&index)?;
            acknowledge(n + 1);
        }
        Ok(())
    }
}

/// As `read_all`, but that it may fail.
fn read_again(index: &Index, library: &Library, report: &OpenReport) -> Result<(), Error> {
    let mut transaction = index.begin()?;
    for (at, words) in library {
        if report.rebuild || report.reingest.contains(&path(at)) {
            transaction.put(doc(at, words), 0)?;
        }
    }
    transaction.commit()?;
    index.rebuilt()
}

fn start() -> Library {
    Library::from([("a", vec!["anchor", "buoy"]), ("b", vec!["crane"]), ("c", vec!["dock", "eel"])])
}

/// Merges begin at the sixth segment of a size.
fn filled(dir: &Path) {
    let (index, _) = Index::open(dir).unwrap();
    read_all(&index, &start());
    index.finish().unwrap();
}

fn put(index: &Index, docs: &[(&str, &[&str])]) -> Result<(), Error> {
    let mut transaction = index.begin()?;
    for (at, words) in docs {
        transaction.put(doc(at, words), 0)?;
    }
    transaction.commit().map(drop)
}

fn step(take: fn(&Index) -> Result<(), Error>, write: fn(&mut Library)) -> Step {
    Step { take, write }
}

/// Every scenario. Together they pass every place.
pub(crate) fn all() -> Vec<Scenario> {
    let one_more = || {
        vec![step(|index| put(index, &[("z", &["zebra"])]), |files| drop(files.insert("z", vec!["zebra"])))]
    };
    vec![
        Scenario { name: "commits", prepare: filled, steps: commits() },
        Scenario { name: "a new index", prepare: |_| {}, steps: one_more() },
        Scenario { name: "a lexicon with a rotten file", prepare: rotten_lexicon, steps: one_more() },
        Scenario { name: "a ledger to be replayed", prepare: torn_ledger, steps: one_more() },
        Scenario { name: "a ledger beyond repair", prepare: overwritten_ledger, steps: one_more() },
        Scenario { name: "a ledger that lost vectors", prepare: lost_vectors, steps: one_more() },
        Scenario { name: "a lexicon ahead of its ledger", prepare: older_ledger, steps: one_more() },
    ]
}

fn commits() -> Vec<Step> {
    vec![
        step(
            |index| {
                let mut transaction = index.begin()?;
                transaction.put(doc("a", &["buoy", "ferry"]), 0)?;
                transaction.put(doc("d", &["goat"]), 0)?;
                transaction.remove(&path("c"))?;
                transaction.commit().map(drop)
            },
            |files| {
                files.insert("a", vec!["buoy", "ferry"]);
                files.insert("d", vec!["goat"]);
                files.remove("c");
            },
        ),
        step(
            |index| {
                let mut transaction = index.begin()?;
                transaction.put(doc("b", &["phantom"]), 0)?;
                transaction.remove(&path("a"))
            },
            |_| {},
        ),
        step(
            |index| put(index, &[("b", &["heron", "ibis"]), ("b", &["jackal"])]),
            |files| drop(files.insert("b", vec!["jackal"])),
        ),
        step(teach, |_| {}),
        step(
            |index| {
                index.set_bulk(true)?;
                put(index, &[("e", &["kiwi"]), ("f", &["lion"])])?;
                index.set_bulk(false)
            },
            |files| {
                files.insert("e", vec!["kiwi"]);
                files.insert("f", vec!["lion"]);
            },
        ),
        step(|index| index.model_id("teacher").map(drop), |_| {}),
        step(many, |files| drop(files.insert("g", vec!["mole"]))),
        step(Index::finish, |_| {}),
    ]
}

/// A commit that leaves the full text alone: a skipped file, a teacher's vector.
fn teach(index: &Index) -> Result<(), Error> {
    let mut transaction = index.begin()?;
    let skip = SkipRecord {
        path: path("s"),
        size: 1,
        mtime_ns: 1,
        inode: 1,
        code: "binary".into(),
        reason: "x".into(),
        at_ms: 0,
        hash: None,
        parser: None,
        container: None,
    };
    transaction.skip(skip)?;
    let chunk = ChunkId(transaction.base().live().min().unwrap());
    let Some(text) = transaction.base().fetch(&[chunk])?.remove(0) else { return Ok(()) };
    transaction.replace_vector(VectorRow {
        chunk,
        model: corpus::ModelId(2),
        tier: Tier::Teacher,
        text_hash: TextHash::of(&text.body),
        vector: vector(&text.body),
    });
    transaction.commit().map(drop)
}

/// Commits enough for a merge. All put the same document, so they are one step of the model.
fn many(index: &Index) -> Result<(), Error> {
    (0..6).try_for_each(|_| put(index, &[("g", &["mole"])]))
}

fn rotten_lexicon(dir: &Path) {
    filled(dir);
    let entries = std::fs::read_dir(dir.join("lexicon")).unwrap().map(|entry| entry.unwrap().path());
    let file = entries.into_iter().find(|path| path.extension().is_some_and(|it| it == "term")).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] ^= 0x10;
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
}

fn torn_ledger(dir: &Path) {
    filled(dir);
    std::fs::write(dir.join("ledger/sled/conf"), [0x55; 40]).unwrap();
}

fn overwritten_ledger(dir: &Path) {
    filled(dir);
    std::fs::write(dir.join("ledger/sled/db"), vec![0xA5; 1 << 20]).unwrap();
}

fn lost_vectors(dir: &Path) {
    filled(dir);
    let (ledger, _) = ledger::Ledger::open(&dir.join("ledger"), &ledger::Options::default()).unwrap();
    let doc = ledger.docs().next().unwrap().unwrap();
    ledger.lose_vector(doc.first_chunk).unwrap();
    drop(ledger);
    let (index, report) = Index::open(dir).unwrap();
    assert_eq!(report, OpenReport::default(), "nobody has read the vectors yet");
    let Err(error) = index.snapshot() else { panic!("the loss was not noticed") };
    assert!(error.is_damage(), "{error}");
}

/// As a crash between the two stores leaves it, and with vectors staged.
fn older_ledger(dir: &Path) {
    filled(dir);
    let saved = tempfile::tempdir().unwrap();
    copy_folder(&dir.join("ledger"), saved.path());
    let (index, _) = Index::open(dir).unwrap();
    put(&index, &[("y", &["yak"])]).unwrap();
    drop(index);
    std::fs::remove_dir_all(dir.join("ledger")).unwrap();
    copy_folder(saved.path(), &dir.join("ledger"));
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
