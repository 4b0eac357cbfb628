//! Runs that overlap: none undoes what another has seen.

use crate::folder::{Folder, path};
use corpus::{ContentHash, DocPath};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use workroom_ingest::{Limits, NoProgress, Outcome, Progress};

/// Does something when the scan of a run has ended, before it reads.
struct Meanwhile<F: Fn() + Sync>(F);

impl<F: Fn() + Sync> Progress for Meanwhile<F> {
    fn planned(&self, _files: u64, _bytes: u64) {
        (self.0)();
    }
}

#[test]
fn many_paths_are_one_commit_and_each_is_read_once() {
    let folder = Folder::new();
    let names: Vec<String> = (0..64).map(|n| format!("d{}/f{n}.md", n % 4)).collect();
    for name in &names {
        folder.write(name, &format!("# {name}\n\nText.\n"));
    }
    let twice: Vec<&str> =
        names.iter().chain(&names).map(String::as_str).chain(["d1", "none", "none"]).collect();
    let before = folder.index.documents().seq().0;
    let applied = folder.apply(&twice);
    assert_eq!((applied.summary.indexed, applied.seq.0), (64, before + 1));
    folder.check_as_on_disk();
    let again = folder.apply(&twice);
    assert_eq!(
        (again.summary.indexed, again.seq.0),
        (0, before + 1),
        "nothing to do is no commit: {again:?}"
    );
    std::fs::remove_dir_all(folder.at("d1")).unwrap();
    let gone = folder.apply(&["d1", "d1/f1.md", "d1/f1.md"]);
    assert_eq!((gone.summary.removed, gone.seq.0), (16, before + 2));
    folder.check_as_on_disk();
}

#[test]
fn a_file_takes_the_place_of_a_folder_and_back() {
    let folder = Folder::new();
    folder.write("x/a.md", "a");
    folder.write("x/deep/b.md", "b");
    folder.write("y.md", "y");
    folder.apply(&["x/a.md", "x/deep/b.md", "y.md"]);
    std::fs::remove_dir_all(folder.at("x")).unwrap();
    std::fs::remove_file(folder.at("y.md")).unwrap();
    folder.write("x", "now a file");
    folder.write("y.md/c.md", "now a folder");
    folder.apply(&["x", "y.md"]);
    assert_eq!(folder.documents(), ["x", "y.md/c.md"]);
    folder.check_as_on_disk();
}

#[test]
fn what_comes_back_after_a_scan_is_not_removed_by_it() {
    let folder = Folder::new();
    folder.write("back.md", "one");
    folder.write("other.md", "one");
    folder.reconcile();
    std::fs::remove_file(folder.at("back.md")).unwrap();
    folder.write("other.md", "changed");
    folder.reconcile_telling(&Meanwhile(|| {
        folder.write("back.md", "two");
        assert_eq!(folder.apply(&["back.md"]).summary.indexed, 1);
    }));
    assert_eq!(folder.version("back.md"), Some(ContentHash::of(b"two")));
    folder.check_as_on_disk();
}

#[test]
fn what_goes_after_a_scan_is_not_brought_back() {
    let folder = Folder::new();
    folder.write("gone.md", "one");
    folder.reconcile_telling(&Meanwhile(|| {
        std::fs::remove_file(folder.at("gone.md")).unwrap();
        folder.apply(&["gone.md"]);
    }));
    assert_eq!(folder.documents(), [""; 0]);
}

/// Content that went back to what the scan saw must not be taken for what the index has by now.
#[test]
fn a_version_that_comes_back() {
    let folder = Folder::new();
    folder.write("a.md", "one");
    folder.reconcile();
    folder.write("a.md", "one");
    folder.reconcile_telling(&Meanwhile(|| {
        folder.write("a.md", "two");
        folder.apply(&["a.md"]);
        folder.write("a.md", "one");
    }));
    folder.check_as_on_disk();
}

#[test]
fn without_its_folder_nothing_counts_as_gone() {
    let folder = Folder::new();
    folder.write("a.md", "a");
    folder.write("d/b.md", "b");
    folder.reconcile();
    let away = folder.outside.join("w");
    std::fs::rename(&folder.root, &away).unwrap();
    folder.apply(&["a.md", "d", "d/b.md"]);
    let summary = folder.reconcile();
    assert_eq!(summary.skipped.get("unreadable"), Some(&1), "and the run says so: {summary:?}");
    assert_eq!(folder.documents(), ["a.md", "d/b.md"]);
    std::fs::rename(&away, &folder.root).unwrap();
    assert_eq!(folder.reconcile().unchanged, 2);
}

/// Tells how many files of a bulk run are done.
#[derive(Default)]
struct Count(AtomicUsize);

impl Progress for Count {
    fn file(&self, _path: &DocPath, _bytes: u64, _outcome: &Outcome) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn writers_are_served_while_a_bulk_run_goes_on() {
    // One commit for the whole run, were nobody waiting.
    let folder = Folder::with(Limits { threads: 1, window_bytes: 64 << 10, ..Limits::default() });
    let n = 1500;
    for i in 0..n {
        folder.write(
            &format!("bulk/f{i}.md"),
            &format!("# File {i}\n\n{}", "Words that stand for text. ".repeat(60)),
        );
    }
    let (done, ended) = (Count::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let bulk = scope.spawn(|| {
            let summary = folder.reconcile_telling(&done);
            ended.store(true, Ordering::Relaxed);
            summary
        });
        let writers: Vec<_> = (0..4)
            .map(|w| {
                let (folder, ended, done) = (&folder, &ended, &done);
                scope.spawn(move || {
                    let mut served = 0;
                    while !ended.load(Ordering::Relaxed) {
                        // A path of its own, one that it shares with the other writers, and one of the bulk run.
                        let (own, bulk) =
                            (format!("live/{w}.md"), format!("bulk/f{}.md", (served * 37 + w) % n));
                        let text = format!("writer {w}, version {served}");
                        folder.write(&own, &text);
                        folder.write("live/shared.md", &text);
                        std::fs::remove_file(folder.at(&bulk)).ok();
                        folder.apply(&[&own, "live/shared.md", &bulk, &own]);
                        assert_eq!(folder.version(&own), Some(ContentHash::of(text.as_bytes())), "{own}");
                        assert_eq!(folder.version(&bulk), None, "{bulk}");
                        served += usize::from(done.0.load(Ordering::Relaxed) < n / 2);
                    }
                    served
                })
            })
            .collect();
        let served: Vec<usize> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
        assert!(served.iter().all(|served| *served > 0), "in the first half of the run: {served:?}");
        assert!(bulk.join().unwrap().indexed > 0);
    });
    folder.check_as_on_disk();
}

#[test]
fn one_who_waits_does_not_wait_for_the_next_window() {
    let folder = Folder::with(Limits { threads: 1, ..Limits::default() });
    let text = "Words that stand for text, so many that a window takes long. ".repeat(8_000);
    for i in 0..24 {
        folder.write(&format!("bulk/f{i}.md"), &text[i..]);
    }
    let done = Count::default();
    std::thread::scope(|scope| {
        let bulk = scope.spawn(|| folder.reconcile_telling(&done));
        while done.0.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        let began = Instant::now();
        folder.write("live.md", "live");
        folder.ingest.apply(&folder.rules, &[path("live.md")], &NoProgress).unwrap();
        let (took, left) = (began.elapsed(), 24 - done.0.load(Ordering::Relaxed));
        assert!(left > 0, "it was served before the run had ended");
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(bulk.join().unwrap().indexed, 24);
    });
}
