//! The recorder against the truth: what it rebuilds is what is on disk, byte for byte.

use crate::stage::{Stage, launcher};
use faults::record::Recorder;
use faults::trace::{Program, run};
use faults::{Disk, Medium, Tree};
use std::path::Path;

fn check(script: &str) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("w");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("old"), "It was there before.\n").unwrap();
    let notes = dir.path().join("notes");
    let mut recorder = Recorder::of(&root, &notes).unwrap();
    let mut program = Program::new(launcher(), Path::new("/bin/sh"), &root).with(["-e", "-c", script]);
    program.environment = vec![("PATH".into(), std::env::var("PATH").unwrap_or_default())];
    let ended = run(&program, &mut recorder).unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let log = recorder.into_log();
    assert_eq!(log.unsupported, Vec::<String>::new());
    let rebuilt = Disk::at(&log, Medium::Strict, log.changes.len()).live();
    assert_eq!(rebuilt.differences(&Tree::read(&root).unwrap()), Vec::<String>::new(), "{script}");
    assert_eq!(log.notes(usize::MAX), std::fs::read(&notes).unwrap_or_default());
}

#[test]
fn what_common_programs_do_is_recorded() {
    check("echo a > new; echo b >> new; echo c >> old; printf x > empty; : > empty");
    check(
        "mkdir -p a/b/c; echo x > a/b/c/f; mv a/b/c/f a/g; rmdir a/b/c; ln -s g a/link; ln a/g a/h; rm a/g",
    );
    check(
        "cp old copy; dd if=/dev/zero of=big bs=1000 count=300 status=none; truncate -s 1234 big; mv big old",
    );
    check("for i in 1 2 3 4 5 6 7 8; do (echo $i > f$i; mv f$i g$i) & done; wait; sync; rm -r g1 g2");
    check(
        "dd if=/dev/zero of=big bs=4096 count=3 conv=fsync status=none; fallocate -l 20000 big; fallocate -p -o 10 -l 5000 big",
    );
    // Several make the same missing folders: each tries, fails, makes the one above, and tries again.
    check("for i in 1 2 3 4 5 6 7 8; do (mkdir -p p/q/r$i; echo > p/q/r$i/f) & done; wait");
    check("echo one >> ../notes; echo two > two; echo three >> ../notes");
}

#[test]
fn what_the_program_does_is_recorded() {
    let stage = Stage::with(20);
    for arguments in [&["index"][..], &["index"], &["search", "marker"], &["doctor", "--rebuild"]] {
        let (ended, log) = stage.record(arguments);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert_eq!(log.unsupported, Vec::<String>::new(), "{arguments:?}");
        let rebuilt = Disk::at(&log, Medium::Ordered, log.changes.len()).live();
        assert_eq!(rebuilt.differences(&stage.tree()), Vec::<String>::new(), "{arguments:?}");
        stage.write("d0/0.md");
    }
}
