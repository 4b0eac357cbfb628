//! What the model allows, case by case.

use super::*;
use crate::journal::{Ack, Start};
use proptest::prelude::*;

fn write(path: &str, n: u64) -> Op {
    Op::Write { path: path.to_owned(), version: Version::new(n, 3) }
}

fn edit(path: &str, n: u64, in_place: bool) -> Op {
    Op::Edit { path: path.to_owned(), version: Version::new(n, 3), in_place }
}

fn begin(n: u64, op: Op) -> Line {
    Line::Begin(n, op)
}

fn done(n: u64) -> Line {
    Line::Done(n, Ack::default())
}

const KILL: Line = Line::Start(Start { seed: 0, pid: 0 });

/// Which of the versions by number, or 0 for no file, a file may hold.
fn may_hold(lines: &[Line], path: &str) -> Vec<u64> {
    let model = Model::of(lines);
    let text = |n: u64| (n > 0).then(|| Version::new(n, 3).text());
    let fits = |n: &u64| {
        let recognised = model.recognise(path, text(*n).as_deref().map(str::as_bytes));
        assert!(recognised.is_none_or(|version| version.map_or(0, |version| version.n) == *n));
        recognised.is_some()
    };
    (0..9).filter(fits).collect()
}

#[test]
fn the_last_word_is_the_last_acknowledged_or_one_still_open() {
    let check = |lines: &[Line], allowed: &[u64]| assert_eq!(may_hold(lines, "a"), allowed, "{lines:?}");
    check(&[], &[0]);
    check(&[begin(1, write("a", 1))], &[0, 1]);
    check(&[begin(1, write("a", 1)), done(1)], &[1]);
    check(&[begin(1, write("a", 1)), done(1), begin(2, write("a", 2))], &[1, 2]);
    check(&[begin(1, write("a", 1)), begin(2, write("a", 2)), done(1), done(2)], &[1, 2]);
    check(&[begin(1, write("a", 1)), begin(2, write("a", 2)), done(2)], &[1, 2]);
    check(&[begin(1, write("a", 1)), done(1), begin(2, Op::Remove { path: "a".into() }), done(2)], &[0]);
    check(&[begin(1, write("b", 1)), done(1)], &[0]);
}

#[test]
fn what_a_kill_cut_short_is_over_when_a_later_write_is_acknowledged() {
    let cut = [begin(1, write("a", 1)), KILL];
    assert_eq!(may_hold(&cut, "a"), [0, 1]);
    let later = [&cut[..], &[begin(2, write("a", 2))]].concat();
    assert_eq!(may_hold(&later, "a"), [0, 1, 2]);
    assert_eq!(may_hold(&[&later[..], &[done(2)]].concat(), "a"), [2]);
}

#[test]
fn an_editor_may_be_cut_short_in_place_and_nothing_else_may() {
    let part = Version::new(2, 3).text().into_bytes()[..40].to_vec();
    let check = |op: Op, path: &str, allowed: bool| {
        let model = Model::of(&[begin(1, write("a", 1)), done(1), begin(2, op)]);
        assert_eq!(model.recognise(path, Some(&part)).is_some(), allowed, "{path}");
    };
    check(write("a", 2), "a", false);
    check(edit("a", 2, true), "a", true);
    check(edit("a", 2, false), "a", false);
    check(edit("a", 2, false), "a.part", true);
    let model = Model::of(&[begin(1, edit("a", 2, true)), done(1)]);
    assert_eq!(model.recognise("a", Some(&part)), None, "acknowledged, and yet a part");
}

#[test]
fn only_the_api_and_a_later_run_of_index_promise_a_hit() {
    let check = |lines: &[Line], promised: bool| assert_eq!(Model::of(lines).is_indexed("a"), promised);
    let written = [begin(1, write("a", 1)), done(1)];
    check(&written[..1], false);
    check(&written, true);
    check(&[&written[..], &[begin(2, write("a", 2))]].concat(), false);
    let edited = [begin(1, edit("a", 1, true)), done(1)];
    check(&edited, false);
    check(&[&edited[..], &[begin(2, Op::Index), done(2)]].concat(), true);
    check(&[&edited[..], &[begin(2, Op::Index)]].concat(), false);
    check(&[begin(2, Op::Index), edited[0].clone(), edited[1].clone(), done(2)], false);
}

#[test]
fn a_rename_is_whole_or_not() {
    let version = Version::new(1, 3);
    let rename = Op::Move { from: "a".into(), to: "b".into(), version };
    let model = Model::of(&[begin(1, edit("a", 1, true)), done(1), begin(2, rename)]);
    let halves = |paths: &[&str]| {
        let found = paths.iter().map(|path| ((*path).to_owned(), version)).collect();
        model.halves(&found).len()
    };
    assert_eq!((halves(&["a"]), halves(&["b"])), (0, 0));
    assert_eq!((halves(&[]), halves(&["a", "b"])), (1, 1));
}

#[test]
fn a_state_begins_anew() {
    let state = State { next: 6, files: [("a".to_owned(), Version::new(5, 3))].into() };
    let model = Model::of(&[begin(1, write("b", 1)), done(1), Line::State(state)]);
    assert_eq!(model.next, 6);
    assert_eq!(
        model.recognise("a", Some(Version::new(5, 3).text().as_bytes())),
        Some(Some(Version::new(5, 3)))
    );
    assert_eq!(model.recognise("b", None), Some(None));
    assert!(model.is_indexed("a"));
}

/// What one step of a simulated run does.
#[derive(Clone, Debug)]
enum Step {
    /// Begins and ends an operation on a path: a write, or a removal.
    Whole(usize, bool),
    /// Begins one, and is killed; the operation came about or did not.
    Killed(usize, bool, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_usize..3, any::<bool>()).prop_map(|(path, is_write)| Step::Whole(path, is_write)),
        1 => (0_usize..3, any::<bool>(), any::<bool>()).prop_map(|(p, is_write, came)| Step::Killed(p, is_write, came)),
    ];
    prop::collection::vec(step, 0..30)
}

proptest! {
    /// A disk that does what it should is always recognised; one that forgets the last acknowledged word is not.
    #[test]
    fn recognises_what_a_disk_may_hold_and_nothing_else(steps in steps()) {
        const PATHS: [&str; 3] = ["a", "b", "c"];
        let mut lines = Vec::new();
        let mut disk: [Option<Version>; 3] = [None; 3];
        let mut is_certain = [true; 3];
        for (n, step) in (1..).zip(&steps) {
            let (Step::Whole(path, is_write) | Step::Killed(path, is_write, _)) = *step;
            let after = is_write.then(|| Version::new(n, 2));
            lines.push(begin(n, match after {
                Some(version) => Op::Write { path: PATHS[path].to_owned(), version },
                None => Op::Remove { path: PATHS[path].to_owned() },
            }));
            match *step {
                Step::Whole(..) => {
                    lines.push(done(n));
                    (disk[path], is_certain[path]) = (after, true);
                }
                Step::Killed(_, _, came) => {
                    lines.push(KILL);
                    disk[path] = if came { after } else { disk[path] };
                    is_certain[path] = false;
                }
            }
        }
        let model = Model::of(&lines);
        for (i, path) in PATHS.into_iter().enumerate() {
            let text = disk[i].map(|version| version.text());
            prop_assert_eq!(model.recognise(path, text.as_deref().map(str::as_bytes)), Some(disk[i]), "{:?}", &lines);
            prop_assert_eq!(model.is_indexed(path), is_certain[i] && model.touches.contains_key(path));
            if is_certain[i] {
                let other = if disk[i].is_some() { None } else { Some(Version::new(999, 2).text()) };
                prop_assert_eq!(model.recognise(path, other.as_deref().map(str::as_bytes)), None);
            }
        }
    }
}
