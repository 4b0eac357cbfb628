//! Freshness: from closing a file to finding its new content, with a watch running, for modify, add, delete and rename.
//!
//! A sample begins when the file is closed (or renamed, or removed) and ends when a search for what changed has the right answer; searches
//! are asked again and again, so a sample includes up to one search's time more than needed. Each operation 200 times.

use crate::Failure;
use crate::statistics::Samples;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use workroom::{Mode, Query, WatchEvent, Workspace};

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
    let bench = Bench { workspace: Arc::clone(&workspace), folder: root.join("bench-fresh") };
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
}

impl Bench {
    fn file(&self, name: &str, round: usize) -> PathBuf {
        self.folder.join(format!("{name}{round}.md"))
    }

    fn add(&self, round: usize) -> Result<Duration, Failure> {
        let word = format!("addedword{round}x");
        std::fs::write(self.file("note", round), text(&word, round))?;
        self.until(&word, Some(&format!("bench-fresh/note{round}.md")))
    }

    fn modify(&self, round: usize) -> Result<Duration, Failure> {
        let word = format!("changedword{round}x");
        std::fs::write(self.file("note", round), text(&word, round))?;
        self.until(&word, Some(&format!("bench-fresh/note{round}.md")))
    }

    fn rename(&self, round: usize) -> Result<Duration, Failure> {
        std::fs::rename(self.file("note", round), self.file("moved", round))?;
        self.until(&format!("changedword{round}x"), Some(&format!("bench-fresh/moved{round}.md")))
    }

    fn delete(&self, round: usize) -> Result<Duration, Failure> {
        std::fs::remove_file(self.file("moved", round))?;
        self.gone(&format!("bench-fresh/moved{round}.md"))
    }

    /// Searches until the first hit for a word that occurs once is the file, by meaning and words together.
    fn until(&self, word: &str, path: Option<&str>) -> Result<Duration, Failure> {
        let started = Instant::now();
        let query =
            Query::new(format!("where does {word} stand")).limit(1).mode(Mode::Hybrid).path("bench-fresh");
        loop {
            let hits = self.workspace.search(&query)?;
            let found = hits.first().filter(|hit| hit.quote.contains(word)).map(|hit| hit.path.as_str());
            if found == path {
                return Ok(started.elapsed());
            }
            self.give_up(started, word)?;
        }
    }

    /// Waits until the index itself has forgotten the file (a search hides it at once, by looking at the disk).
    fn gone(&self, path: &str) -> Result<Duration, Failure> {
        let started = Instant::now();
        while self.workspace.show(path).is_ok() {
            self.give_up(started, path)?;
        }
        Ok(started.elapsed())
    }

    fn give_up(&self, started: Instant, what: &str) -> Result<(), Failure> {
        if started.elapsed() > PATIENCE {
            return Err(format!("{what} is not there after {PATIENCE:?}").into());
        }
        // Asking again at once would take the core that the index needs.
        std::thread::sleep(Duration::from_micros(500));
        Ok(())
    }
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
