//! A workspace: one folder, its index, its pipeline, its models.
//!
//! Invariant: while an `Engine` lives, its process owns `.workroom/`, and no other process writes there.

use crate::audit::AuditLog;
use crate::breaches::Breaches;
use crate::config::Config;
use crate::events::Events;
use crate::folder::Folder;
use crate::handoff::Handoff;
use crate::improving::Improving;
use crate::keep::Keep;
use crate::layout::Layout;
use crate::lease_ends::LeaseEnds;
use crate::leases::Leases;
use crate::lock::Lock;
use crate::models::Models;
use crate::past::Past;
use crate::teacher::Teacher;
use crate::turns::Turns;
use crate::{Progress, Result, Summary, attempt, identity, student};
use corpus::{DocPath, Seq};
use custody::History;
use embed::WordPiece;
use fence::Fence;
use index::{Index, OpenReport};
use ingest::{Ingest, Limits, NoProgress, Reading};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use watch::{Rules, RulesOptions};

/// How to open a workspace.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The folder that holds installed models. Without one no teacher is used.
    pub models_dir: Option<PathBuf>,
    /// Worker threads of the pipeline and of the teacher; 0 means one for each core.
    pub threads: usize,
    /// What is started to parse files that are not plain text; without it they are skipped.
    pub parser: Option<fence::Program>,
}

/// A folder of files with an index. Share it between threads by reference or `Arc`.
pub struct Engine {
    pub(crate) layout: Layout,
    pub(crate) folder: Folder,
    pub(crate) history: Arc<History>,
    pub(crate) keep: Keep,
    pub(crate) past: Past,
    pub(crate) events: Arc<Events>,
    /// Dropped before the log of which it is the last that notes.
    _lease_ends: LeaseEnds,
    pub(crate) audit: AuditLog,
    pub(crate) leases: Leases,
    pub(crate) handoff: Handoff,
    pub(crate) config: Config,
    pub(crate) index: Arc<Index>,
    pub(crate) ingest: Ingest,
    pub(crate) tokenizer: &'static WordPiece,
    pub(crate) teacher: Teacher,
    pub(crate) improving: Improving,
    pub(crate) repaired: Vec<String>,
    pub(crate) turns: Turns,
    /// Whether the vectors have been read into memory.
    pub(crate) is_warm: AtomicBool,
    /// Whether something in the background met damage.
    pub(crate) ailing: AtomicBool,
    rules: RwLock<Rules>,
    /// Dropped last: the workspace is ours until everything else is closed.
    _lock: Arc<Lock>,
}

/// How long to wait for what another process or thread does in a moment, and how often to look: far longer than starting a process takes.
const PATIENCE: Duration = Duration::from_secs(2);
const STEP: Duration = Duration::from_millis(5);

impl Engine {
    /// Makes the folder a workspace: `.workroom/` with the default settings, and an ignore file if there is none. Returns whether it was
    /// none before. Changes nothing in a folder that is one already.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written.
    pub fn init(folder: &Path) -> Result<bool> {
        let (layout, mut is_new) = Layout::make(folder)?;
        let started = Instant::now();
        while is_new {
            match Lock::try_take(folder)? {
                Some(_lock) => {
                    Self::furnish(&layout)?;
                    return Ok(true);
                }
                // Another process is doing it just now.
                None if started.elapsed() < PATIENCE => std::thread::sleep(STEP),
                None => return Err(Lock::locked(folder)),
            }
            is_new = !layout.is_furnished();
        }
        Ok(is_new)
    }

    /// Makes a folder with files in it a workspace with these settings, where it is none.
    pub(crate) fn init_with(folder: &Path, config: &Config) -> Result<()> {
        let (layout, _) = Layout::make(folder)?;
        let _lock = Lock::try_take(folder)?.ok_or_else(|| Lock::locked(folder))?;
        Self::furnish_with(&layout, config)
    }

    fn furnish(layout: &Layout) -> Result<()> {
        Self::furnish_with(layout, &Config::default())
    }

    fn furnish_with(layout: &Layout, config: &Config) -> Result<()> {
        if layout.is_furnished() {
            return Ok(());
        }
        // The index is nobody's source: it must not end up in a repository or a backup by accident.
        layout.write_whole(&layout.dir().join(".gitignore"), b"*\n")?;
        let ignore = layout.root.join(watch::IGNORE_FILE);
        if !ignore.exists() {
            layout.write_whole(&ignore, watch::DEFAULT_IGNORE.as_bytes())?;
        }
        identity::make(layout)?;
        // Last: as long as it is missing, this begins anew.
        config.save(layout)
    }

    /// Opens a workspace that this process has taken.
    ///
    /// # Errors
    /// [`NotAWorkspace`](crate::ErrorKind::NotAWorkspace), [`Incompatible`](crate::ErrorKind::Incompatible), and I/O errors.
    pub fn open_locked(lock: Arc<Lock>, options: &OpenOptions) -> Result<Self> {
        let layout = lock.layout().clone();
        layout.make_temporary()?;
        layout.refuse_special()?;
        let folder = Folder::open(&layout.root)?;
        attempt::settle(&layout, &folder.files)?;
        layout.sweep_after_owner()?;
        layout.sweep_temporary()?;
        identity::make(&layout)?;
        let config = Config::load(&layout)?;
        let history = Arc::new(open_history(&layout)?);
        let keep = Keep::open(&layout.dir().join(custody::FOLDER))?;
        let events = Events::open(&layout)?;
        let mut audit = AuditLog::open(&layout, &config, &folder)?;
        let leases = Leases::open(&layout.dir().join(custody::FOLDER));
        let handoff = Handoff::at(&layout);
        let (index, report) = open_index(&layout.index())?;
        let index = Arc::new(index);
        let models = options.models_dir.as_deref().map(Models::at);
        let teacher = Teacher::choose(&config, models.as_ref(), &index, options.threads)?;
        let tokenizer = WordPiece::builtin();
        let student = student::find(&index)?;
        let limits = Limits { threads: options.threads, ..Limits::default() };
        let ingest = Ingest::new(
            &layout.root,
            Arc::clone(&index),
            student.in_use,
            tokenizer,
            teacher.model_id(),
            limits,
            reading(&config, options),
        )?;
        let told = Arc::clone(&events);
        let left = audit.take_left();
        events.look_for(Breaches::of(leases.clone(), audit.noter(), Arc::clone(&history), left));
        let lease_ends = LeaseEnds::told(leases.clone(), audit.noter(), Arc::clone(&events))?;
        let ingest = ingest.telling(move |changes| told.committed(changes));
        let rules = RwLock::new(Rules::new(&layout.root, rules_options(&config))?);
        let mut repaired = report.repaired.clone();
        repaired.extend(student.problem);
        let improving = Improving::default();
        if let Some(adaptation) = student.adaptation {
            improving.adapted(adaptation);
        }
        let workspace = Self {
            layout,
            folder,
            history,
            keep,
            past: Past::default(),
            events,
            _lease_ends: lease_ends,
            audit,
            leases,
            handoff,
            config,
            index,
            ingest,
            tokenizer,
            teacher,
            improving,
            repaired,
            turns: Turns::default(),
            is_warm: AtomicBool::new(false),
            ailing: AtomicBool::new(false),
            rules,
            _lock: lock,
        };
        workspace.heal(&report)?;
        workspace.settle_trash()?;
        workspace.finish_restore()?;
        workspace.tell_left_transfers();
        Ok(workspace)
    }

    /// Reads again what recovery lost, so that nothing is missing from the first search on.
    fn heal(&self, report: &OpenReport) -> Result<()> {
        if report.rebuild || self.index.documents().seq() == Seq(0) {
            self.events.begin_remaking();
        }
        if report.rebuild {
            self.index(&NoProgress)?;
            self.index.rebuilt()?;
        } else if !report.reingest.is_empty() {
            self.ingest.apply(&self.rules(), &report.reingest, &NoProgress)?;
        }
        Ok(())
    }

    /// Brings the index up to date with the folder.
    ///
    /// # Errors
    /// When the folder cannot be walked or the index fails. A file that cannot be read is no error: see [`Engine::status`].
    pub fn index(&self, progress: &dyn Progress) -> Result<Summary> {
        self.index_until(progress, &AtomicBool::new(false))
    }

    /// As [`Engine::index`], until `cancel` becomes true. What was indexed before stays, and the next run goes on from there.
    ///
    /// # Errors
    /// As [`Engine::index`], and [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn index_until(&self, progress: &dyn Progress, cancel: &AtomicBool) -> Result<Summary> {
        let _indexing = self.improving.indexing();
        let rules = self.reload_rules()?;
        let summary = self.ingest.reconcile(&rules, progress, cancel)?;
        self.note_reconciled();
        self.keep.look_at_all();
        self.events.end_remaking();
        Ok(summary)
    }

    /// The workspace's folder, as an absolute path without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.layout.root
    }

    /// The settings it was opened with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn rules(&self) -> Rules {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the ignore files anew.
    pub(crate) fn reload_rules(&self) -> Result<Rules> {
        let fresh = Rules::new(&self.layout.root, rules_options(&self.config))?;
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }
}

/// Reads who wrote what. What is gone from the disk is forgotten in time, whoever removed it.
fn open_history(layout: &Layout) -> Result<History> {
    let folder = Folder::open(&layout.root)?;
    let is_there = move |path: &str| {
        let there = DocPath::new(path).map(|path| folder.files.stat(&path));
        !matches!(there, Ok(Err(files::Error::NotFound(_) | files::Error::Below { .. })))
    };
    Ok(History::open(&layout.dir().join(custody::FOLDER), is_there)?)
}

/// Opens the index of a workspace that is ours. Its stores can be locked all the same for a moment, by a process that another thread of
/// ours is starting just now: until it has begun, it holds copies of all our files.
fn open_index(dir: &Path) -> Result<(Index, OpenReport)> {
    let started = Instant::now();
    loop {
        match Index::open(dir) {
            Err(index::Error::Locked { .. }) if started.elapsed() < PATIENCE => {
                std::thread::sleep(STEP);
            }
            opened => return Ok(opened?),
        }
    }
}

impl Drop for Engine {
    /// Lets merges end, so that many short runs do not leave many small segments.
    fn drop(&mut self) {
        self.leases.close();
        self.sync_events();
        self.rest_cache();
        if let Err(error) = self.index.finish() {
            tracing::warn!(%error, "merging ended early; nothing is lost");
        }
    }
}

/// How files are read. No process is started before there is a file for one.
fn reading(config: &Config, options: &OpenOptions) -> Reading {
    let defaults = fence::Limits::default();
    let threads = if options.threads == 0 { defaults.children } else { options.threads };
    let limits = fence::Limits {
        memory_bytes: config.parse_memory_mb.saturating_mul(1 << 20),
        time: Duration::from_secs(config.parse_seconds),
        // One more than a bulk run keeps busy: a single change does not wait behind it.
        children: threads + 1,
        ..defaults
    };
    Reading {
        max_file_bytes: config.max_file_bytes,
        max_document_bytes: config.max_document_bytes,
        archives: config.archives,
        off: config.index.set(),
        fence: options.parser.clone().map(|program| Arc::new(Fence::new(program, limits))),
    }
}

fn rules_options(config: &Config) -> RulesOptions {
    RulesOptions { hidden: config.hidden, ..RulesOptions::default() }
}
