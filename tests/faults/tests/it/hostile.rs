//! The real program on a hostile system: it says what is wrong or goes on without, nothing is lost, and afterwards it works again.

use crate::stage::Stage;
use faults::inject::{Fault, Injector};
use faults::trace::{Call, Ended, Hook, Verdict, Watched};
use std::path::PathBuf;

/// Files of a stage.
const FILES: u64 = 8;

/// Lets a changed and a new file be indexed while something goes wrong.
fn suffer(stage: &Stage, fault: Fault) -> (Ended, Injector) {
    stage.write("d0/0.md");
    stage.write("d1/new.md");
    let (ended, injector) = stage.suffer(fault, &["index"]);
    match ended.code {
        Some(0) => {}
        Some(1..=9) => assert!(
            ended.stderr.starts_with("error: ") && ended.stderr.contains("hint: "),
            "{fault:?}: {ended:?}"
        ),
        _ => panic!("{fault:?}: {ended:?}"),
    }
    (ended, injector)
}

/// As [`suffer`], and holds the stage to its recovery.
fn check(stage: &Stage, fault: Fault) -> (Ended, Injector) {
    let (ended, injector) = suffer(stage, fault);
    stage.recovers(&["d0/0.md", "d1/new.md", "d2/2.md"]);
    (ended, injector)
}

/// Lets the n-th call fail, for every `step`-th n, until the run has no such call any more.
fn sweep(step: usize, fault: impl Fn(u64) -> Fault) {
    let stage = Stage::indexed(FILES);
    let mut n_refused = 0;
    for nth in (0..).step_by(step) {
        let (ended, injector) = check(&stage, fault(nth));
        if injector.victims().is_empty() {
            assert!(nth > 0, "nothing went wrong");
            assert_eq!(ended.code, Some(0), "{ended:?}");
            break;
        }
        n_refused += u64::from(ended.code != Some(0));
    }
    assert!(n_refused > 0);
}

#[test]
fn a_full_disk_loses_nothing() {
    let stage = Stage::indexed(FILES);
    let (ended, all) = check(&stage, Fault::Full { room: u64::MAX });
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let written = all.written();
    assert!(written > 10_000, "{written}");
    // Merging segments writes more at one time than at another, so the end of a run cannot be met for certain.
    for percent in [0, 1, 5, 10, 20, 30, 40, 50] {
        let (ended, injector) = check(&stage, Fault::Full { room: written * percent / 100 });
        assert!(injector.hits() > 0, "{percent} %: {ended:?}");
    }
}

#[test]
fn a_full_disk_while_a_workspace_is_made_loses_nothing() {
    for room in [0, 500, 2_000, 8_000] {
        let stage = Stage::with(FILES);
        let (ended, injector) = suffer(&stage, Fault::Full { room });
        assert!(injector.hits() > 0 && ended.code != Some(0), "{room}: {ended:?}");
        stage.recovers(&["d0/0.md", "d1/new.md"]);
    }
}

#[test]
fn a_sync_that_fails_is_no_commit() {
    sweep(1, |nth| Fault::Unsynced { nth });
}

#[test]
fn too_many_open_files_are_no_damage() {
    sweep(7, |nth| Fault::TooManyOpen { nth, times: 3 });
}

#[test]
fn a_read_that_fails_is_survived() {
    sweep(13, |nth| Fault::Unreadable { nth });
}

#[test]
fn a_file_that_cannot_be_read_is_listed() {
    let stage = Stage::indexed(FILES);
    // The first opening of a file of the user comes after those of the stores; which it is depends on them.
    let (_, path) = (0..)
        .find_map(|nth| {
            // What an earlier try survived is indexed by now and not opened again.
            std::fs::write(stage.root().join("d0/victim.md"), format!("The tide of day {nth}.\n")).unwrap();
            let (ended, injector) = suffer(&stage, Fault::TooManyOpen { nth, times: 1 });
            let victim = injector.victims().first().unwrap_or_else(|| panic!("no file was opened"));
            let is_document = victim.extension().is_some_and(|extension| extension == "md");
            is_document.then(|| (ended, victim.clone()))
        })
        .unwrap();
    let problems = stage.ok(&["status", "--problems"]);
    let name = path.strip_prefix(stage.root()).unwrap().to_string_lossy().into_owned();
    assert!(problems.contains(&name), "{name}: {problems}");
    stage.recovers(&["d0/0.md", "d1/new.md"]);
}

#[test]
fn interrupted_calls_are_tried_again() {
    let stage = Stage::indexed(FILES);
    for every in [2, 3, 7] {
        let (ended, injector) = check(&stage, Fault::Interrupted { every });
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(injector.hits() > 5, "{}", injector.hits());
    }
}

#[test]
fn a_clock_that_is_put_back_changes_nothing() {
    let stage = Stage::indexed(FILES);
    for (after, seconds) in [(0, 60), (5, 86_400), (9, 40 * 365 * 86_400)] {
        let (ended, injector) = check(&stage, Fault::ClockBack { after, seconds });
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(injector.hits() > 0);
    }
}

/// While `watch` runs without the system's help: writes a file when it says that it watches, and ends it when it names the file.
struct Watching {
    injector: Injector,
    file: PathBuf,
    says: Vec<String>,
}

impl Hook for Watching {
    fn watched(&self) -> Vec<Watched> {
        [self.injector.watched(), vec![Watched::always(libc::SYS_write)]].concat()
    }

    fn enter(&mut self, call: &Call) -> Verdict {
        if call.number != libc::SYS_write {
            return self.injector.enter(call);
        }
        if call.descriptor(0) != 1 {
            return Verdict::Pass;
        }
        let mut text = vec![0; usize::try_from(call.args[2]).unwrap()];
        call.memory(call.args[1], &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let names_it = text.contains("late.md");
        if text.contains("watching") {
            std::fs::write(&self.file, "It came late.\n").unwrap();
        }
        self.says.push(text);
        if names_it { Verdict::Kill } else { Verdict::Pass }
    }

    fn leave(&mut self, call: &Call, returned: i64) {
        self.injector.leave(call, returned);
    }
}

#[test]
fn without_watches_changes_are_noticed_all_the_same() {
    for fault in [Fault::NoWatches, Fault::NoInstances] {
        let stage = Stage::indexed(FILES);
        let injector = Injector::new(&stage.root(), fault).unwrap();
        let mut hook = Watching { injector, file: stage.room.at("late.md"), says: Vec::new() };
        let ended = stage.under(&mut hook, &["watch"]);
        assert_eq!(ended.code, None, "{ended:?}");
        assert!(hook.injector.hits() > 0 && hook.says.iter().any(|text| text.contains("late.md")));
        stage.recovers(&["d2/2.md"]);
        assert_eq!(stage.found("late").first().map(String::as_str), Some("late.md"));
    }
}
