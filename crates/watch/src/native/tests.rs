//! The handler's sorting out, and watches after events were lost.

use std::time::Duration;

use notify::event::{DataChange, Flag, MetadataKind};

use super::*;
use crate::RulesOptions;

/// Hands `events` to a handler whose queue has room for `queue` signals; returns what it let through, and whether it told an overflow.
fn hand(
    queue: usize,
    events: Vec<notify::Result<notify::Event>>,
) -> (Vec<(Option<String>, SignalKind)>, bool) {
    let (sender, signals) = bounded(queue);
    let (overflow_sender, overflow) = bounded(1);
    let handler = Handler { root: PathBuf::from("/w"), signals: sender, overflow: overflow_sender };
    events.into_iter().for_each(|event| handler.take(event));
    let signals = signals.try_iter().map(|signal| (signal.path.map(|path| path.to_string()), signal.kind));
    (signals.collect(), overflow.try_recv().is_ok())
}

fn event(kind: EventKind, path: &str) -> notify::Result<notify::Event> {
    Ok(notify::Event::new(kind).add_path(PathBuf::from(path)))
}

const CLOSED: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));

#[track_caller]
fn check_kind(kind: EventKind, expected: Option<SignalKind>) {
    let (signals, overflowed) = hand(4, vec![event(kind, "/w/a/f")]);
    assert_eq!(signals.first().map(|(_, kind)| *kind), expected, "{kind:?}");
    assert!(!overflowed);
}

#[test]
fn kinds_of_events() {
    check_kind(CLOSED, Some(SignalKind::Closed));
    check_kind(EventKind::Access(AccessKind::Open(AccessMode::Any)), None);
    check_kind(EventKind::Access(AccessKind::Close(AccessMode::Read)), None);
    check_kind(EventKind::Create(CreateKind::File), Some(SignalKind::Writing));
    check_kind(EventKind::Modify(ModifyKind::Data(DataChange::Any)), Some(SignalKind::Writing));
    check_kind(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), Some(SignalKind::Unknown));
    check_kind(EventKind::Modify(ModifyKind::Name(RenameMode::Both)), None);
    check_kind(EventKind::Modify(ModifyKind::Name(RenameMode::Any)), Some(SignalKind::Unknown));
    check_kind(EventKind::Remove(RemoveKind::Folder), Some(SignalKind::FolderRemoved));
}

#[test]
fn paths_of_events() {
    let events = ["/w", "/w/a/f", "/w/.workroom/x", "/w/.git/x", "/other"].map(|path| event(CLOSED, path));
    let (signals, _) = hand(10, events.into());
    let paths: Vec<_> = signals.iter().map(|(path, _)| path.as_deref()).collect();
    assert_eq!(paths, [None, Some("a/f")]);
}

#[test]
fn what_is_lost_is_told() {
    let rescan = || Ok(notify::Event::new(EventKind::Other).set_flag(Flag::Rescan));
    assert_eq!(hand(4, vec![rescan(), rescan()]), (vec![], true));
    assert_eq!(hand(4, vec![Err(notify::Error::generic("read"))]), (vec![], true));
    let (signals, overflowed) = hand(1, vec![event(CLOSED, "/w/a"), event(CLOSED, "/w/b")]);
    assert_eq!((signals.len(), overflowed), (1, true));
}

/// Some watched folders of a root that is not watched itself: nobody sees them come and go, as if those events had been lost.
struct Watched {
    _dir: tempfile::TempDir,
    rules: Rules,
    native: Native,
}

impl Watched {
    fn new(folders: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let rules = Rules::new(dir.path(), RulesOptions::default()).unwrap();
        let native = Native::new(rules.root(), None, Arc::default()).unwrap();
        let mut watched = Self { _dir: dir, rules, native };
        for folder in folders {
            fs_err::create_dir(watched.rules.root().join(folder)).unwrap();
            watched.watch(folder);
        }
        watched
    }

    fn watch(&mut self, folder: &str) {
        assert_eq!(self.native.watch(folder), Ok(None));
    }

    fn rename(&self, from: &str, to: &str) {
        fs_err::rename(self.rules.root().join(from), self.rules.root().join(to)).unwrap();
    }

    /// Writes the file, waits until that is told under its name, and returns all files that were closed until then.
    #[track_caller]
    fn check_heard(&self, file: &str) -> Vec<String> {
        fs_err::write(self.rules.root().join(file), "x").unwrap();
        let mut closed = Vec::new();
        while closed.last().is_none_or(|last| last != file) {
            let signal = self.native.signals.recv_timeout(Duration::from_secs(10)).unwrap();
            if signal.kind == SignalKind::Closed {
                closed.extend(signal.path.map(|path| path.to_string()));
            }
        }
        closed
    }
}

#[test]
fn names_that_went_round_are_watched_again() {
    let mut watched = Watched::new(&["a", "a/deep", "c", "c/deep", "gone"]);
    watched.rename("a", "b");
    watched.rename("c", "a");
    fs_err::remove_dir(watched.rules.root().join("gone")).unwrap();
    watched.native.resync(&watched.rules, None, &|| true).unwrap();
    let names: Vec<_> = watched.native.folders.keys().map(String::as_str).collect();
    assert_eq!(names, ["", "a", "a/deep", "b", "b/deep"]);
    for file in ["a/f", "b/f", "a/deep/f", "b/deep/f", "f"] {
        watched.check_heard(file);
    }
}

#[test]
fn a_folder_that_left_is_not_heard_under_the_name_of_its_successor() {
    let outside = tempfile::tempdir().unwrap();
    let mut watched = Watched::new(&["a"]);
    let root = watched.rules.root().to_path_buf();
    fs_err::rename(root.join("a"), outside.path().join("a")).unwrap();
    fs_err::create_dir(root.join("a")).unwrap();
    watched.watch("a");
    fs_err::write(outside.path().join("a/stray"), "x").unwrap();
    let heard = watched.check_heard("a/f");
    assert!(!heard.contains(&"a/stray".to_owned()), "{heard:?}");
}

/// The new name is known before the old one is given up: both share the kernel's one watch.
#[test]
fn giving_up_an_old_name_keeps_the_new_one() {
    let mut watched = Watched::new(&["a", "a/deep"]);
    watched.rename("a", "b");
    watched.watch("b");
    watched.watch("b/deep");
    assert_eq!(watched.native.release(&DocPath::new("a").unwrap()), Ok(true));
    watched.check_heard("b/f");
    watched.check_heard("b/deep/f");
}

#[test]
fn the_folders_below_one() {
    let watched = Watched::new(&["a", "a/b", "a/b/c", "a.b", "a0", "ab", "a/b-"]);
    assert_eq!(watched.native.at_and_below("a"), ["a", "a/b", "a/b-", "a/b/c"]);
    assert_eq!(watched.native.at_and_below("a/b"), ["a/b", "a/b/c"]);
    assert_eq!(watched.native.at_and_below("").len(), 7);
}
