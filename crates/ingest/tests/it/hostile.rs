//! Folders as nobody should make them: every file is indexed or recorded, and none keeps the others waiting.

use crate::folder::{Folder, path};
use rustix::fs::{CWD, FileType, Mode, OFlags, mkdirat, mknodat, openat};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, SystemTime};
use workroom_ingest::{NoProgress, Progress};

#[track_caller]
fn check(folder: &Folder, documents: &[&str], skips: &[(&str, &str)]) {
    assert_eq!(folder.documents(), documents);
    let skips = skips.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned()));
    assert_eq!(folder.skips(), skips.collect::<BTreeMap<_, _>>());
}

#[test]
fn what_is_no_file_is_recorded_and_never_opened() {
    let folder = Folder::new();
    folder.write("good.md", "good");
    mknodat(CWD, folder.at("fifo"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    let _socket = UnixListener::bind(folder.at("socket")).unwrap();
    symlink("loop", folder.at("loop")).unwrap();
    symlink("..", folder.at("up")).unwrap();
    symlink(".", folder.at("here")).unwrap();
    std::fs::write(folder.outside.join("secret.md"), "secret").unwrap();
    symlink(folder.outside.join("secret.md"), folder.at("secret.md")).unwrap();
    let skips =
        [("fifo", "special"), ("loop", "link"), ("secret.md", "link"), ("socket", "special"), ("up", "link")];
    folder.reconcile();
    check(&folder, &["good.md"], &skips);
    // Named one by one, as by a watcher, which knows of no rule.
    folder.apply(&["fifo", "socket", "loop", "up/outside/secret.md", "secret.md", "here/good.md", "good.md"]);
    assert_eq!(folder.documents(), ["good.md"]);
}

#[test]
fn a_device_node() {
    let folder = Folder::new();
    let zero = rustix::fs::makedev(1, 5);
    let made = mknodat(CWD, folder.at("zero"), FileType::CharacterDevice, Mode::from_raw_mode(0o666), zero);
    folder.write("good.md", "good");
    folder.reconcile();
    // Only the superuser makes devices; everybody else sees that the rest is unharmed.
    let skips: &[(&str, &str)] = if made.is_ok() { &[("zero", "special")] } else { &[] };
    check(&folder, &["good.md"], skips);
}

/// Puts something else where the scan saw a file.
struct Swap<'a>(&'a Folder, fn(&Folder));

impl Progress for Swap<'_> {
    fn planned(&self, _files: u64, _bytes: u64) {
        (self.1)(self.0);
    }
}

#[test]
fn something_else_takes_the_place_of_a_file_after_the_scan() {
    let folder = Folder::new();
    for name in ["fifo.md", "link.md", "folder.md", "gone.md", "d/below.md", "good.md"] {
        folder.write(name, name);
    }
    std::fs::create_dir(folder.outside.join("d")).unwrap();
    std::fs::write(folder.outside.join("d/below.md"), "secret").unwrap();
    folder.reconcile_telling(&Swap(&folder, |folder| {
        for name in ["fifo.md", "link.md", "folder.md", "gone.md"] {
            std::fs::remove_file(folder.at(name)).unwrap();
        }
        mknodat(CWD, folder.at("fifo.md"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
        symlink(folder.outside.join("d/below.md"), folder.at("link.md")).unwrap();
        std::fs::create_dir(folder.at("folder.md")).unwrap();
        // And on the way to it: the name is the same, the file is not.
        std::fs::remove_dir_all(folder.at("d")).unwrap();
        symlink(folder.outside.join("d"), folder.at("d")).unwrap();
    }));
    check(&folder, &["good.md"], &[("d/below.md", "link"), ("fifo.md", "special"), ("link.md", "link")]);
    folder.reconcile();
    check(&folder, &["good.md"], &[("d", "link"), ("fifo.md", "special"), ("link.md", "link")]);
}

#[test]
fn five_gigabytes_of_nothing() {
    let folder = Folder::new();
    folder.write("good.md", "good");
    std::fs::File::create(folder.at("sparse.md")).unwrap().set_len(5 << 30).unwrap();
    let summary = folder.reconcile();
    assert!(summary.elapsed < Duration::from_secs(5), "it was read: {summary:?}");
    check(&folder, &["good.md"], &[("sparse.md", "too-large")]);
    // It is looked at again: when it has become small, it is read.
    std::fs::write(folder.at("sparse.md"), "small").unwrap();
    folder.reconcile();
    check(&folder, &["good.md", "sparse.md"], &[]);
}

#[test]
fn strange_names() {
    let folder = Folder::new();
    let longest = format!("{}.md", "ü".repeat(126));
    assert_eq!(longest.len(), 255);
    let odd = [
        longest.as_str(),
        "a\nb.md",
        "tab\t.md",
        "\u{1b}[31mred.md",
        " .md",
        "back\\slash.md",
        "*?.md",
        "-rf",
        "ｗｉｄｅ.md",
    ];
    for name in odd {
        folder.write(name, "text");
    }
    std::fs::write(folder.root.join(OsStr::from_bytes(b"caf\xe9.md")), "latin").unwrap();
    std::fs::create_dir(folder.root.join(OsStr::from_bytes(b"\xff"))).unwrap();
    std::fs::write(folder.root.join(OsStr::from_bytes(b"\xff/f.md")), "below").unwrap();
    folder.reconcile();
    let mut sorted = odd;
    sorted.sort_unstable();
    check(&folder, &sorted, &[("caf\u{fffd}.md", "bad-name"), ("\u{fffd}", "bad-name")]);
    folder.check_as_on_disk();
    folder.apply(&odd);
    assert_eq!(folder.documents(), sorted);
}

#[test]
fn nested_deeper_than_a_path_is_long() {
    let folder = Folder::new();
    folder.write("good.md", "good");
    let name = "d".repeat(200);
    let open = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, &folder.root, open, Mode::empty()).unwrap();
    for depth in 1..=25 {
        mkdirat(&at, name.as_str(), Mode::from_raw_mode(0o777)).unwrap();
        at = openat(&at, name.as_str(), open, Mode::empty()).unwrap();
        if depth == 19 || depth == 25 {
            let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
            rustix::io::write(openat(&at, "f.md", flags, Mode::from_raw_mode(0o666)).unwrap(), b"deep")
                .unwrap();
        }
    }
    folder.reconcile();
    let reachable = format!("{}f.md", format!("{name}/").repeat(19));
    assert_eq!(folder.documents(), [reachable.as_str(), "good.md"]);
    let skips = folder.skips();
    let [(beyond, code)] = &Vec::from_iter(skips)[..] else { panic!("one folder is out of reach") };
    assert!(beyond.starts_with(&name) && beyond.len() > 3_900 && code == "unreadable", "{code}: {beyond}");
    // Nor is it an obstacle to later runs, or when it is named.
    folder.reconcile();
    let deepest = format!("{}f.md", format!("{name}/").repeat(25));
    folder.ingest.apply(&folder.rules, &[path(&deepest), path(beyond)], &NoProgress).unwrap();
    assert_eq!(folder.documents(), [reachable.as_str(), "good.md"]);
    assert_eq!(folder.reconcile().unchanged, 2);
}

#[test]
fn times_from_before_1970_and_after_2262() {
    let folder = Folder::new();
    let epoch = SystemTime::UNIX_EPOCH;
    let years = |n: u64| Duration::from_secs(n * 365 * 86_400);
    for (name, time) in
        [("old.md", epoch - years(30)), ("new.md", epoch + years(130)), ("far.md", epoch + years(400))]
    {
        folder.write(name, "one");
        let file = std::fs::OpenOptions::new().write(true).open(folder.at(name)).unwrap();
        file.set_modified(time).unwrap();
    }
    folder.reconcile();
    assert_eq!(folder.documents(), ["far.md", "new.md", "old.md"]);
    // Of the same length, and with the same time of modification.
    folder.write("old.md", "two");
    let file = std::fs::OpenOptions::new().write(true).open(folder.at("old.md")).unwrap();
    file.set_modified(epoch - years(30)).unwrap();
    folder.reconcile();
    folder.check_as_on_disk();
}

#[test]
fn a_file_that_is_rewritten_all_the_time() {
    let folder = Folder::new();
    folder.write("restless.md", "0");
    folder.write("good.md", "good");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0_u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                n += 1;
                // Always of one digit throughout: a mixture of two versions would show.
                folder.write("restless.md", &(n % 10).to_string().repeat(200_000));
            }
        });
        let ended = Ended(&stop);
        for _ in 0..20 {
            folder.apply(&["restless.md", "good.md"]);
            let snapshot = folder.index.documents();
            if let Some(doc) = snapshot.doc(&path("restless.md")) {
                let text: String =
                    snapshot.chunks_of(doc).unwrap().into_iter().map(|chunk| chunk.body).collect();
                let digits = text.chars().fold(String::new(), |seen, c| {
                    if seen.contains(c) { seen } else { format!("{seen}{c}") }
                });
                assert!(digits.len() < 2, "versions {digits} in one, of {} bytes", text.len());
            }
        }
        drop(ended);
    });
    folder.apply(&["restless.md"]);
    assert!(folder.skips().is_empty());
    folder.check_as_on_disk();
}

/// Stops the writer even when an assertion fails.
struct Ended<'a>(&'a std::sync::atomic::AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Set in the child that has given its rights up.
const AS_NOBODY: &str = "WORKROOM_TEST_AS_NOBODY";

/// The superuser may read everything. So the test runs itself again as somebody who may not.
#[test]
fn what_may_not_be_read_is_recorded_and_read_when_it_may() {
    if std::env::var_os(AS_NOBODY).is_none() && rustix::process::getuid().is_root() {
        let name = "hostile::what_may_not_be_read_is_recorded_and_read_when_it_may";
        let output = Command::new(std::env::current_exe().unwrap())
            .args([name, "--exact"])
            .env(AS_NOBODY, "1")
            .uid(65_534)
            .gid(65_534)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let folder = Folder::new();
    for name in ["good.md", "closed.md", "d/inside.md"] {
        folder.write(name, name);
    }
    let allow = |name: &str, mode| {
        std::fs::set_permissions(folder.at(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    allow("closed.md", 0o000);
    allow("d", 0o000);
    folder.reconcile();
    check(&folder, &["good.md"], &[("closed.md", "unreadable"), ("d", "unreadable")]);
    allow("closed.md", 0o644);
    allow("d", 0o755);
    folder.reconcile();
    check(&folder, &["closed.md", "d/inside.md", "good.md"], &[]);
    // What is hidden is not gone.
    allow("d", 0o000);
    folder.reconcile();
    check(&folder, &["closed.md", "d/inside.md", "good.md"], &[("d", "unreadable")]);
    folder.apply(&["d", "d/inside.md"]);
    assert_eq!(folder.documents(), ["closed.md", "d/inside.md", "good.md"]);
    allow("d", 0o755);
}
