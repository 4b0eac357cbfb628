//! Freshness: from closing a file to finding its new content, with a watch running, for modify, add, delete and rename.
//!
//! A sample begins when the file is closed (or renamed, or removed) and ends when the watch tells that the change is committed, which is when
//! every search sees it; a search for a word that occurs once then checks that it does. Each operation 200 times, one after another.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use workroom::{Mode, Outcome, Query, WatchEvent, Workspace};

const ROUNDS: usize = 200;
/// Longer than this is a failure, not a sample.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(root: &Path) -> Result<Value, Failure> {
    let workspace = Arc::new(Workspace::create(root)?);
    let (send, events) = mpsc::channel();
    let watch = workspace.watch(move |event| drop(send.send(event)))?;
    let ready = events.iter().find(|event| !matches!(event, WatchEvent::Problem(_)));
    let Some(WatchEvent::Ready { mode, .. }) = ready else {
        return Err(format!("no watch: {ready:?}").into());
    };
    println!("  {mode}");
    let bench = Bench { workspace: Arc::clone(&workspace), folder: root.join("bench-fresh"), events };
    std::fs::create_dir_all(&bench.folder)?;
    let mut results = Map::new();
    for (name, operation) in [
        ("add", Bench::add as Operation),
        ("modify", Bench::modify),
        ("rename", Bench::rename),
        ("delete", Bench::delete),
    ] {
        let mut samples = Samples::default();
        for round in 0..ROUNDS {
            samples.add(operation(&bench, round)?);
        }
        println!("{}", samples.line(name));
        results.insert(name.to_owned(), samples.json());
    }
    watch.stop();
    Ok(Value::Object(results))
}

type Operation = fn(&Bench, usize) -> Result<Duration, Failure>;

struct Bench {
    workspace: Arc<Workspace>,
    folder: PathBuf,
    events: mpsc::Receiver<WatchEvent>,
}

impl Bench {
    fn add(&self, round: usize) -> Result<Duration, Failure> {
        let (name, word) = (format!("note{round}.md"), word("added", round));
        std::fs::write(self.folder.join(&name), text(&word, round))?;
        self.searchable(&name, &word)
    }

    fn modify(&self, round: usize) -> Result<Duration, Failure> {
        let (name, word) = (format!("note{round}.md"), word("changed", round));
        std::fs::write(self.folder.join(&name), text(&word, round))?;
        self.searchable(&name, &word)
    }

    fn rename(&self, round: usize) -> Result<Duration, Failure> {
        let name = format!("moved{round}.md");
        std::fs::rename(self.folder.join(format!("note{round}.md")), self.folder.join(&name))?;
        self.searchable(&name, &word("changed", round))
    }

    fn delete(&self, round: usize) -> Result<Duration, Failure> {
        let name = format!("moved{round}.md");
        std::fs::remove_file(self.folder.join(&name))?;
        let took = self.told(&name, |outcome| *outcome == Outcome::Removed)?;
        if self.workspace.show(&format!("bench-fresh/{name}")).is_ok() {
            return Err(format!("{name} is told to be gone and is not").into());
        }
        Ok(took)
    }

    /// Waits until a file is told to be indexed, then finds it by its word.
    fn searchable(&self, name: &str, word: &str) -> Result<Duration, Failure> {
        let took = self.told(name, |outcome| matches!(outcome, Outcome::Indexed { .. }))?;
        for mode in [Mode::Hybrid, Mode::Lexical] {
            let query = Query::new(word).mode(mode);
            let hits = self.workspace.search(&query)?;
            if !hits.iter().any(|hit| hit.path.ends_with(name) && hit.quote.contains(word)) {
                return Err(format!("{name} is told to be searchable and is not found ({mode:?})").into());
            }
        }
        Ok(took)
    }

    fn told(&self, name: &str, fits: impl Fn(&Outcome) -> bool) -> Result<Duration, Failure> {
        let started = Instant::now();
        loop {
            match self.events.recv_timeout(PATIENCE)? {
                WatchEvent::Changed { path, outcome, .. } if path.ends_with(name) && fits(&outcome) => {
                    return Ok(started.elapsed());
                }
                WatchEvent::Failed(error) => return Err(error.into()),
                _ => {}
            }
        }
    }
}

/// A word of its own, of letters only.
fn word(kind: &str, round: usize) -> String {
    let letters =
        format!("{round:03}").bytes().map(|digit| char::from(b'b' + (digit - b'0') * 2)).collect::<String>();
    format!("zq{kind}{letters}q")
}

/// A file of a few kilobytes, as a note is.
fn text(word: &str, round: usize) -> String {
    let line = |i: usize| {
        format!(
            "Line {i} of round {round} speaks of weather, harvest and the price of rope in the harbour.\n\n"
        )
    };
    let rest: String = (0..20).map(line).collect();
    format!("# Note {round}\n\nHere stands {word}.\n\n{rest}")
}
