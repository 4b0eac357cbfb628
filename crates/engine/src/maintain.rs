//! Maintenance: a thread that makes the index better while there is nothing else to do: fits the student to the workspace, gives chunks
//! their teacher vectors, builds the graph over the vectors.
//!
//! Invariant: it never holds a query or a write for longer than one small commit. It takes no more than its share of the teacher's time
//! (`backfill_percent`), and none while a query is being answered or the whole folder is read.
//! Not here: the steps themselves (`adapt`, `backfill`).

use crate::adapt::{AdaptOptions, MOST_PASSAGES, choose};
use crate::keep::keep_versions;
use crate::scrub::scrub;
use crate::{Adapted, Backfilled, Engine, ErrorKind, Result};
use corpus::{ChunkId, Tier};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use index::Counts;
use serde::{Deserialize, Serialize};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The running threads. Dropping it stops them, after the batch under way.
pub(crate) struct Maintenance {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    /// Wakes the threads when it is dropped.
    awake: Option<Sender<()>>,
}

impl Drop for Maintenance {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.awake.take());
        for thread in self.threads.drain(..) {
            // A panic there was told on the way; there is nobody to hand it to here.
            drop(thread.join());
        }
    }
}

impl Engine {
    /// Improves the index in the background until the returned handle is dropped: adapts the student, gives chunks teacher vectors (both
    /// only with a teacher), and builds the graph over the vectors when there are enough of them. [`Engine::watch`] does so too.
    /// `tell` hears what was done, on the threads that did it: it should be quick.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub(crate) fn maintain(
        self: &Arc<Self>,
        tell: impl Fn(Improvement) + Send + Sync + 'static,
    ) -> Result<Maintenance> {
        let stop = Arc::new(AtomicBool::new(false));
        let (awake, asleep) = crossbeam_channel::bounded(0);
        let mut maintenance = Maintenance { stop, threads: Vec::new(), awake: Some(awake) };
        let tell: Arc<Tell> = Arc::new(tell);
        maintenance.start("workroom-graph", self, &asleep, &tell, keep_graph)?;
        maintenance.start("workroom-scrub", self, &asleep, &tell, scrub)?;
        maintenance.start("workroom-keep", self, &asleep, &tell, keep_versions)?;
        if self.teacher.is_ready() {
            let improve = |workspace: &Engine, rest: &Rest, tell: &Tell| {
                Improver { workspace, rest, tell, stage: Stage::Open, queue: Vec::new() }.run();
            };
            maintenance.start("workroom-teacher", self, &asleep, &tell, improve)?;
        }
        Ok(maintenance)
    }
}

impl Maintenance {
    fn start(
        &mut self,
        name: &str,
        workspace: &Arc<Engine>,
        asleep: &Receiver<()>,
        tell: &Arc<Tell>,
        body: fn(&Engine, &Rest, &Tell),
    ) -> Result<()> {
        let rest = Rest { asleep: asleep.clone(), stop: Arc::clone(&self.stop) };
        let (workspace, tell) = (Arc::clone(workspace), Arc::clone(tell));
        let thread = std::thread::Builder::new().name(name.to_owned());
        self.threads.push(thread.spawn(move || body(&workspace, &rest, &*tell))?);
        Ok(())
    }
}

pub(crate) type Tell = dyn Fn(Improvement) + Send + Sync;

/// What was made better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Improvement {
    /// The student was fitted to the workspace.
    Adapted(Adapted),
    /// Chunks got their teacher vectors.
    Filled(Backfilled),
    /// A graph over the vectors was built.
    Graph,
    /// Something a person should know; it is tried again.
    Problem(String),
}

/// Waits that end at once when it is time to stop.
pub(crate) struct Rest {
    asleep: Receiver<()>,
    stop: Arc<AtomicBool>,
}

impl Rest {
    /// Returns whether to go on.
    pub(crate) fn wait(&self, time: Duration) -> bool {
        self.asleep.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
    }

    /// Whether it is time to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How often it is looked whether the vectors have outgrown the exact scan, or the graph its vectors.
const GRAPH_EVERY: Duration = Duration::from_secs(10);

fn keep_graph(workspace: &Engine, rest: &Rest, tell: &Tell) {
    while rest.wait(GRAPH_EVERY) {
        if workspace.index.build_graph(NonZero::<usize>::MIN, &rest.stop) {
            tell(Improvement::Graph);
        }
    }
}

/// How often it is looked for work when there was none.
const IDLE: Duration = Duration::from_millis(500);
/// After an error of the teacher or the index.
const AFTER_ERROR: Duration = Duration::from_secs(30);
/// How often it is looked whether what is more urgent has ended.
const POLITE: Duration = Duration::from_millis(20);
/// Where queries never end, a batch is made after so long all the same.
const MOST_POLITE: Duration = Duration::from_secs(1);
/// Chunks of one commit.
const BATCH: usize = 16;
/// Chunks that are put in order at a time; what changes after that waits for the next order, unless a query wants it.
const QUEUE: usize = 512;

/// A smaller workspace has all its teacher vectors before adaptation would pay.
const ADAPT_FROM: u64 = 1000;
/// The part of the chunks that must have come after the last adaptation for another one.
const DRIFT: f64 = 0.5;
/// Times as many passages as at the last fit make another one worth it.
const REFIT: u64 = 4;

/// What the thread is about.
enum Stage {
    /// To end what a stop left undone.
    Open,
    /// To give chunks teacher vectors, in order of need.
    Fill,
    /// To give a sample of chunks teacher vectors, and then fit the student to all that have one.
    Sample,
}

struct Improver<'a> {
    workspace: &'a Engine,
    stage: Stage,
    rest: &'a Rest,
    tell: &'a Tell,
    /// The next chunks to embed, the last one first.
    queue: Vec<ChunkId>,
}

impl Improver<'_> {
    fn run(mut self) {
        self.workspace.improving.running.store(true, Ordering::Relaxed);
        let mut pause = Duration::ZERO;
        while self.rest.wait(pause) {
            pause = match self.step() {
                Ok(worked) => worked.map_or(IDLE, |worked| self.share_of(worked)),
                Err(error) if error.kind() == ErrorKind::Cancelled => continue,
                Err(error) => {
                    (self.tell)(Improvement::Problem(error.to_string()));
                    AFTER_ERROR
                }
            };
        }
        self.workspace.improving.running.store(false, Ordering::Relaxed);
        self.workspace.note_rate();
    }

    /// One piece of work. Returns how long it took, or `None` when there was none to do.
    fn step(&mut self) -> Result<Option<Duration>> {
        let workspace = self.workspace;
        if workspace.is_paused() || workspace.teacher.problem().is_some() {
            return Ok(None);
        }
        let began = Instant::now();
        let improving = &workspace.improving;
        while improving.is_indexing() || (improving.is_asked() && began.elapsed() < MOST_POLITE) {
            if !self.rest.wait(POLITE) {
                return Ok(None);
            }
        }
        let started = Instant::now();
        let worked = match self.stage {
            Stage::Open => {
                workspace.rederive(&self.rest.stop)?;
                self.stage = Stage::Fill;
                true
            }
            Stage::Fill if self.should_adapt() => {
                self.queue = choose(&*workspace.index.snapshot()?, AdaptOptions::default().sample);
                self.stage = Stage::Sample;
                true
            }
            Stage::Sample if self.queue.is_empty() => self.refit()?,
            Stage::Fill if self.should_refit() => self.refit()?,
            Stage::Fill | Stage::Sample => self.fill()?,
        };
        Ok(worked.then(|| started.elapsed()))
    }

    fn refit(&mut self) -> Result<bool> {
        let adapted = self.workspace.refit(&self.rest.stop)?;
        (self.tell)(Improvement::Adapted(adapted));
        self.stage = Stage::Fill;
        Ok(true)
    }

    /// Embeds the next batch. Returns whether there was one.
    fn fill(&mut self) -> Result<bool> {
        let workspace = self.workspace;
        let snapshot = workspace.index.snapshot()?;
        // Asked twice a second while there is nothing to do: no time to look at every chunk.
        if waiting_in(&snapshot.counts()) == 0 {
            workspace.rest_cache();
            return Ok(false);
        }
        let by_student = |chunk: &ChunkId| {
            snapshot.live().contains(chunk.0) && snapshot.tier(*chunk) == Some(Tier::Student)
        };
        let mut batch: Vec<ChunkId> = workspace.improving.take_wanted(BATCH);
        batch.retain(by_student);
        if self.queue.is_empty() && batch.is_empty() {
            // Once an order, not once a batch: it is only for an estimate.
            workspace.note_rate();
            self.queue = crate::backfill::waiting(&snapshot);
            self.queue.truncate(QUEUE);
            self.queue.reverse();
        }
        while batch.len() < BATCH {
            let Some(next) = self.queue.pop() else { break };
            if by_student(&next) && !batch.contains(&next) {
                batch.push(next);
            }
        }
        if batch.is_empty() {
            return Ok(false);
        }
        let embedded = workspace.backfill_batch(&snapshot, &batch)?;
        let left = waiting_in(&workspace.index.documents().counts());
        (self.tell)(Improvement::Filled(Backfilled { embedded, left }));
        // Chunks without direction would come back for ever.
        Ok(embedded > 0 || !self.queue.is_empty())
    }

    fn should_adapt(&self) -> bool {
        let snapshot = self.workspace.index.documents();
        let chunks = snapshot.live().len();
        if chunks < ADAPT_FROM {
            return false;
        }
        let Some(last) = self.workspace.improving.adaptation() else { return true };
        let later = snapshot.live().range_cardinality(last.next_chunk..);
        later as f64 > DRIFT * chunks as f64
    }

    /// Whether so many more chunks have a teacher's vector since the last fit that another would be better, and enough others are left
    /// to gain by it.
    fn should_refit(&self) -> bool {
        let Some(last) = self.workspace.improving.adaptation() else { return false };
        let counts = self.workspace.index.documents().counts();
        let lessons = counts.teacher_vectors.min(MOST_PASSAGES as u64);
        lessons >= REFIT * last.sample.max(1) && waiting_in(&counts) > counts.teacher_vectors
    }

    /// How long to rest after working for a time, so that the share is kept.
    fn share_of(&self, worked: Duration) -> Duration {
        let percent = f64::from(self.workspace.config.backfill_percent);
        worked.mul_f64((100.0 - percent) / percent)
    }
}

/// Chunks that have a vector and not the teacher's.
fn waiting_in(counts: &Counts) -> u64 {
    counts.vectors.saturating_sub(counts.teacher_vectors)
}
