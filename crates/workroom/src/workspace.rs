//! A workspace, whoever owns it: the library's one type for a folder with an index.
//!
//! Invariant: every call behaves the same in the owner's process and in any other, but for the time it takes. When the owner goes away in
//! the middle of a call, the call is made again of the next one.
//! Not here: who the owner is (`role`), what it does (`engine`).

use crate::client::Failure;
use crate::frame::Frame;
use crate::message::{Asked, Request, Step};
use crate::notes::{self, Notes};
use crate::options::OpenOptions;
use crate::owner::Owner;
use crate::role::Role;
use engine::{
    Act, Actor, AdaptOptions, Adapted, Answer, Attempt, Backfilled, Config, Engine, Error, ErrorKind,
    Findings, Folder, Hit, PathSet, Problem, Progress, Query, Question, Result, Shown, Status, Summary, Via,
};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A folder of files with an index, as somebody uses it. Cheap to clone and to share between threads; any number of processes may have it open.
#[derive(Clone)]
pub struct Workspace {
    shared: Arc<Shared>,
    /// Who does what is done by this handle.
    by: Arc<Actor>,
    /// The lease by which changes are made.
    lease: Option<Arc<str>>,
    /// Whether looks at files are not noted.
    pub(crate) is_quiet: bool,
}

/// What all handles of one opening share.
pub(crate) struct Shared {
    folder: PathBuf,
    options: OpenOptions,
    /// `None` between two owners.
    role: Mutex<Option<Arc<Role>>>,
    /// Opened anew with each owner: the folder at that path may be another one since the last.
    disk: Mutex<Arc<Folder>>,
    /// What waits to be noted by another process.
    pub(crate) notes: Arc<Notes>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let role = self.role.get_mut().unwrap_or_else(PoisonError::into_inner);
        notes::send_last(&self.notes, role.as_deref());
    }
}

/// Owners that may be lost in one call: a request that ends every owner must end itself. Whoever waits for something waits on, whoever serves.
const MOST_LOST: usize = 8;
/// How long a query may take before its caller is told that it took too long.
const DEADLINE: Duration = Duration::from_secs(60);

/// By when a query that begins now must have its turn.
pub(crate) fn turn() -> Option<Instant> {
    Some(Instant::now() + DEADLINE)
}

impl Workspace {
    /// Opens the workspace at `folder`, which must hold one.
    ///
    /// # Errors
    /// [`NotAWorkspace`](ErrorKind::NotAWorkspace), [`Locked`](ErrorKind::Locked) when another process owns it and lets nobody in,
    /// [`Incompatible`](ErrorKind::Incompatible), and I/O errors.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(folder, &OpenOptions::default())
    }

    /// Opens the workspace at `folder` with options.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn open_with(folder: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        // The settings are read first: what is wrong with them is the caller's to hear, not an owner's.
        Config::of(folder.as_ref())?;
        let folder = fs_err::canonicalize(folder.as_ref())?;
        let role = Role::find(&folder, options)?;
        let (role, disk) = (Mutex::new(Some(Arc::new(role))), Mutex::new(Arc::new(Folder::open(&folder)?)));
        let notes = Arc::default();
        Ok(Self::of(Arc::new(Shared { folder, options: options.clone(), role, disk, notes })))
    }

    /// The owner's, by the library.
    pub(crate) fn of(shared: Arc<Shared>) -> Self {
        Self { shared, by: Arc::new(Actor::owner(Via::Library)), lease: None, is_quiet: false }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Who acts by this handle.
    pub(crate) fn actor(&self) -> &Actor {
        &self.by
    }

    /// The same workspace, as somebody else uses it: what is done by the new handle is theirs. Without this it is the owner's, by the library.
    /// What they may do is not asked here ([`Workspace::within`] limits what is seen).
    #[must_use]
    pub fn acting_as(&self, by: Actor) -> Self {
        Self { by: Arc::new(by), ..self.clone() }
    }

    /// The same workspace, as it is used by whoever holds that lease: changes by the new handle are made by it, and refused when it holds no
    /// more. A lease is its holder's alone: it is of no use to a handle that [acts as](Workspace::acting_as) somebody else.
    #[must_use]
    pub fn under_lease(&self, id: &str) -> Self {
        Self { lease: Some(id.into()), ..self.clone() }
    }

    /// Makes the folder a workspace if it is none, and opens it.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        Self::create_with(folder, &OpenOptions::default())
    }

    /// Makes the folder a workspace if it is none, and opens it with options.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn create_with(folder: impl AsRef<Path>, options: &OpenOptions) -> Result<Self> {
        Self::init(folder.as_ref())?;
        Self::open_with(folder, options)
    }

    /// Makes the folder a workspace: `.workroom/` with the default settings, and an ignore file if there is none. Returns whether it was
    /// none before. Changes nothing in a folder that is one already.
    ///
    /// # Errors
    /// When the folder does not exist or cannot be written.
    pub fn init(folder: &Path) -> Result<bool> {
        Engine::init(folder)
    }

    /// Throws the index away; the next process that opens the workspace makes it anew from the files. No file of the workspace is touched,
    /// and teacher vectors are kept in the cache of embeddings. A daemon is asked to leave for it.
    ///
    /// # Errors
    /// [`Locked`](ErrorKind::Locked) when another process owns the workspace and stays, and when the index folder cannot be removed.
    pub fn discard_index(folder: &Path) -> Result<()> {
        const TRIES: usize = 10;
        for _ in 1..TRIES {
            crate::stop_daemon(folder)?;
            match Engine::discard_index(folder) {
                // Somebody has started another one just now.
                Err(error) if error.kind() == ErrorKind::Locked => {}
                done => return done,
            }
        }
        Engine::discard_index(folder)
    }

    /// Holds back-fill and adaptation in the workspace at `folder`, whoever does them, until [`Workspace::resume`].
    ///
    /// # Errors
    /// When `folder` is no workspace or cannot be written.
    pub fn pause(folder: &Path) -> Result<()> {
        Engine::pause(folder)
    }

    /// Lets back-fill and adaptation go on.
    ///
    /// # Errors
    /// As [`Workspace::pause`].
    pub fn resume(folder: &Path) -> Result<()> {
        Engine::resume(folder)
    }

    /// The workspace's folder, as an absolute path without links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.shared.folder
    }

    /// The settings as they are on disk.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn config(&self) -> Result<Config> {
        Config::of(&self.shared.folder)
    }

    /// Whether this process owns the workspace; else it asks another one that does.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        matches!(self.lock().as_deref(), Some(Role::Owner(_)))
    }

    /// Finds chunks by meaning and words, best first. A file that is gone from the disk is not shown, even before the index knows.
    ///
    /// # Errors
    /// When a type is unknown, the index cannot be read, or a commit that the query waits for does not come.
    pub fn search(&self, query: &Query) -> Result<Vec<Hit>> {
        self.query(
            || Request::Search(query.clone()),
            |owner| owner.query(turn(), |engine| engine.search_by(query, &self.by)),
        )
    }

    /// Answers a question with passages and quoted sentences. Where no passage answers it, [`Answer::answer`] is absent, and the
    /// passages are the nearest misses.
    ///
    /// # Errors
    /// As [`Workspace::search`].
    pub fn ask(&self, question: &Question) -> Result<Answer> {
        self.query(
            || Request::Ask(question.clone()),
            |owner| owner.query(turn(), |engine| engine.ask_by(question, &self.by)),
        )
    }

    /// A document's chunks as they are indexed.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing is indexed at that path; [`Unsupported`](ErrorKind::Unsupported) when the file was
    /// seen and skipped, with the reason.
    pub fn show(&self, path: &str) -> Result<Shown> {
        self.within(PathSet::all()).show(path)
    }

    /// One chunk of a document, between its neighbours.
    ///
    /// # Errors
    /// As [`Workspace::show`], and [`NotFound`](ErrorKind::NotFound) when the document has fewer chunks.
    pub fn show_chunk(&self, path: &str, chunk: u64) -> Result<Shown> {
        self.within(PathSet::all()).show_chunk(path, chunk)
    }

    /// Counts and sizes.
    ///
    /// # Errors
    /// When the index folder cannot be read.
    pub fn status(&self) -> Result<Status> {
        self.within(PathSet::all()).status()
    }

    /// The path of every indexed document, in order.
    ///
    /// # Errors
    /// When the owner cannot be reached.
    pub fn documents(&self) -> Result<Vec<String>> {
        self.within(PathSet::all()).documents()
    }

    /// Every file that was seen and is not searchable, by path.
    ///
    /// # Errors
    /// When the owner cannot be reached.
    pub fn problems(&self) -> Result<Vec<Problem>> {
        self.within(PathSet::all()).problems()
    }

    /// Examines the index: what opening repaired, every checksum, whether the stores agree, whether samples find themselves.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn doctor(&self) -> Result<Findings> {
        self.call(|| Ok(Request::Doctor), |owner| owner.with(|engine| engine.doctor()))
    }

    /// Examines the index, opens it again so that what was found is mended, brings it up to date with the folder, and examines it once more.
    /// No file of the workspace is touched. Returns what is still wrong.
    ///
    /// # Errors
    /// As [`Workspace::doctor`] and [`Workspace::index_until`].
    pub fn repair(&self, progress: &dyn Progress, cancel: &AtomicBool) -> Result<Findings> {
        // What an examination finds is noted for the next opening.
        self.doctor()?;
        self.call::<bool>(|| Ok(Request::MendLeases), |owner| owner.with(|engine| engine.mend_leases()))?;
        self.reopen()?;
        self.index_until(progress, cancel)?;
        let mended: u64 =
            self.call(|| Ok(Request::MendVectors), |owner| owner.with(|engine| engine.mend_vectors()))?;
        if mended > 0 {
            // They are on the disk; what is in memory is read anew.
            self.reopen()?;
        }
        self.doctor()
    }

    /// Brings the index up to date with the folder.
    ///
    /// # Errors
    /// When the folder cannot be walked or the index fails. A file that cannot be read is no error: see [`Workspace::status`].
    pub fn index(&self, progress: &dyn Progress) -> Result<Summary> {
        self.index_until(progress, &AtomicBool::new(false))
    }

    /// Has the next run try again the files that a parser could read nothing from. Without this they are tried again when they change, or when
    /// the parser does. Returns how many.
    ///
    /// # Errors
    /// When the index fails.
    pub fn forget_problems(&self) -> Result<u64> {
        self.call(|| Ok(Request::ForgetProblems), |owner| owner.with(|engine| engine.forget_problems()))
    }

    /// As [`Workspace::index`], until `cancel` becomes true. What was indexed before stays, and the next run goes on from there.
    ///
    /// # Errors
    /// As [`Workspace::index`], and [`Cancelled`](ErrorKind::Cancelled).
    pub fn index_until(&self, progress: &dyn Progress, cancel: &AtomicBool) -> Result<Summary> {
        let mut event = |frame: &Frame| {
            if let Ok(step) = frame.decode::<Step>() {
                step.tell(progress);
            }
        };
        self.call_until(
            || Ok(Request::Index),
            |owner| owner.with(|engine| engine.index_until(progress, cancel)),
            &mut event,
            cancel,
            None,
        )
    }

    /// Embeds every chunk that has no teacher vector yet, until done or until `cancel` becomes true. `progress` hears (done, in all).
    /// Does nothing without a teacher.
    ///
    /// # Errors
    /// When the teacher cannot be loaded or fails, or the index fails.
    pub fn backfill(&self, progress: &mut dyn FnMut(u64, u64), cancel: &AtomicBool) -> Result<Backfilled> {
        let progress = Mutex::new(progress);
        let tell = |done: u64, of: u64| progress.lock().unwrap_or_else(PoisonError::into_inner)(done, of);
        let mut event = |frame: &Frame| {
            if let Ok((done, of)) = frame.decode::<(u64, u64)>() {
                tell(done, of);
            }
        };
        let own =
            |owner: &Owner| owner.with(|engine| engine.backfill(&mut |done, of| tell(done, of), cancel));
        self.call_until(|| Ok(Request::Backfill), own, &mut event, cancel, None)
    }

    /// Fits the student to this workspace: gives a diverse sample of chunks teacher vectors, fits the built-in table further to
    /// all that have one, and gives the other chunks their vectors anew. A smaller workspace gives a smaller sample.
    ///
    /// # Errors
    /// [`Model`](ErrorKind::Model) without a teacher, [`Cancelled`](ErrorKind::Cancelled), and when the teacher or the index fails.
    pub fn adapt(&self, options: &AdaptOptions, cancel: &AtomicBool) -> Result<Adapted> {
        let own = |owner: &Owner| owner.with(|engine| engine.adapt(options, cancel));
        self.call_until(|| Ok(Request::Adapt(*options)), own, &mut |_| {}, cancel, None)
    }

    /// Reads the settings anew, such as another model.
    ///
    /// # Errors
    /// As [`Workspace::open`].
    pub fn reopen(&self) -> Result<()> {
        self.call(|| Ok(Request::Reopen), Owner::reopen)
    }

    pub(crate) fn query<T: DeserializeOwned>(
        &self,
        mut request: impl FnMut() -> Request,
        own: impl Fn(&Owner) -> Result<T>,
    ) -> Result<T> {
        self.call_until(|| Ok(request()), own, &mut |_| {}, &AtomicBool::new(false), Some(DEADLINE))
    }

    pub(crate) fn call<T: DeserializeOwned>(
        &self,
        request: impl FnMut() -> Result<Request>,
        own: impl Fn(&Owner) -> Result<T>,
    ) -> Result<T> {
        self.call_until(request, own, &mut |_| {}, &AtomicBool::new(false), None)
    }

    /// As [`Workspace::call`], of a change: it is made once, also when its owner goes away in the middle.
    pub(crate) fn change<T: DeserializeOwned>(
        &self,
        request: impl Fn() -> Request,
        own: impl Fn(&Owner, &Act) -> Result<T>,
    ) -> Result<T> {
        self.change_until(|| Ok(request()), own, &AtomicBool::new(false))
    }

    /// As [`Workspace::change`], until `cancel` becomes true.
    pub(crate) fn change_until<T: DeserializeOwned>(
        &self,
        request: impl FnMut() -> Result<Request>,
        own: impl Fn(&Owner, &Act) -> Result<T>,
        cancel: &AtomicBool,
    ) -> Result<T> {
        let first = Attempt::first();
        let made = self.attempt(Some(&first), request, own, &mut |_| {}, cancel, None);
        first.forget(&self.shared.folder);
        made
    }

    /// Has the owner do something, whoever it is, and the next one if it goes away.
    pub(crate) fn call_until<T: DeserializeOwned>(
        &self,
        request: impl FnMut() -> Result<Request>,
        own: impl Fn(&Owner) -> Result<T>,
        event: &mut dyn FnMut(&Frame),
        cancel: &AtomicBool,
        deadline: Option<Duration>,
    ) -> Result<T> {
        self.attempt(None, request, |owner, _| own(owner), event, cancel, deadline)
    }

    fn attempt<T: DeserializeOwned>(
        &self,
        first: Option<&Attempt>,
        mut request: impl FnMut() -> Result<Request>,
        own: impl Fn(&Owner, &Act) -> Result<T>,
        event: &mut dyn FnMut(&Frame),
        cancel: &AtomicBool,
        deadline: Option<Duration>,
    ) -> Result<T> {
        let until = deadline.map(|deadline| Instant::now() + deadline);
        let mut lost = 0;
        loop {
            let role = self.role()?;
            let client = match &*role {
                // Of what an owner does for itself nobody else can ask again.
                Role::Owner(owning) => {
                    let attempt = first.filter(|_| lost > 0).map(Attempt::again).unwrap_or_default();
                    return own(&owning.owner, &self.act(attempt));
                }
                Role::Client(client) => client,
            };
            let attempt = first.map(|first| if lost == 0 { first.clone() } else { first.again() });
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let deadline_ms = left.map(|left| left.as_millis() as u64);
            let Act { by, lease, .. } = self.act(Attempt::default());
            let asked = Asked { request: request()?, deadline_ms, attempt, by: Some(by), lease };
            let waits = asked.request.waits_ms() > 0;
            match client.call(&asked, event, cancel) {
                Ok(answer) => return Ok(answer),
                Err(Failure::Said(error)) => return Err(error),
                Err(Failure::NotBegun) => {}
                Err(Failure::Lost) => lost += 1,
            }
            self.forget(&role);
            if (lost > MOST_LOST && !waits) || left.is_some_and(|left| left.is_zero()) {
                let message =
                    format!("the process that serves the workspace ended {lost} times in this call");
                let hint = "`.workroom/daemon.log` says why";
                return Err(Error::new(ErrorKind::Timeout, message).at(&self.shared.folder).hint(hint));
            }
        }
    }

    fn act(&self, attempt: Attempt) -> Act {
        Act { by: Actor::clone(&self.by), attempt, lease: self.lease.as_deref().map(str::to_owned) }
    }

    /// This process's part in the workspace, found anew after an owner went away.
    pub(crate) fn role(&self) -> Result<Arc<Role>> {
        let mut role = self.lock();
        if let Some(role) = &*role {
            return Ok(Arc::clone(role));
        }
        let found = Arc::new(Role::find(&self.shared.folder, &self.shared.options)?);
        *self.shared.disk.lock().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Folder::open(&self.shared.folder)?);
        *role = Some(Arc::clone(&found));
        Ok(found)
    }

    /// The folder as it is on the disk, which each process reads by itself.
    pub(crate) fn disk(&self) -> Arc<Folder> {
        Arc::clone(&self.shared.disk.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// This process's part, unless it is just between two owners.
    pub(crate) fn part(&self) -> Option<Arc<Role>> {
        self.lock().clone()
    }

    /// Notes that the owner is gone.
    pub(crate) fn forget(&self, gone: &Arc<Role>) {
        let mut role = self.lock();
        if role.as_ref().is_some_and(|role| Arc::ptr_eq(role, gone)) {
            *role = None;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Role>>> {
        self.shared.role.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
