//! The short form of the power-cut proof; the long one is `cargo run --release -p workroom-faults -- power --rounds 1000`.

use crate::stage::launcher;
use faults::Medium;
use faults::power::Power;

fn check(medium: Medium, seed: u64) {
    let power = Power { rounds: 24, seed, media: vec![medium], program: launcher().to_path_buf() };
    let tally = power.run(&mut |_| {}).unwrap_or_else(|error| panic!("{error:#}"));
    println!("seed {seed}: {tally}");
    assert!(
        tally.changes > 500 && tally.hits > 0 && !tally.cut_short.is_empty(),
        "nothing was tried: {tally}"
    );
}

#[test]
fn on_a_journalling_file_system_a_power_cut_loses_nothing_acknowledged() {
    check(Medium::Ordered, 20_261_121);
}

#[test]
fn on_a_strict_disk_a_power_cut_loses_nothing_acknowledged() {
    check(Medium::Strict, 20_261_122);
}
