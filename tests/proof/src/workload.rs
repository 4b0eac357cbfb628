//! The workload: random operations on a workspace, through the API and behind its back, each of them in the journal.
//!
//! Invariant: a file is changed by one thread only, but those under `shared/`, which all threads write through the API. So each thread
//! knows what its files hold, and can tell a stale answer. Which thread comes first is the system's choice; all else is the seed's.

use crate::journal::{self, Ack, Journal, Line, Start};
use crate::{Model, Op, Version, folder};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use workroom::{Config, Models, OpenOptions, Workspace};

mod worker;

use worker::Worker;

/// The teacher that back-fill uses where it is installed.
pub const TEACHER: &str = "all-MiniLM-L6-v2";

/// What to do, and where.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The workspace's folder, which must exist.
    pub root: PathBuf,
    /// Where the journal is kept, outside the workspace.
    pub acks: PathBuf,
    /// Of all choices.
    pub seed: u64,
    /// How many operations; without end where there is no number.
    pub ops: Option<u64>,
    /// Threads that work at once.
    pub threads: usize,
    /// Installed models: back-fill runs where the teacher is among them.
    pub models: Option<PathBuf>,
    /// Whether files are changed through the API only.
    pub only_api: bool,
    /// Whether each line of the journal is written to the standard output too, for a parent that waits for a certain one.
    pub echo: bool,
}

impl Workload {
    /// A workload of three threads, without end and without a teacher.
    #[must_use]
    pub fn new(root: &Path, acks: &Path, seed: u64) -> Self {
        let (root, acks) = (root.to_owned(), acks.to_owned());
        Self { root, acks, seed, ops: None, threads: 3, models: None, only_api: false, echo: false }
    }

    /// Works until all operations are done.
    ///
    /// # Errors
    /// When the journal cannot be written, or the workspace cannot be opened. An operation that fails is in the journal, and no error here.
    pub fn run(&self) -> Result<()> {
        let model = Model::of(&journal::read(&self.acks)?);
        let known = self.known(&model)?;
        let room = Room {
            root: self.root.clone(),
            options: OpenOptions { models_dir: self.models.clone(), ..OpenOptions::default() },
            teaches: self.models.is_some(),
            only_api: self.only_api,
            workspace: RwLock::new(None),
            journal: Mutex::new(Journal::append_to(&self.acks)?),
            echo: self.echo,
            next: AtomicU64::new(model.next.max(1)),
            left: AtomicU64::new(self.ops.unwrap_or(u64::MAX)),
        };
        room.write(&Line::Start(Start { seed: self.seed, pid: std::process::id() }))?;
        room.reopen()?;
        let mut workers: Vec<Worker<'_>> =
            (0..self.threads).map(|i| Worker::new(&room, i, self.seed, &known)).collect();
        let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
            let running: Vec<_> = workers.iter_mut().map(|worker| scope.spawn(|| worker.run())).collect();
            let panicked = || Err(anyhow::anyhow!("a thread of the workload panicked"));
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked())).collect()
        });
        outcomes.into_iter().collect::<Result<()>>()?;
        room.close()
    }

    /// What the files hold that earlier runs left.
    fn known(&self, model: &Model) -> Result<Known> {
        let mut known = Known::default();
        for (path, bytes) in folder::files(&self.root)? {
            let Some(Some(version)) = model.recognise(&path, Some(&bytes)) else {
                bail!("{path} holds what no operation wrote; it may hold {}", model.allowed(&path));
            };
            if !model.is_indexed(&path) {
                known.unpromised.insert(path.clone());
            }
            known.files.insert(path, version);
        }
        Ok(known)
    }
}

/// What a process finds when it begins.
#[derive(Default)]
struct Known {
    files: BTreeMap<String, Version>,
    /// Those that a search need not find yet.
    unpromised: BTreeSet<String>,
}

/// What the threads share.
struct Room {
    root: PathBuf,
    options: OpenOptions,
    teaches: bool,
    only_api: bool,
    workspace: RwLock<Option<Workspace>>,
    journal: Mutex<Journal>,
    echo: bool,
    next: AtomicU64,
    left: AtomicU64,
}

impl Room {
    /// Whether another operation is to be done.
    fn takes_one(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
    }

    /// The number of the next operation.
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn write(&self, line: &Line) -> Result<()> {
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.write(line)?;
        if self.echo {
            use std::io::Write;
            writeln!(std::io::stdout().lock(), "{}", line.event())?;
        }
        Ok(())
    }

    /// Does an operation between its two lines.
    fn perform(&self, n: u64, op: Op, work: impl FnOnce() -> Result<Ack>) -> Result<()> {
        self.write(&Line::Begin(n, op))?;
        self.write(&match work() {
            Ok(ack) => Line::Done(n, ack),
            Err(error) => Line::Fail(n, format!("{error:#}")),
        })
    }

    /// Does something with the workspace while it is open.
    fn with<T>(&self, work: impl FnOnce(&Workspace) -> Result<T>) -> Result<T> {
        let open = self.workspace.read().unwrap_or_else(PoisonError::into_inner);
        work(open.as_ref().context("the workspace is not open")?)
    }

    /// Closes the workspace where it is open, and opens it.
    fn reopen(&self) -> Result<()> {
        let mut place = self.workspace.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(workspace) = place.take() {
            self.perform(self.number(), Op::Close, || {
                drop(workspace);
                Ok(Ack::default())
            })?;
        }
        let mut opened = None;
        self.perform(self.number(), Op::Open, || {
            let workspace = self.open()?;
            let repaired = workspace.status()?.repaired;
            opened = Some(workspace);
            Ok(Ack { repaired, ..Ack::default() })
        })?;
        *place = Some(opened.context("the workspace cannot be opened; the journal says why")?);
        Ok(())
    }

    fn open(&self) -> Result<Workspace> {
        Workspace::init(&self.root)?;
        if let Some(models) = self.options.models_dir.as_deref().filter(|_| self.teaches)
            && Config::of(&self.root)?.model != TEACHER
        {
            Models::at(models).choose(&self.root, TEACHER)?;
        }
        Ok(Workspace::open_with(&self.root, &self.options)?)
    }

    fn close(&self) -> Result<()> {
        let workspace = self.workspace.write().unwrap_or_else(PoisonError::into_inner).take();
        self.perform(self.number(), Op::Close, || {
            drop(workspace);
            Ok(Ack::default())
        })
    }
}
