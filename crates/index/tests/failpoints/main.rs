//! Fails at every step of a commit, of opening and of healing: by an error, a panic, and the end of the process.
//!
//! For each scenario, each place it passes (crate `fail`; the places are listed in the crates' `fault` modules) and each way to fail: run
//! until the failure, open what is left, compare with the model: what was acknowledged is there, what was not is there as a whole or
//! not at all, nothing else is, and the next commit works. A place that no scenario passes is a failure too, as is one that is not in the
//! list.
//!
//! Run: `cargo test -p workroom-index --features failpoints --test failpoints`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says where it is"
)]

mod model;
mod scenario;
mod sources;

use model::check_healed;
use scenario::Scenario;
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use workroom_index::FAILPOINTS;

#[derive(Clone, Copy, Debug)]
enum Action {
    Error,
    Panic,
    Abort,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["child", dir, scenario, place, skip, action] => {
            child(Path::new(dir), scenario, place, skip.parse().unwrap(), action)
        }
        // Test runners ask for the list of tests first.
        ["--list", ..] => {}
        _ => parent(),
    }
}

fn places() -> impl Iterator<Item = &'static str> {
    FAILPOINTS.into_iter().flatten().copied()
}

fn parent() {
    sources::check(&places().collect::<Vec<_>>());
    let mut passed: BTreeMap<&str, usize> = places().map(|place| (place, 0)).collect();
    let mut n_failures = 0;
    for scenario in scenario::all() {
        let hits = count(&scenario);
        for (place, n) in hits.into_iter().filter(|(_, n)| *n > 0) {
            *passed.get_mut(place).unwrap() += n;
            for action in [Action::Error, Action::Panic, Action::Abort] {
                // The first time it is passed, and where there are many steps also the last.
                let times = if scenario.n_steps() > 1 { n.min(2) } else { 1 };
                for skip in [0, n - 1].into_iter().take(times) {
                    let what = format!("{}, {place} after {skip} times, {action:?}", scenario.name);
                    let failed = catch_unwind(AssertUnwindSafe(|| fail_at(&scenario, place, skip, action)));
                    assert!(failed.is_ok(), "{what}");
                    n_failures += 1;
                }
            }
        }
    }
    let never: Vec<_> = passed.iter().filter(|(_, n)| **n == 0).map(|(place, _)| place).collect();
    assert!(never.is_empty(), "no scenario passes {never:?}");
    println!("failpoints: {} places, {n_failures} failures survived", passed.len());
}

/// How often a scenario that nothing disturbs passes each place.
fn count(scenario: &Scenario) -> Vec<(&'static str, usize)> {
    let counters: Vec<_> = places().map(|place| (place, Arc::new(AtomicUsize::new(0)))).collect();
    for (place, counter) in &counters {
        let counter = Arc::clone(counter);
        let count = move || {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        fail::cfg_callback(*place, count).unwrap();
    }
    let dir = scenario.folder();
    let mut acknowledged = 0;
    let run = scenario.run(dir.path(), &mut |step| acknowledged = step);
    places().for_each(fail::remove);
    run.unwrap_or_else(|error| panic!("{} fails undisturbed: {error}", scenario.name));
    check_healed(dir.path(), &scenario.library(acknowledged), &scenario.library(acknowledged), true);
    counters.into_iter().map(|(place, counter)| (place, counter.load(Ordering::Relaxed))).collect()
}

/// One run, cut short, and what comes of it.
fn fail_at(scenario: &Scenario, place: &str, skip: usize, action: Action) {
    let dir = scenario.folder();
    let acknowledged = match action {
        Action::Error => in_process(scenario, dir.path(), place, &format!("{skip}*off->1*return")),
        Action::Panic if on_their_threads(place) => in_child(scenario, dir.path(), place, skip, "panic"),
        Action::Panic => in_process(scenario, dir.path(), place, &format!("{skip}*off->1*panic")),
        Action::Abort => in_child(scenario, dir.path(), place, skip, "abort"),
    };
    // A background merge may have passed the place after the last step.
    let next = (acknowledged + 1).min(scenario.n_steps());
    check_healed(dir.path(), &scenario.library(acknowledged), &scenario.library(next), false);
}

/// Places that tantivy passes on threads of its own, where nobody catches a panic: it ends the process.
fn on_their_threads(place: &str) -> bool {
    ["lexicon::segment", "lexicon::before-rename", "lexicon::after-rename", "lexicon::sync-folder"]
        .contains(&place)
}

fn in_process(scenario: &Scenario, dir: &Path, place: &str, action: &str) -> usize {
    let action = action.trim_start_matches("0*off->");
    let mut acknowledged = 0;
    let hook = std::panic::take_hook();
    // The panics that are meant need no trace.
    std::panic::set_hook(Box::new(|_| {}));
    fail::cfg(place, action).unwrap();
    let run = catch_unwind(AssertUnwindSafe(|| scenario.run(dir, &mut |step| acknowledged = step)));
    fail::remove(place);
    std::panic::set_hook(hook);
    drop(run);
    acknowledged
}

fn in_child(scenario: &Scenario, dir: &Path, place: &str, skip: usize, action: &str) -> usize {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["child".as_ref(), dir.as_os_str(), scenario.name.as_ref(), place.as_ref()])
        .args([skip.to_string().as_str(), action])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let steps = String::from_utf8(child.stdout).unwrap();
    steps.lines().last().map_or(0, |step| step.parse().unwrap())
}

fn child(dir: &Path, name: &str, place: &str, skip: usize, action: &str) {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name).unwrap();
    let passed = AtomicUsize::new(0);
    let panics = action == "panic";
    fail::cfg_callback(place, move || {
        if passed.fetch_add(1, Ordering::Relaxed) == skip {
            assert!(!panics, "on demand");
            std::process::abort();
        }
    })
    .unwrap();
    let mut out = std::io::stdout();
    let run = scenario.run(dir, &mut |step| {
        writeln!(out, "{step}").unwrap();
        out.flush().unwrap();
    });
    run.unwrap();
}
