//! Audit: who did what in this workspace, as it is noted.
//!
//! Invariant: a change is noted durably before it is made, and its end after it, while nobody else writes there: of each path the log has the
//! changes in the order in which they were made. What a process left begun is settled by what is there before anybody is let in. What cannot be
//! noted is not changed; a look that cannot be noted is given all the same, and told of in the program's own log.
//! Not here: how the log is kept (`custody::audit`), who may look at it, what was shown to whom (`noted`).

use crate::config::Config;
use crate::folder::Folder;
use crate::layout::Layout;
use crate::lock::Lock;
use crate::usage::Counting;
use crate::{Engine, Error, ErrorKind, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use custody::Audit;
use custody::audit::{Left, Tail};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use custody::audit::{
    Act, Doing, Filter, Finding, Head, Outcome, Page, Report, Shown, last, query, verify,
};

pub use crate::provenance::now_ms;
pub use crate::search::rfc3339;

/// The folder of the log, below the program's own.
pub const FOLDER: &str = "custody/audit";

/// What goes into the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSettings {
    /// Whether anything is noted at all.
    pub enabled: bool,
    /// Whether it is noted who reads, lists and searches. What was denied is noted always, and so is every change.
    pub reads: bool,
    /// Whether it is noted what was searched for and asked.
    pub queries: bool,
}

impl Default for AuditSettings {
    fn default() -> Self {
        Self { enabled: true, reads: true, queries: true }
    }
}

impl AuditSettings {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The act as it is to be noted, if it is.
    fn admit(&self, act: Act) -> Option<Act> {
        if !self.enabled {
            return None;
        }
        if is_look(&act) && !self.reads && act.outcome != Outcome::Denied {
            return None;
        }
        Some(fitted(if self.queries { act } else { Act { query: None, ..act } }))
    }
}

/// Whether an act changes nothing.
fn is_look(act: &Act) -> bool {
    use Doing::{Ask, DocumentShow, FileList, FileRead, Search};
    matches!(act.doing, FileRead | FileList | DocumentShow | Search | Ask)
}

/// A log that lies unsynced for so long is synced.
const EVERY: Duration = Duration::from_secs(1);
/// How often the head is signed, by time and by records.
const SIGNED_EVERY: Duration = Duration::from_secs(60);
const SIGNED_AFTER: u64 = 1000;

/// The log of a workspace, and the thread that brings it to the disk.
pub(crate) struct AuditLog {
    audit: Arc<Audit>,
    settings: AuditSettings,
    pub(crate) counting: Counting,
    /// What changes were to leave that were begun before this owner; `None` where it is not noted.
    left: Option<Left>,
    /// Changes that the last owner left begun, of which the files alone do not say what came of them, with their numbers.
    unsettled: Vec<(u64, Act)>,
    wake: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

/// The log, for what notes without the engine, and is counted for nobody.
#[derive(Clone)]
pub(crate) struct Noter {
    audit: Arc<Audit>,
    settings: AuditSettings,
}

impl Noter {
    pub(crate) fn note(&self, act: Act) {
        let Some(act) = self.settings.admit(act) else { return };
        if let Err(error) = self.audit.note(act, now_ms()) {
            tracing::error!(%error, "an act is not in the audit log");
        }
    }

    /// Whether an act of this kind with this fencing token is among the last of its kind.
    pub(crate) fn has_noted(&self, doing: &str, fencing_token: u64) -> Result<bool> {
        const LAST: usize = 1000;
        let filter = Filter { doing: Some(doing.to_owned()), ..Filter::default() };
        let records = last(self.audit.folder(), &filter, None, LAST)?.records;
        Ok(records.iter().any(|record| record["fencing_token"] == fencing_token))
    }
}

impl AuditLog {
    /// Opens the log and settles what the last owner left begun.
    pub(crate) fn open(layout: &Layout, config: &Config, folder: &Folder) -> Result<Self> {
        let audit = Arc::new(Audit::open(&folder_of(layout))?);
        let Tail { pending, left } = custody::audit::tail(audit.folder())?;
        let unsettled = settle(&audit, folder, pending)?;
        let left = Some(left).filter(|_| config.audit.enabled);
        let (wake, wanted) = crossbeam_channel::bounded(1);
        let counting = Counting::new(&config.alerts, &config.quotas);
        let (kept, counted, end) = (Arc::clone(&audit), counting.clone(), audit.next());
        let keeper = std::thread::Builder::new().name("workroom-audit".to_owned());
        let keeper = keeper.spawn(move || {
            counted.recall(&kept, end);
            keep(&kept, &wanted);
        })?;
        let (settings, wake, keeper) = (config.audit.clone(), Some(wake), Some(keeper));
        Ok(Self { audit, settings, counting, left, unsettled, wake, keeper })
    }

    pub(crate) fn noter(&self) -> Noter {
        Noter { audit: Arc::clone(&self.audit), settings: self.settings.clone() }
    }

    /// What changes were to leave that were begun before this owner. Once.
    pub(crate) fn take_left(&mut self) -> Option<Left> {
        self.left.take()
    }

    fn note(&self, act: Act) -> Result<Option<u64>> {
        self.settings.admit(act).map(|act| Ok(self.audit.note(act, now_ms())?)).transpose()
    }

    /// Lets the log come to the disk, meanwhile.
    fn begin_sync(&self) {
        match self.wake.as_ref().map(|wake| wake.try_send(())) {
            // One that is awake, or will be, syncs this as well.
            None | Some(Ok(()) | Err(TrySendError::Full(()))) => {}
            Some(Err(TrySendError::Disconnected(()))) => tracing::warn!("the audit log is no more kept"),
        }
    }
}

impl Drop for AuditLog {
    /// The thread signs the head last.
    fn drop(&mut self) {
        drop(self.wake.take());
        if let Some(keeper) = self.keeper.take() {
            // A panic there was logged where it happened.
            drop(keeper.join());
        }
    }
}

/// Brings the log to the disk when somebody waits for it and every now and then, and signs it.
fn keep(audit: &Audit, wanted: &Receiver<()>) {
    let mut signed = Instant::now();
    loop {
        let is_last = wanted.recv_timeout(EVERY) == Err(RecvTimeoutError::Disconnected);
        let unsigned = audit.unsigned();
        let is_due = unsigned >= SIGNED_AFTER || signed.elapsed() >= SIGNED_EVERY || is_last;
        let kept = match is_due && unsigned > 0 {
            true => audit.sign(now_ms()).map(drop),
            false => audit.sync_all(),
        };
        if is_due {
            signed = Instant::now();
        }
        if let Err(error) = kept {
            tracing::error!(%error, "the audit log does not come to the disk");
        }
        if is_last {
            return;
        }
    }
}

/// Where the log of a workspace lies.
fn folder_of(layout: &Layout) -> std::path::PathBuf {
    layout.dir().join(custody::FOLDER).join(custody::audit::FOLDER)
}

/// Says of each change that was begun what came of it, by what is there. Returns those of which that does not say it.
fn settle(audit: &Audit, folder: &Folder, pending: Vec<(u64, Act)>) -> Result<Vec<(u64, Act)>> {
    let mut unsettled = Vec::new();
    for (seq, act) in pending {
        let Some(is_made) = is_made(&act, folder) else {
            unsettled.push((seq, act));
            continue;
        };
        let (outcome, detail) = match is_made {
            true => (Outcome::Done, "its process ended before it said so; it was found done"),
            false => (Outcome::Failed, "its process ended before it was done"),
        };
        let ended = Act { outcome, detail: Some(detail.to_owned()), began: Some(seq), ..act };
        audit.note(ended, now_ms())?;
    }
    audit.sync_all()?;
    Ok(unsettled)
}

/// Whether a change that was begun is made, where that can be seen. Nobody has changed anything there since through the program.
fn is_made(act: &Act, folder: &Folder) -> Option<bool> {
    let path = act.path.as_deref()?;
    let is_there = |path: &str| folder.stat(path).is_ok();
    match act.doing {
        Doing::FileWrite | Doing::FileRestore => {
            let after = act.after.as_deref()?;
            Some(folder.version(path).is_ok_and(|version| version == after))
        }
        Doing::FileRemove | Doing::FolderRemove => Some(!is_there(path)),
        Doing::FolderMake => Some(is_there(path)),
        Doing::FileMove => Some(!is_there(path) && act.to.as_deref().is_some_and(is_there)),
        Doing::FileCopy => Some(act.to.as_deref().is_some_and(is_there)),
        _ => None,
    }
}

/// A change on its way, as it is noted.
pub(crate) struct Noting<'a> {
    engine: &'a Engine,
    act: Act,
    began: Option<u64>,
}

impl Engine {
    /// Notes what somebody did in a workspace that this process has taken and not opened; durable when this returns, but for looks. Nobody's usage
    /// is counted before it is opened.
    ///
    /// # Errors
    /// When the settings cannot be read, or the disk refuses.
    pub fn note_unopened(lock: &Lock, act: Act) -> Result<()> {
        let layout = lock.layout();
        let settings = Config::load(layout)?.audit;
        let is_look = is_look(&act);
        let Some(act) = settings.admit(act) else { return Ok(()) };
        let audit = Audit::open(&folder_of(layout))?;
        audit.note(act, now_ms())?;
        if !is_look {
            audit.sign(now_ms())?;
        }
        Ok(())
    }

    /// Notes what somebody did, or was not let do. It is in the log when this returns: only a loss of power in the next second can take it.
    pub fn note(&self, act: Act) {
        let alert = self.audit.counting.note(&act);
        self.note_uncounted(act);
        if let Some(alert) = alert {
            self.raise(&alert);
        }
    }

    pub(crate) fn note_uncounted(&self, act: Act) {
        if let Err(error) = self.audit.note(act) {
            tracing::error!(%error, "an act is not in the audit log");
        }
    }

    /// As [`Engine::note`], durable when this returns. Those who come at once wait for one write of the disk together.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn note_durably(&self, act: Act) -> Result<()> {
        let alert = self.audit.counting.note(&act);
        self.audit.note(act)?;
        self.audit.audit.sync_all()?;
        if let Some(alert) = alert {
            self.raise(&alert);
        }
        Ok(())
    }

    /// Whether an act of this kind by this principal is in the log, and on the disk.
    pub(crate) fn is_noted(&self, doing: &str, principal: &str) -> Result<bool> {
        let (doing, principal) = (Some(doing.to_owned()), Some(principal.to_owned()));
        let filter = Filter { doing, principal, ..Filter::default() };
        let is_noted = !last(self.audit.audit.folder(), &filter, None, 1)?.records.is_empty();
        if is_noted {
            self.audit.audit.sync_all()?;
        }
        Ok(is_noted)
    }

    /// Notes the end of a change that the last owner left begun, and that was brought to it by this one. `None` if it is not known to be begun.
    pub(crate) fn note_end_of(&self, is_it: impl Fn(&Act) -> bool, detail: String) {
        let found = self.audit.unsettled.iter().find(|(_, act)| is_it(act));
        if let Some((seq, act)) = found {
            let ended = Act { outcome: Outcome::Done, began: Some(*seq), ..act.clone() };
            self.note_uncounted(ended.saying(detail));
        }
    }

    /// Signs where the log has got to. `None` while nothing was ever noted.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn audit_head(&self) -> Result<Option<Head>> {
        Ok(self.audit.audit.sign(now_ms())?)
    }

    /// Makes a change that is noted: what it is of, who makes it, and what comes of it.
    pub(crate) fn noted<T>(
        &self,
        doing: Doing,
        path: &str,
        act: &crate::Act,
        change: impl FnOnce(&mut Noting<'_>) -> Result<T>,
    ) -> Result<T> {
        let fencing_token = self.fencing_token(act);
        let act = Act { fencing_token, ..Act::new(doing, act.by.clone()).on(path) };
        let mut noting = Noting { engine: self, act, began: None };
        let allowed = self.allow(&noting.act.by, doing);
        let result = allowed.and_then(|()| change(&mut noting));
        noting.end(result.as_ref().err());
        result
    }

    /// Notes that a change was asked for that makes no sense, and hands the error on.
    pub(crate) fn note_refused<T>(
        &self,
        doing: Doing,
        path: &str,
        act: &crate::Act,
        result: Result<T>,
    ) -> Result<T> {
        result.inspect_err(|error| {
            self.note(Act::new(doing, act.by.clone()).on(path).failed(self.told(error)));
        })
    }

    /// An error without the place of the workspace, which is nobody's business but its owner's.
    pub(crate) fn told(&self, error: &Error) -> String {
        let root = self.root().display().to_string();
        error.to_string().replace(&format!("{root}/"), "").replace(&root, "the workspace")
    }
}

impl Noting<'_> {
    /// Where it goes.
    pub(crate) fn to(&mut self, to: &str) {
        self.act.to = Some(to.to_owned());
    }

    /// How many bytes it is about.
    pub(crate) fn bytes(&mut self, bytes: u64) {
        self.act.bytes = Some(bytes);
    }

    /// Notes that the change is about to be made. It is on the disk when [`Noting::wait`] returns, and on its way there meanwhile.
    pub(crate) fn begin(&mut self, before: Option<String>, after: Option<String>) -> Result<()> {
        (self.act.before, self.act.after) = (before, after);
        self.began = self.engine.audit.note(Act { outcome: Outcome::Begun, ..self.act.clone() })?;
        self.engine.audit.begin_sync();
        Ok(())
    }

    /// Waits until it is on the disk that the change is about to be made.
    pub(crate) fn wait(&self) -> Result<()> {
        self.began.map_or(Ok(()), |seq| Ok(self.engine.audit.audit.sync(seq)?))
    }

    /// Notes what came of it. What was never begun and did not fail has changed nothing. That the end is durable is waited for by nobody: if it is
    /// lost, what is there says it again.
    fn end(self, error: Option<&Error>) {
        let act = Act { began: self.began, ..self.act };
        match error {
            None if act.began.is_none() => {}
            None => self.engine.note(act),
            Some(error) if error.kind() == ErrorKind::Quota => {
                self.engine.note(act.denied(self.engine.told(error)));
            }
            Some(error) => self.engine.note(act.failed(self.engine.told(error))),
        }
    }
}

/// Kept of a text that somebody sent, in bytes.
const MOST_OF_TEXT: usize = 4096;
/// Kept of what was shown, in bytes of paths: far less than a record may have.
const MOST_OF_SHOWN: usize = 256 << 10;

/// An act that fits into a record.
fn fitted(mut act: Act) -> Act {
    for text in [&mut act.path, &mut act.to, &mut act.query, &mut act.detail].into_iter().flatten() {
        if text.len() > MOST_OF_TEXT {
            text.truncate(text.floor_char_boundary(MOST_OF_TEXT));
            text.push('…');
        }
    }
    let mut room = MOST_OF_SHOWN;
    let n_fit = act.shown.iter().take_while(|shown| take(&mut room, shown.path.len() + 128)).count();
    if n_fit < act.shown.len() {
        act.detail = Some(format!("{} more were shown", act.shown.len() - n_fit));
        act.shown.truncate(n_fit);
    }
    act
}

fn take(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(0);
    left.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use custody::{Actor, Via};

    #[test]
    fn what_is_left_out_and_what_is_not() {
        let act = |doing| Act { query: Some("q".into()), ..Act::new(doing, Actor::owner(Via::Library)) };
        let check = |reads, queries, act: Act, expected: Option<Option<&str>>| {
            let settings = AuditSettings { enabled: true, reads, queries };
            let admitted = settings.admit(act.clone()).map(|act| act.query);
            assert_eq!(admitted, expected.map(|query| query.map(str::to_owned)), "{reads} {queries} {act:?}");
        };
        check(true, true, act(Doing::Search), Some(Some("q")));
        check(true, false, act(Doing::Ask), Some(None));
        check(false, true, act(Doing::Search), None);
        check(false, true, act(Doing::FileRead), None);
        check(false, true, act(Doing::FileRead).denied("no"), Some(Some("q")));
        check(false, false, act(Doing::FileWrite), Some(None));
        let nothing = AuditSettings { enabled: false, ..AuditSettings::default() };
        assert_eq!(nothing.admit(act(Doing::FileWrite)), None);
    }

    #[test]
    fn whatever_is_sent_fits() {
        let long = "ü".repeat(1 << 20);
        let mut act =
            Act::new(Doing::Search, Actor::owner(Via::Library)).on(long.clone()).failed(long.clone());
        act.query = Some(long.clone());
        let shown =
            |n: u32| Shown { path: "a".repeat(4000), version: "7".repeat(64), start_byte: n, end_byte: n };
        act.shown = (0..1000).map(shown).collect();
        let act = fitted(act);
        let text = serde_json::to_string(&act).unwrap();
        assert!(text.len() < 1 << 20, "{}", text.len());
        assert_eq!(act.detail.as_deref(), Some(&*format!("{} more were shown", 1000 - act.shown.len())));
        assert!(act.query.is_some_and(|query| query.starts_with('ü') && query.ends_with('…')));
    }
}
