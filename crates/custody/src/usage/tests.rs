//! Acts, counted.

use super::*;
use crate::audit::{Act, Doing};
use crate::{Actor, Kind, Principal, Via};
use proptest::prelude::*;

const NOON: i64 = 1_795_003_200_000;
const MINUTE: i64 = 60_000;

fn by(name: &str) -> Actor {
    let principal = Principal { id: name.into(), name: name.into(), kind: Kind::Token, grants: Vec::new() };
    Actor::new(&principal, Via::Mcp)
}

fn write(name: &str, path: &str, bytes: u64, before: Option<&str>) -> Act {
    let act = Act::new(Doing::FileWrite, by(name)).on(path);
    Act { bytes: Some(bytes), before: before.map(str::to_owned), ..act }
}

fn thresholds() -> Thresholds {
    Thresholds { small_files: 100, rewrites: 20, denials: 5, ..Thresholds::default() }
}

#[test]
fn what_has_lost_its_way_is_told_once_in_a_window() {
    let check = |name: &str, act: &dyn Fn(u64) -> Act, n: u64, step_ms: i64, expected: &[u64]| {
        let mut meter = Meter::new(thresholds(), Quotas::default());
        let told = (0..n).filter(|i| meter.note(&act(*i), NOON + *i as i64 * step_ms).is_some());
        assert_eq!(told.collect::<Vec<_>>(), expected, "{name}");
    };
    let tiny = |n: u64| write("ann", &format!("{n}.txt"), 5, None);
    check("thousands of tiny files", &tiny, 3000, 10, &[99]);
    check("as many, slowly", &tiny, 3000, 1000, &[]);
    check("in the next window again", &tiny, 300, 500, &[99, 219]);
    check("as many large ones", &|n| write("ann", &format!("{n}.pdf"), 1 << 20, None), 3000, 10, &[]);
    check("one file in a loop", &|_| write("ann", "a", 5, Some("7")), 1000, 10, &[19]);
    check("many files in turn", &|n| write("ann", &format!("{}", n % 100), 5, Some("7")), 1000, 10, &[]);
    check("denied", &|_| write("ann", "a", 5, None).denied("no right"), 10, 10, &[4]);
    check("failed", &|_| write("ann", "a", 5, None).failed("in the way"), 1000, 10, &[]);
    check("by many", &|n| write(&format!("{}", n % 50), &format!("{n}"), 5, None), 3000, 10, &[]);
}

#[test]
fn thresholds_of_nothing_tell_nothing() {
    let none = Thresholds { small_files: 0, rewrites: 0, denials: 0, ..Thresholds::default() };
    let mut meter = Meter::new(none, Quotas::default());
    assert!((0..5000).all(|n| meter.note(&write("ann", &format!("{n}"), 1, None), NOON).is_none()));
    assert!((0..5000).all(|_| meter.note(&write("ann", "a", 1, None).denied("no"), NOON).is_none()));
}

#[test]
fn a_quota_holds_until_its_time_is_over() {
    let quotas = Quotas {
        changes_per_minute: Some(3),
        searches_per_minute: Some(2),
        files_per_day: Some(5),
        written_mb_per_day: Some(1),
    };
    let mut meter = Meter::new(thresholds(), quotas);
    let over = |meter: &Meter, who: &str, doing, at| meter.over(who, doing, at).map(|over| over.quota);
    let change = Doing::FileRemove;
    for n in 0..3 {
        assert_eq!(over(&meter, "ann", change, NOON), None, "{n}");
        meter.note(&write("ann", &format!("{n}"), 10, None), NOON);
    }
    assert_eq!(over(&meter, "ann", change, NOON + 1), Some("changes_per_minute"));
    assert_eq!(meter.over("ann", change, NOON + 1).map(|over| over.left_ms), Some(MINUTE - 1));
    assert_eq!(over(&meter, "bob", change, NOON + 1), None, "another's is another's");
    assert_eq!(over(&meter, "ann", Doing::Search, NOON + 1), None, "a search is no change");
    assert_eq!(over(&meter, "ann", change, NOON + MINUTE), None);
    for n in 3..5 {
        meter.note(&write("ann", &format!("{n}"), 10, None), NOON + MINUTE);
    }
    assert_eq!(over(&meter, "ann", change, NOON + 5 * MINUTE), Some("files_per_day"));
    assert_eq!(over(&meter, "ann", change, NOON + 25 * 60 * MINUTE), None);
    meter.note(&write("cyd", "large", 1 << 20, Some("7")), NOON);
    assert_eq!(over(&meter, "cyd", change, NOON + MINUTE), Some("written_mb_per_day"));
    for _ in 0..9 {
        meter.note(&write(crate::OWNER, "x", 1 << 20, None), NOON);
    }
    assert_eq!(over(&meter, crate::OWNER, change, NOON), None, "the owner is not limited");
}

proptest! {
    #[test]
    fn counts_are_those_of_the_acts_whatever_their_order(
        acts in prop::collection::vec((0..3_usize, 0..5_usize, 0..2000_i64, 0..10_000_u64), 0..200),
        now in 0..2000_i64,
    ) {
        let at = |minute: i64| NOON + minute * MINUTE;
        let act = |(who, what, _, bytes): &(usize, usize, i64, u64)| {
            let by = by(["ann", "bob", "cyd"][*who]);
            let doing = [Doing::FileRead, Doing::FileWrite, Doing::Search, Doing::FileMove, Doing::LeaseTake][*what];
            Act { bytes: Some(*bytes), ..Act::new(doing, by).on("a") }
        };
        let fold = |order: &mut dyn Iterator<Item = &(usize, usize, i64, u64)>| {
            let mut meter = Meter::new(Thresholds::default(), Quotas::default());
            order.for_each(|one| meter.recall(&act(one), at(one.2)));
            meter.usage(at(now))
        };
        let usage = fold(&mut acts.iter());
        prop_assert_eq!(&usage, &fold(&mut acts.iter().rev()));
        for who in 0..3 {
            let mut expected = Counts::default();
            // What lies in the future by a clock that was set back counts as now.
            acts.iter().filter(|one| one.0 == who && one.2 > now - 1440).for_each(|one| expected.add(&Counts::of(&act(one))));
            let found = usage.iter().find(|usage| usage.name == ["ann", "bob", "cyd"][who]);
            prop_assert_eq!(found.map(|usage| usage.day).unwrap_or_default(), expected);
        }
    }
}
