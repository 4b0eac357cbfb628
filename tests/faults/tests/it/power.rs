//! The short form of the power-cut proof; the long one is `cargo run --release -p workroom-faults -- power --rounds 1000`.

use crate::stage::launcher;
use faults::Medium;
use faults::power::{Power, Subject, Tally};

fn check(subject: Subject, medium: Medium, seed: u64) -> Tally {
    let power = Power { subject, rounds: 24, seed, media: vec![medium], program: launcher().to_path_buf() };
    let tally = power.run(&mut |_| {}).unwrap_or_else(|error| panic!("{error:#}"));
    println!("seed {seed}: {tally}");
    assert!(tally.changes > 500 && !tally.cut_short.is_empty(), "nothing was tried: {tally}");
    tally
}

/// Of all that can be made, and can be ended, something was.
fn check_custody(medium: Medium, seed: u64) {
    let tally = check(Subject::Custody, medium, seed);
    let kinds = tally.acknowledged.len();
    assert!(kinds > 12, "too little was tried: {tally}");
}

#[test]
fn on_a_journalling_file_system_a_power_cut_loses_nothing_acknowledged() {
    let tally = check(Subject::Files, Medium::Ordered, 20_261_121);
    assert!(tally.hits > 0, "{tally}");
}

#[test]
fn on_a_strict_disk_a_power_cut_loses_nothing_acknowledged() {
    let tally = check(Subject::Files, Medium::Strict, 20_261_122);
    assert!(tally.hits > 0, "{tally}");
}

#[test]
fn on_a_journalling_file_system_a_power_cut_loses_nothing_of_custody() {
    check_custody(Medium::Ordered, 20_261_123);
}

#[test]
fn on_a_strict_disk_a_power_cut_loses_nothing_of_custody() {
    check_custody(Medium::Strict, 20_261_124);
}
