//! Events: what happens in the workspace, told in the order in which it happened.
//!
//! Invariant: each change of a file is told once, whether the API or somebody else made it and whoever noticed it first: it is told when a commit
//! shows it. What the API changed is told with who did it, and before its caller hears that it is done.
//! Not here: the log (`custody::events`), who may hear (`server`), what other parts of the engine tell.

use crate::breaches::Breaches;
use crate::layout::Layout;
use crate::{Engine, Result};
use corpus::{ContentHash, DocPath, PathSet};
use custody::events::Retention;
use custody::{Actor, After, EventFilter, EventLog, NewEvent};
use ingest::{Change, FileState};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The folder under `custody/`.
const FOLDER: &str = "events";
/// Events that are looked through at once.
const LOOK: usize = 1000;

/// What tells of a workspace's changes.
pub(crate) struct Events {
    log: Arc<EventLog>,
    root: PathBuf,
    under_way: Mutex<UnderWay>,
    /// The index is made anew from files that were told of before.
    remaking: AtomicBool,
    /// What looks for changes of what somebody holds.
    breaches: OnceLock<Breaches>,
}

/// What the API is changing just now.
#[derive(Default)]
struct UnderWay {
    next: u64,
    acts: BTreeMap<u64, Gathering>,
}

/// What was committed at and below some paths while somebody changes them.
struct Gathering {
    paths: Vec<DocPath>,
    changes: Vec<Change>,
}

/// Somebody's change under way. What was committed at its paths is told as theirs when this is dropped.
pub(crate) struct Acting<'a> {
    events: &'a Events,
    by: &'a Actor,
    number: u64,
}

impl Events {
    pub(crate) fn open(layout: &Layout) -> Result<Arc<Self>> {
        let folder = layout.dir().join(custody::FOLDER).join(FOLDER);
        let log = Arc::new(EventLog::open(&folder, Retention::default())?);
        let (root, under_way, remaking) = (layout.root.clone(), Mutex::default(), AtomicBool::new(false));
        Ok(Arc::new(Self { log, root, under_way, remaking, breaches: OnceLock::new() }))
    }

    /// Has changes past the program looked at that somebody's lease should have kept away. Once.
    pub(crate) fn look_for(&self, breaches: Breaches) {
        drop(self.breaches.set(breaches));
    }

    /// Says that the index is empty because it was lost: that files are there is no news then.
    pub(crate) fn begin_remaking(&self) {
        self.remaking.store(!self.log.is_empty(), Ordering::Relaxed);
    }

    /// Says that the index is where the folder is.
    pub(crate) fn end_remaking(&self) {
        self.remaking.store(false, Ordering::Relaxed);
        if let Some(breaches) = self.breaches.get() {
            breaches.end_before();
        }
    }

    /// Somebody is about to change what is at and below these paths. Nobody else does meanwhile through the API (`turns`).
    pub(crate) fn act<'a>(&'a self, paths: &[&DocPath], by: &'a Actor) -> Acting<'a> {
        let mut under_way = self.lock();
        let number = under_way.next;
        under_way.next += 1;
        let paths = paths.iter().map(|&path| path.clone()).collect();
        under_way.acts.insert(number, Gathering { paths, changes: Vec::new() });
        Acting { events: self, by, number }
    }

    /// A commit has changed this. To be called in the order of the commits.
    pub(crate) fn committed(&self, changes: Vec<Change>) {
        let mut under_way = self.lock();
        let mut others = Vec::new();
        for change in changes {
            match under_way.acts.values_mut().find(|act| act.is_about(&change.path)) {
                Some(act) => act.changes.push(change),
                None => others.push(change),
            }
        }
        // Under the lock, as everything about files: so it is told in the order in which it was committed.
        let breached = self.breaches.get().map(|breaches| breaches.among(&others)).unwrap_or_default();
        self.tell_changes(others, None);
        self.tell(breached);
        drop(under_way);
    }

    fn tell_changes(&self, changes: Vec<Change>, by: Option<&Actor>) {
        let is_there =
            |path: &DocPath| std::fs::symlink_metadata(path.to_fs(&self.root)).is_ok_and(|it| it.is_file());
        let events = happenings(changes).into_iter().flat_map(|happening| {
            let is_news = match &happening {
                Happening::Created(..) => !self.remaking.load(Ordering::Relaxed),
                // It is not indexed any more, and stands where it was.
                Happening::Deleted(path, _) => !is_there(path),
                _ => true,
            };
            happening.events(is_news)
        });
        let events = events.map(|event| match by {
            Some(by) => event.by(by),
            None => event,
        });
        self.tell(events.collect());
    }

    /// Whether an event of this kind was told of which `detail` is `value`, as far as events are kept.
    pub(crate) fn is_told(&self, kind: &str, detail: &str, value: &Value) -> Result<bool> {
        let filter = EventFilter { types: vec![kind.to_owned()], paths: Vec::new() };
        let mut after = After::Start;
        loop {
            let page = self.log.read(&after, &filter, &PathSet::all(), LOOK)?;
            if page.events.iter().any(|it| it.event.data.get(detail) == Some(value)) {
                return Ok(true);
            }
            if page.at_end {
                return Ok(false);
            }
            after = After::Cursor(page.next);
        }
    }

    /// What cannot be told fails nobody's change.
    pub(crate) fn tell(&self, events: Vec<NewEvent>) {
        if events.is_empty() {
            return;
        }
        if let Err(error) = self.log.tell(events, jiff::Timestamp::now().as_millisecond()) {
            tracing::error!(%error, "events are not told");
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathering {
    fn is_about(&self, path: &DocPath) -> bool {
        self.paths.iter().any(|about| path.is_under(about.as_str()))
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        let mut under_way = self.events.lock();
        let gathered = under_way.acts.remove(&self.number).map(|act| act.changes).unwrap_or_default();
        self.events.tell_changes(gathered, Some(self.by));
        drop(under_way);
    }
}

impl Engine {
    /// Tells an event. It is in the log when this returns; what the disk refuses is noted in the program's log, and fails nothing.
    pub fn tell(&self, event: NewEvent) {
        self.events.tell(vec![event]);
    }

    /// Whether an event of this kind was told of which `detail` is `value`, as far as events are kept.
    pub(crate) fn is_told(&self, kind: &str, detail: &str, value: &str) -> Result<bool> {
        self.events.is_told(kind, detail, &value.into())
    }

    /// The log of events, to be read without holding the engine.
    #[must_use]
    pub fn events(&self) -> Arc<EventLog> {
        Arc::clone(&self.events.log)
    }

    /// Puts on the disk what was told since the last time.
    pub fn sync_events(&self) {
        if let Err(error) = self.events.log.sync() {
            tracing::warn!(%error, "events are not on the disk yet");
        }
    }
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Happening {
    Created(DocPath, FileState),
    Modified(DocPath, FileState, FileState),
    Deleted(DocPath, FileState),
    Moved(DocPath, DocPath, FileState),
    /// Its bytes are the same, and were read anew.
    Indexed(DocPath, FileState),
}

impl Happening {
    /// As events: what happened, if that is news, and whether it can be found.
    fn events(self, is_news: bool) -> impl Iterator<Item = NewEvent> {
        let version = |state: &FileState| state.version.map(|version| version.to_string());
        let (told, now) = match self {
            Self::Created(path, state) => {
                let event = described(NewEvent::new("file.created").at(path.as_str()), &state);
                (Some(event), Some((path, state)))
            }
            Self::Modified(path, before, state) => {
                let event = described(NewEvent::new("file.modified").at(path.as_str()), &state);
                (Some(with(event, "before", version(&before))), Some((path, state)))
            }
            Self::Deleted(path, state) => {
                let event = NewEvent::new("file.deleted").at(path.as_str());
                (Some(with(event, "version", version(&state))), None)
            }
            Self::Moved(from, to, state) => {
                let event = NewEvent::new("file.moved").at(from.as_str()).to(to.as_str());
                (Some(described(event, &state)), Some((to, state)))
            }
            Self::Indexed(path, state) => (None, Some((path, state))),
        };
        let indexed = now.and_then(|(path, state)| {
            let chunks = state.chunks.as_ref().ok().copied()?;
            let event = NewEvent::new("file.indexed").at(path.as_str()).with("chunks", chunks);
            Some(with(event, "version", version(&state)))
        });
        told.filter(|_| is_news).into_iter().chain(indexed)
    }
}

fn described(event: NewEvent, state: &FileState) -> NewEvent {
    let event = with(event, "version", state.version.map(|version| version.to_string()));
    let event = event.with("size", state.size);
    match &state.chunks {
        Ok(_) => event,
        Err(reason) => event.with("not_searchable", reason.as_str()),
    }
}

fn with(event: NewEvent, name: &str, value: Option<String>) -> NewEvent {
    match value {
        Some(value) => event.with(name, value),
        None => event,
    }
}

/// What some changes come to: two of one path are one, and what is gone here and came there is moved.
fn happenings(changes: Vec<Change>) -> Vec<Happening> {
    let changes = merged(changes);
    let mut gone = Gone::of(&changes);
    // Which of those that are gone came to be where: looked up for all before anything is told of the rest.
    let sources: Vec<Option<usize>> = changes.iter().map(|change| gone.taken_by(&changes, change)).collect();
    let mut moved = vec![false; changes.len()];
    for source in sources.iter().flatten() {
        if let Some(moved) = moved.get_mut(*source) {
            *moved = true;
        }
    }
    let froms: Vec<Option<DocPath>> =
        sources.iter().map(|at| changes.get((*at)?).map(|change| change.path.clone())).collect();
    let each = changes.into_iter().zip(froms).zip(moved);
    each.filter_map(|((change, from), is_moved)| match (change.before, change.after, from) {
        (None, Some(after), Some(from)) => Some(Happening::Moved(from, change.path, after)),
        (None, Some(after), None) => Some(Happening::Created(change.path, after)),
        (Some(before), None, _) => (!is_moved).then_some(Happening::Deleted(change.path, before)),
        (Some(before), Some(after), _) if after.has_bytes_of(&before) => {
            after.chunks.is_ok().then_some(Happening::Indexed(change.path, after))
        }
        (Some(before), Some(after), _) => Some(Happening::Modified(change.path, before, after)),
        (None, None, _) => None,
    })
    .collect()
}

/// Changes of one path as one, where the first of them stood.
fn merged(changes: Vec<Change>) -> Vec<Change> {
    let mut at: HashMap<DocPath, usize> = HashMap::new();
    let mut merged: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match at.get(&change.path).and_then(|at| merged.get_mut(*at)) {
            Some(first) => first.after = change.after,
            None => {
                at.insert(change.path.clone(), merged.len());
                merged.push(change);
            }
        }
    }
    merged
}

/// Files that are gone, by what they could be known again by.
struct Gone {
    by_version: HashMap<ContentHash, Vec<usize>>,
    by_inode: HashMap<u64, usize>,
    is_taken: Vec<bool>,
}

impl Gone {
    fn of(changes: &[Change]) -> Self {
        let (mut by_version, mut by_inode) = (HashMap::<_, Vec<usize>>::new(), HashMap::new());
        for (at, change) in changes.iter().enumerate() {
            let (Some(before), None) = (&change.before, &change.after) else { continue };
            if let Some(version) = before.version.filter(|_| before.size > 0) {
                by_version.entry(version).or_default().push(at);
            }
            if before.inode != 0 {
                by_inode.insert(before.inode, at);
            }
        }
        Self { by_version, by_inode, is_taken: vec![false; changes.len()] }
    }

    /// The file that came to be this one: the same on the disk, or with the same bytes, by preference under the same name.
    fn taken_by(&mut self, changes: &[Change], change: &Change) -> Option<usize> {
        let (None, Some(after)) = (&change.before, &change.after) else { return None };
        let before = |at: usize| changes.get(at).and_then(|gone| gone.before.as_ref());
        let is_same = |at: &usize| {
            before(*at).is_some_and(|gone| gone.version == after.version && gone.size == after.size)
        };
        let is_free = |at: &usize| self.is_taken.get(*at) == Some(&false);
        let name = |path: &DocPath| path.as_str().rsplit('/').next().map(str::to_owned);
        let is_namesake =
            |at: &&usize| changes.get(**at).map(|gone| name(&gone.path)) == Some(name(&change.path));
        let by_inode = self.by_inode.get(&after.inode).copied().filter(is_same).filter(is_free);
        let candidates =
            after.version.and_then(|version| self.by_version.get(&version)).into_iter().flatten();
        let mut free = candidates.filter(|at| is_free(at)).peekable();
        let first = free.peek().copied().copied();
        let found = by_inode.or_else(|| free.find(is_namesake).copied()).or(first);
        if let Some(taken) = found.and_then(|at| self.is_taken.get_mut(at)) {
            *taken = true;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(text: &str, inode: u64) -> FileState {
        let version = Some(ContentHash::of(text.as_bytes()));
        FileState { version, size: text.len() as u64, inode, mtime_ns: 1, chunks: Ok(1) }
    }

    fn change(path: &str, before: Option<(&str, u64)>, after: Option<(&str, u64)>) -> Change {
        let state = |it: Option<(&str, u64)>| it.map(|(text, inode)| state(text, inode));
        Change { path: DocPath::new(path).unwrap(), before: state(before), after: state(after) }
    }

    fn said(changes: Vec<Change>) -> Vec<String> {
        let said = |happening| match happening {
            Happening::Created(path, _) => format!("+{path}"),
            Happening::Modified(path, ..) => format!("~{path}"),
            Happening::Deleted(path, _) => format!("-{path}"),
            Happening::Moved(from, to, _) => format!("{from}>{to}"),
            Happening::Indexed(path, _) => format!("!{path}"),
        };
        happenings(changes).into_iter().map(said).collect()
    }

    #[test]
    fn changes_come_to_what_happened() {
        let check = |changes: Vec<Change>, expected: &[&str]| assert_eq!(said(changes), expected);
        check(vec![change("a", None, Some(("x", 1)))], &["+a"]);
        check(vec![change("a", Some(("x", 1)), Some(("y", 1)))], &["~a"]);
        check(vec![change("a", Some(("x", 1)), Some(("x", 2)))], &["!a"]);
        check(vec![change("a", Some(("x", 1)), None)], &["-a"]);
        let from = || change("a", Some(("x", 1)), None);
        check(vec![from(), change("b", None, Some(("x", 1)))], &["a>b"]);
        check(vec![change("b", None, Some(("x", 2))), from()], &["a>b"]);
        check(vec![from(), change("b", None, Some(("y", 1)))], &["-a", "+b"]);
        // Each is moved once, by preference to its own name; what is empty may be any.
        let two = [change("p/a", Some(("x", 1)), None), change("p/b", Some(("x", 2)), None)];
        let there = [change("q/b", None, Some(("x", 8))), change("q/c", None, Some(("x", 9)))];
        check([two.to_vec(), there.to_vec()].concat(), &["p/b>q/b", "p/a>q/c"]);
        check(vec![change("a", Some(("", 1)), None), change("b", None, Some(("", 2)))], &["-a", "+b"]);
        // Of one path, the first state and the last count.
        check(vec![change("a", None, Some(("x", 1))), change("a", Some(("x", 1)), Some(("y", 1)))], &["+a"]);
        check(vec![change("a", None, Some(("x", 1))), change("a", Some(("x", 1)), None)], &[]);
    }

    #[test]
    fn what_the_api_changes_is_told_as_somebodys_and_the_rest_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let (layout, _) = Layout::make(folder.path()).unwrap();
        let events = Events::open(&layout).unwrap();
        let by = Actor { name: "ann".into(), ..Actor::owner(custody::Via::Mcp) };
        let path = |text: &str| DocPath::new(text).unwrap();
        let acting = events.act(&[&path("a")], &by);
        events.committed(vec![change("a/1", None, Some(("x", 1))), change("ab", None, Some(("y", 2)))]);
        drop(acting);
        events.committed(vec![change("a/1", Some(("x", 1)), None)]);
        let page = events.log.read(&custody::After::Start, &Default::default(), &corpus::PathSet::all(), 100);
        let told = page.unwrap().events.into_iter().map(|listed| {
            let event = listed.event;
            format!("{} {} {}", event.kind, event.path.unwrap(), event.by.map_or("-".into(), |by| by.name))
        });
        let expected = [
            "file.created ab -",
            "file.indexed ab -",
            "file.created a/1 ann",
            "file.indexed a/1 ann",
            "file.deleted a/1 -",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
