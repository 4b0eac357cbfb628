//! Answers: from a client's request to a call of the engine, and back.
//!
//! Invariant: whatever the engine says, the client hears the same values and errors as a caller in the owner's process.
//! Not here: connections and their threads (`server`).

use crate::daemon::OwnerInfo;
use crate::frame::Kind;
use crate::message::{Asked, Request, Step};
use crate::server::{Connection, Shared};
use engine::{
    Act, Actor, Claim, DocPath, Engine, Error, ErrorKind, LeaseRequest, Outcome, Progress, Result, Via,
};
use serde::Serialize;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A new daemon's first queries wait so long for the first comparison with the folder, so that they know what came before it.
const CATCH_UP: Duration = Duration::from_secs(2);

/// Answers one request.
pub(crate) fn answer(shared: &Shared, connection: &Connection, asked: Asked) -> io::Result<()> {
    let owner = &shared.owner;
    let deadline = asked.deadline_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
    // The run that was asked for is the first comparison with the folder: a watch of the owner's own would do it twice.
    if shared.daemon && !matches!(asked.request, Request::Index | Request::Leave | Request::Owner) {
        shared.keep_watching();
    }
    // A program that does not say who it acts for is the owner's, as is whoever may use the socket.
    let by = asked.by.unwrap_or_else(|| Actor::owner(Via::Library));
    let act = Act { by, attempt: asked.attempt.unwrap_or_default(), lease: asked.lease };
    match asked.request {
        Request::Search(query) => {
            connection.reply(shared.query(deadline, |engine| engine.search_by(&query, &act.by)))
        }
        Request::Ask(question) => {
            connection.reply(shared.query(deadline, |engine| engine.ask_by(&question, &act.by)))
        }
        Request::Show { path, chunk, version, within } => {
            connection.reply(shared.query(deadline, |engine| {
                engine.show_by(&path, (chunk, version.as_deref()), &within, &act.by)
            }))
        }
        Request::Note { acts } => connection.reply(owner.with(|engine| {
            acts.iter().for_each(|act| engine.note(act.clone()));
            Ok(())
        })),
        Request::Usage => connection.reply(owner.with(|engine| Ok(engine.usage()))),
        Request::AuditHead => connection.reply(owner.with(|engine| engine.audit_head())),
        Request::Status { within } => connection.reply(owner.with(|engine| engine.status(&within))),
        Request::Documents { within } => connection.reply(owner.with(|engine| Ok(engine.documents(&within)))),
        Request::Problems { within } => connection.reply(owner.with(|engine| Ok(engine.problems(&within)))),
        Request::Doctor => connection.reply(owner.with(|engine| engine.doctor())),
        Request::MendVectors => connection.reply(owner.with(|engine| engine.mend_vectors())),
        Request::ForgetProblems => connection.reply(owner.with(|engine| engine.forget_problems())),
        Request::Put { path, spooled, condition, claim } => {
            connection.reply(owner.put(&path, &spooled, &condition, &claim, &act))
        }
        Request::Remove { path, condition } => connection.reply(owner.remove(&path, &condition, &act)),
        Request::Rename { from, to, condition } => {
            connection.reply(owner.rename(&from, &to, &condition, &act))
        }
        Request::MakeFolder { path } => {
            connection.reply(owner.with(|engine| engine.make_folder(&path, &act)))
        }
        Request::RemoveFolder { path, with_contents } => {
            connection.reply(owner.remove_folder(&path, with_contents, &act))
        }
        Request::Copy { from, to } => connection.reply(owner.copy(&from, &to, &act)),
        Request::Lease { id, request, wait_ms } => {
            let wait = Duration::from_millis(wait_ms);
            lease(shared, connection, &act, (&id, &request, wait))
        }
        Request::ExtendLease { id, seconds } => {
            connection.reply(owner.with(|engine| engine.extend_lease(&id, seconds, &act)))
        }
        Request::ReleaseLease { id } => {
            connection.reply(owner.with(|engine| engine.release_lease(&id, &act)))
        }
        Request::TakeLeaseAway { fencing_token } => {
            connection.reply(owner.with(|engine| engine.take_lease_away(fencing_token, &act)))
        }
        Request::Leases => connection.reply(owner.with(|engine| engine.held_leases())),
        Request::MendLeases => connection.reply(owner.with(|engine| engine.mend_leases())),
        Request::Index => {
            let steps = Steps::new(connection);
            let indexed = connection.long(|cancel| owner.with(|engine| engine.index_until(&steps, cancel)));
            steps.flush();
            if shared.daemon {
                shared.keep_watching();
            }
            connection.reply_or_leave(shared, indexed)
        }
        Request::Backfill => {
            let done = connection.long(|cancel| {
                owner.with(|engine| {
                    let mut tell = |done: u64, of: u64| drop(connection.send(Kind::Event, &(done, of)));
                    engine.backfill(&mut tell, cancel)
                })
            });
            connection.reply_or_leave(shared, done)
        }
        Request::Adapt(options) => {
            let adapted = connection.long(|cancel| owner.with(|engine| engine.adapt(&options, cancel)));
            connection.reply_or_leave(shared, adapted)
        }
        Request::Watch => watch(shared, connection),
        Request::Handoff(wanted) => connection.reply(wanted.done(owner, &act)),
        Request::Versions(wanted) => connection.reply(wanted.done(owner, &act)),
        Request::Events(wanted) => {
            let page = connection.long(|cancel| owner.await_events(&wanted, cancel));
            connection.reply_or_leave(shared, page)
        }
        Request::Reopen => connection.reply(owner.reopen()),
        Request::Owner => connection.reply(Ok(OwnerInfo::own(shared))),
        Request::Leave => leave(shared, connection),
    }
}

impl Shared {
    /// Runs a query: not too many at once, and not before the first comparison with the folder.
    fn query<T>(&self, deadline: Option<Instant>, work: impl Fn(&Engine) -> Result<T>) -> Result<T> {
        if self.daemon {
            self.owner.watching.await_ready(self.started + CATCH_UP);
        }
        self.owner.query(deadline, |engine| work(engine))
    }

    pub(crate) fn keep_watching(&self) {
        // Without a watch everything but freshness works, and the log says why there is none.
        if let Err(error) = self.owner.watching.keep(&self.owner) {
            tracing::debug!(%error, "the folder is not watched");
        }
    }
}

impl Connection {
    fn reply<T: Serialize>(&self, result: Result<T>) -> io::Result<()> {
        match result {
            Ok(value) => self.send(Kind::Done, &value),
            Err(error) => self.send(Kind::Failed, &error),
        }
    }
}

impl Connection {
    /// Runs what takes long, and may be ended half way by its flag.
    fn long<T>(&self, work: impl FnOnce(&AtomicBool) -> Result<T>) -> Result<T> {
        self.is_long.store(true, Ordering::SeqCst);
        let result = work(&self.cancel);
        self.is_long.store(false, Ordering::SeqCst);
        result
    }

    /// The answer to what takes long: ended half way because the owner leaves, it is the next owner's to go on with.
    fn reply_or_leave<T: Serialize>(&self, shared: &Shared, result: Result<T>) -> io::Result<()> {
        if shared.is_leaving() && self.cancel.load(Ordering::Relaxed) {
            return self.send(Kind::Leaving, &());
        }
        self.reply(result)
    }
}

/// Waits for a lease until it is given, the client goes away or the owner leaves. One that nobody can be told of is given back.
fn lease(
    shared: &Shared,
    connection: &Connection,
    act: &Act,
    (id, request, wait): (&str, &LeaseRequest, Duration),
) -> io::Result<()> {
    let owner = &shared.owner;
    let given =
        connection.long(|cancel| owner.lease(id, request, wait, act, &|| !cancel.load(Ordering::Relaxed)));
    if given.is_err() {
        return connection.reply_or_leave(shared, given);
    }
    connection.reply(given).inspect_err(|_| {
        if let Err(error) = owner.with(|engine| engine.release_lease(id, act)) {
            tracing::warn!(%error, "a lease that nobody was told of was not given back; it ends by itself");
        }
    })
}

/// Sends events until the client goes away or the owner leaves.
fn watch(shared: &Shared, connection: &Connection) -> io::Result<()> {
    let listening = match shared.owner.watching.listen(&shared.owner) {
        Ok(listening) => listening,
        Err(error) => return connection.send(Kind::Failed, &error),
    };
    while !connection.cancel.load(Ordering::Relaxed) && !shared.is_leaving() {
        match listening.events.recv_timeout(Duration::from_millis(100)) {
            Ok(event) => connection.send(Kind::Event, &event)?,
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => break,
        }
    }
    connection.send(Kind::Leaving, &())
}

fn leave(shared: &Shared, connection: &Connection) -> io::Result<()> {
    if shared.daemon {
        shared.asked_to_leave.store(true, Ordering::Relaxed);
        return connection.reply(Ok(()));
    }
    let message = format!(
        "the workspace is owned by a program that uses it as a library (process {})",
        std::process::id()
    );
    connection
        .reply::<()>(Err(Error::new(ErrorKind::Locked, message).hint("end that program, then try again")))
}

/// Tells a client of an index run, many files at a time.
struct Steps<'a> {
    connection: &'a Connection,
    waiting: Mutex<Waiting>,
}

struct Waiting {
    files: Vec<(String, u64, Outcome)>,
    told: Instant,
}

/// Told together at the latest after so many files, or so long.
const FILES: usize = 512;
const PAUSE: Duration = Duration::from_millis(50);

impl<'a> Steps<'a> {
    fn new(connection: &'a Connection) -> Self {
        Self { connection, waiting: Mutex::new(Waiting { files: Vec::new(), told: Instant::now() }) }
    }

    fn flush(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.told = Instant::now();
        let files = std::mem::take(&mut waiting.files);
        if !files.is_empty() {
            // A client that is gone ends the run by itself.
            drop(self.connection.send(Kind::Event, &Step::Files(files)));
        }
    }
}

impl Progress for Steps<'_> {
    fn planned(&self, files: u64, bytes: u64) {
        drop(self.connection.send(Kind::Event, &Step::Planned { files, bytes }));
    }

    fn file(&self, path: &DocPath, bytes: u64, outcome: &Outcome) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.files.push((path.to_string(), bytes, outcome.clone()));
        let due = waiting.files.len() >= FILES || waiting.told.elapsed() > PAUSE;
        drop(waiting);
        if due {
            self.flush();
        }
    }
}

impl crate::owner::Owner {
    /// As [`Engine::put`]. The file is in its place before the index fails, so a newly opened engine only has to look at it.
    pub(crate) fn put(
        &self,
        path: &str,
        spooled: &engine::Spooled,
        condition: &engine::Condition,
        claim: &Claim,
        act: &Act,
    ) -> Result<engine::Written> {
        let again = |engine: &Arc<Engine>| {
            let seq = engine.refresh(&[path])?;
            Ok(engine::Written { version: spooled.version.clone(), seq })
        };
        self.with_again(|engine| engine.put(path, spooled, condition, claim, act), again)
    }

    /// As [`Engine::remove`].
    pub(crate) fn remove(&self, path: &str, condition: &engine::Condition, act: &Act) -> Result<u64> {
        self.with_again(|engine| engine.remove(path, condition, act), |engine| engine.refresh(&[path]))
    }

    /// As [`Engine::rename`].
    pub(crate) fn rename(
        &self,
        from: &str,
        to: &str,
        condition: &engine::Condition,
        act: &Act,
    ) -> Result<u64> {
        let again = |engine: &Arc<Engine>| engine.refresh(&[from, to]);
        self.with_again(|engine| engine.rename(from, to, condition, act), again)
    }

    /// As [`Engine::remove_folder`].
    pub(crate) fn remove_folder(&self, path: &str, with_contents: bool, act: &Act) -> Result<u64> {
        let again = |engine: &Arc<Engine>| engine.refresh(&[path]);
        self.with_again(|engine| engine.remove_folder(path, with_contents, act), again)
    }

    /// As [`Engine::copy`].
    pub(crate) fn copy(&self, from: &str, to: &str, act: &Act) -> Result<u64> {
        self.with_again(|engine| engine.copy(from, to, act), |engine| engine.refresh(&[to]))
    }
}
