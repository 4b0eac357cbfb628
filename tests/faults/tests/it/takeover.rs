//! The owner is killed before each call by which it changes something, in the middle of what another process asked it for: that one is served by
//! the next owner, hears the truth, and what it asked for was done once.
//!
//! Not here: kills at random instants, of many who ask at once (`tests/proof`), power cuts (`power`).

use crate::stage::launcher;
use faults::trace::{Call, Hook, Program, Verdict, Watched, run};
use faults::tree::Tree;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};
use workroom::{Condition, Edit, ErrorKind, Mode, Query, Workspace, version_of};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

/// Calls to be let go before the owner is killed.
#[derive(Debug, Default)]
pub(crate) struct Trigger {
    pub(crate) left: AtomicI64,
    pub(crate) is_armed: AtomicBool,
    pub(crate) has_killed: AtomicBool,
}

/// Kills the traced program before a call that changes something: a file, a name, what is durable, or what a client has heard.
pub(crate) struct Killer {
    pub(crate) root: PathBuf,
    pub(crate) trigger: Arc<Trigger>,
}

/// Calls that make a change lasting, or tell of it, and write bytes.
const OF_DESCRIPTORS: [i64; 4] = [libc::SYS_fsync, libc::SYS_fdatasync, libc::SYS_write, libc::SYS_sendto];
/// Calls that give and take names, or copy bytes.
const OF_NAMES: [i64; 9] = [
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_unlink,
    libc::SYS_unlinkat,
    libc::SYS_rmdir,
    libc::SYS_mkdir,
    libc::SYS_mkdirat,
    libc::SYS_copy_file_range,
];

impl Killer {
    /// Whether a call is about files of the user or about other processes. What the index does to its own is for the proofs of a commit.
    fn counts(&self, call: &Call) -> bool {
        let is_ours = |path: &Path| {
            path.starts_with(&self.root) && !path.starts_with(self.root.join(".workroom/index"))
        };
        match call.number {
            libc::SYS_rename | libc::SYS_unlink | libc::SYS_rmdir | libc::SYS_mkdir => {
                call.path(None, 0).is_ok_and(|path| is_ours(&path))
            }
            libc::SYS_openat
            | libc::SYS_mkdirat
            | libc::SYS_unlinkat
            | libc::SYS_renameat
            | libc::SYS_renameat2 => call.path(Some(0), 1).is_ok_and(|path| is_ours(&path)),
            _ => call
                .descriptor_path(call.descriptor(0))
                .is_ok_and(|path| is_ours(&path) || path.to_string_lossy().starts_with("socket:")),
        }
    }
}

impl Hook for Killer {
    fn watched(&self) -> Vec<Watched> {
        let made = u64::from(libc::O_CREAT.cast_unsigned());
        let always = OF_DESCRIPTORS.into_iter().chain(OF_NAMES).map(Watched::always);
        always.chain([Watched::with_bits(libc::SYS_openat, 2, made)]).collect()
    }

    fn enter(&mut self, call: &Call) -> Verdict {
        if !self.trigger.is_armed.load(Ordering::SeqCst) || !self.counts(call) {
            return Verdict::Pass;
        }
        if self.trigger.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Verdict::Pass;
        }
        self.trigger.has_killed.store(true, Ordering::SeqCst);
        Verdict::Kill
    }

    fn leave(&mut self, _: &Call, _: i64) {}
}

/// What a caller hears.
type Heard = std::result::Result<String, ErrorKind>;

/// Something that is asked for, what the caller is to hear, and what it changes of the folder: paths with what they hold then. Folders have a
/// slash at their end, and hold nothing.
struct Case {
    name: &'static str,
    act: fn(&Workspace) -> workroom::Result<String>,
    heard: Heard,
    changes: &'static [(&'static str, Option<&'static str>)],
}

const BEFORE: [(&str, &str); 8] = [
    ("a.md", "The first line.\n"),
    ("same.md", "The first line.\n"),
    ("d/", ""),
    ("d/deep/", ""),
    ("d/deep/three.md", "Three herons.\n"),
    ("d/one.md", "One gull.\n"),
    ("d/two.md", "Two terns.\n"),
    ("empty/", ""),
];

fn cases() -> Vec<Case> {
    let done = || Ok(String::new());
    let refused = |kind| Err(kind);
    let case = |name, act, heard, changes| Case { name, act, heard, changes };
    vec![
        case(
            "write",
            |w| w.write("n/x.md", b"A new one.\n").map(drop_it),
            done(),
            &[("n/", Some("")), ("n/x.md", Some("A new one.\n"))],
        ),
        case(
            "write over",
            |w| w.write("a.md", b"Another.\n").map(drop_it),
            done(),
            &[("a.md", Some("Another.\n"))],
        ),
        case(
            "write if absent",
            |w| w.write_if("n.md", b"A new one.\n", &Condition::Absent).map(drop_it),
            done(),
            &[("n.md", Some("A new one.\n"))],
        ),
        case(
            "write if absent, and the same is there",
            |w| w.write_if("a.md", b"The first line.\n", &Condition::Absent).map(drop_it),
            refused(ErrorKind::Conflict),
            &[],
        ),
        case(
            "write if a version",
            |w| {
                w.write_if("a.md", b"Another.\n", &Condition::Version(version_of(b"The first line.\n")))
                    .map(drop_it)
            },
            done(),
            &[("a.md", Some("Another.\n"))],
        ),
        case(
            "append",
            |w| w.append("a.md", b"And one more.\n", &Condition::Any).map(drop_it),
            done(),
            &[("a.md", Some("The first line.\nAnd one more.\n"))],
        ),
        case(
            "edit",
            |w| w.edit("a.md", &[edit("first", "last")], &Condition::Any, false).map(drop_it),
            done(),
            &[("a.md", Some("The last line.\n"))],
        ),
        case(
            "copy",
            |w| w.copy("a.md", "n/c.md").map(drop_it),
            done(),
            &[("n/", Some("")), ("n/c.md", Some("The first line.\n"))],
        ),
        case(
            "copy to where the same is",
            |w| w.copy("a.md", "same.md").map(drop_it),
            refused(ErrorKind::Conflict),
            &[],
        ),
        case(
            "copy a folder",
            |w| w.copy("d", "n/d").map(drop_it),
            done(),
            &[
                ("n/", Some("")),
                ("n/d/", Some("")),
                ("n/d/deep/", Some("")),
                ("n/d/deep/three.md", Some("Three herons.\n")),
                ("n/d/one.md", Some("One gull.\n")),
                ("n/d/two.md", Some("Two terns.\n")),
            ],
        ),
        case(
            "rename",
            |w| w.rename("a.md", "n/b.md").map(drop_it),
            done(),
            &[("a.md", None), ("n/", Some("")), ("n/b.md", Some("The first line.\n"))],
        ),
        case(
            "rename what is not there",
            |w| w.rename("no.md", "a.md").map(drop_it),
            refused(ErrorKind::NotFound),
            &[],
        ),
        case(
            "rename a folder",
            |w| w.rename("d", "e").map(drop_it),
            done(),
            &[
                ("d/", None),
                ("d/deep/", None),
                ("d/deep/three.md", None),
                ("d/one.md", None),
                ("d/two.md", None),
                ("e/", Some("")),
                ("e/deep/", Some("")),
                ("e/deep/three.md", Some("Three herons.\n")),
                ("e/one.md", Some("One gull.\n")),
                ("e/two.md", Some("Two terns.\n")),
            ],
        ),
        case("remove", |w| w.remove("a.md").map(drop_it), done(), &[("a.md", None)]),
        case(
            "remove what is not there",
            |w| w.remove("no.md").map(drop_it),
            refused(ErrorKind::NotFound),
            &[],
        ),
        case(
            "remove an empty folder",
            |w| w.remove_folder("empty", false).map(drop_it),
            done(),
            &[("empty/", None)],
        ),
        case(
            "remove a folder that is to be empty",
            |w| w.remove_folder("d", false).map(drop_it),
            refused(ErrorKind::Conflict),
            &[],
        ),
        case(
            "remove a folder",
            |w| w.remove_folder("d", true).map(drop_it),
            done(),
            &[
                ("d/", None),
                ("d/deep/", None),
                ("d/deep/three.md", None),
                ("d/one.md", None),
                ("d/two.md", None),
            ],
        ),
        case(
            "make a folder",
            |w| w.make_folder("n/f").map(|new| new.to_string()),
            Ok("true".into()),
            &[("n/", Some("")), ("n/f/", Some(""))],
        ),
        case(
            "make a folder that is there",
            |w| w.make_folder("d").map(|new| new.to_string()),
            Ok("false".into()),
            &[],
        ),
    ]
}

fn drop_it<T>(_: T) -> String {
    String::new()
}

fn edit(old: &str, new: &str) -> Edit {
    Edit { old: old.into(), new: new.into(), replace_all: false }
}

/// The files and folders of the user, as cases name them.
pub(crate) fn folder(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() && name != workroom::WORKROOM_DIR {
            found.insert(format!("{name}/"), String::new());
            found.extend(
                folder(&entry.path()).into_iter().map(|(path, text)| (format!("{name}/{path}"), text)),
            );
        } else if entry.file_type().unwrap().is_file() && name != ".workroomignore" {
            found.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

fn expected(case: &Case) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BEFORE.map(|(path, text)| (path.into(), text.into())).into();
    for (path, text) in case.changes {
        match text {
            Some(text) => drop(all.insert((*path).into(), (*text).into())),
            None => drop(all.remove(*path)),
        }
    }
    all
}

/// A workspace with everything in its place, to be copied.
fn prepared() -> Tree {
    let dir = tempfile::tempdir().unwrap();
    for (path, _) in BEFORE {
        if path.ends_with('/') {
            std::fs::create_dir_all(dir.path().join(path)).unwrap();
        }
    }
    let workspace = Workspace::create(dir.path()).unwrap();
    // Through the program, so that it is known who wrote them.
    for (path, text) in BEFORE.iter().filter(|(path, _)| !path.ends_with('/')) {
        workspace.write(path, text.as_bytes()).unwrap();
    }
    drop(workspace);
    std::fs::remove_dir_all(dir.path().join(".workroom/run")).unwrap();
    Tree::read(dir.path()).unwrap()
}

/// Asks an owner that is killed before its call number `nth`. Returns whether it came so far.
fn check(tree: &Tree, case: &Case, nth: i64) -> bool {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    tree.write(&root).unwrap();
    let trigger = Arc::new(Trigger { left: AtomicI64::new(nth), ..Trigger::default() });
    let daemon = Program::new(launcher(), launcher(), &root).with(["daemon", &root.to_string_lossy()]);
    let mut killer = Killer { root: root.clone(), trigger: Arc::clone(&trigger) };
    let ended = std::thread::scope(|scope| {
        let daemon = scope.spawn(|| run(&daemon, &mut killer).unwrap());
        let asked = std::panic::catch_unwind(AssertUnwindSafe(|| ask(&root, case, nth, &trigger)));
        // Also when something is wrong: nothing may outlive the folder.
        while !daemon.is_finished() {
            drop(workroom::stop_daemon(&root));
        }
        let ended = daemon.join().unwrap();
        asked.map(|()| ended).unwrap_or_else(|panic| resume_unwind(panic))
    });
    assert!(!ended.hung && !ended.stderr.contains("panicked"), "{}: {ended:?}", case.name);
    trigger.has_killed.load(Ordering::SeqCst)
}

/// Asks, and holds what is heard and what is there against the case.
fn ask(root: &Path, case: &Case, nth: i64, trigger: &Trigger) {
    let until = Instant::now() + PATIENCE;
    // Whoever asks who the owner is takes the lock for a moment when there is none.
    while !root.join(".workroom/run/socket").exists() {
        assert!(Instant::now() < until, "no owner");
        std::thread::sleep(POLL);
    }
    let workspace = Workspace::open(root).unwrap();
    assert!(!workspace.is_owner());
    trigger.is_armed.store(true, Ordering::SeqCst);
    let heard = (case.act)(&workspace);
    trigger.is_armed.store(false, Ordering::SeqCst);
    let at = format!("{}, killed before call {nth}: {heard:?}", case.name);
    assert_eq!(heard.map_err(|error| error.kind()), case.heard, "{at}");
    holds(&workspace, case, &at);
}

/// What was asked for was done, and is in the index, also of somebody who opens the workspace anew; nothing else is left.
fn holds(workspace: &Workspace, case: &Case, at: &str) {
    let expected = expected(case);
    assert_eq!(folder(workspace.root()), expected, "{at}");
    let files: Vec<&String> = expected.keys().filter(|path| !path.ends_with('/')).collect();
    assert_eq!(workspace.documents().unwrap().iter().collect::<Vec<_>>(), files, "{at}");
    for (path, text) in expected.iter().filter(|(_, text)| !text.is_empty()) {
        let hits = workspace.search(&Query::new(text.trim()).mode(Mode::Lexical)).unwrap();
        assert!(
            hits.iter().any(|hit| hit.path == *path && hit.fresh && hit.quote.contains(text.trim())),
            "{at}: {path}: {hits:?}"
        );
    }
    let left: Vec<_> = std::fs::read_dir(workspace.root().join(".workroom/tmp")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{at}: {left:?}");
    forgets(workspace, case, at);
}

/// Whose something was that is gone is forgotten: the same bytes at the same path, put there by somebody else, are nobody's.
fn forgets(workspace: &Workspace, case: &Case, at: &str) {
    let gone = case.changes.iter().filter(|(path, now)| now.is_none() && !path.ends_with('/'));
    for (path, _) in gone {
        let (_, text) = BEFORE.iter().find(|(there, _)| there == path).unwrap();
        let file = workspace.root().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        workspace.index(&workroom::NoProgress).unwrap();
        assert_eq!(workspace.show(path).unwrap().origin, None, "{at}: {path}");
    }
}

#[test]
fn whoever_asked_an_owner_that_was_killed_is_served_once_and_hears_the_truth() {
    let tree = prepared();
    let mut kills = 0;
    for case in cases() {
        let instants = (0..).take_while(|nth| check(&tree, &case, *nth)).count();
        println!("{}: {instants} instants", case.name);
        assert!(instants > 0, "{}: no call was seen that could be cut short", case.name);
        kills += instants;
    }
    assert!(kills > 150, "{kills}");
}
