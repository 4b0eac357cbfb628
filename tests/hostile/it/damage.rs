//! Every sample, cut off and with wrong bytes, through every target that it is for.

use hostile::{TARGETS, Target, seed_folders, seeds};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Copies of each sample that are cut off.
const N_CUTS: usize = 20;
/// Copies of each sample with one wrong byte.
const N_WRONG: usize = 200;
/// What no copy of a sample may take: they are small. In an optimised build a hundredth of it is plenty.
const PATIENCE: Duration = Duration::from_secs(5);
/// Samples that take this long to read are tried with fewer copies.
const BUDGET: Duration = Duration::from_millis(400);

#[test]
fn damaged_samples_are_read_or_refused_in_time() {
    let folders = seed_folders().unwrap();
    let mut n_seeds = 0;
    for target in TARGETS {
        for (name, seed) in seeds(target, &folders).unwrap() {
            n_seeds += 1;
            try_copies(target, &name, &seed);
        }
    }
    assert!(n_seeds > 60, "{n_seeds} samples: are they where they were?");
}

fn try_copies(target: Target, name: &str, seed: &[u8]) {
    let began = Instant::now();
    attempt(target, name, "as it is", seed);
    for cut in 0..N_CUTS {
        attempt(target, name, &format!("{cut}/{N_CUTS} of it"), &seed[..seed.len() * cut / N_CUTS]);
    }
    // The seed of the numbers is the sample's name, so that what fails once fails again.
    let mut random = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| mixed(hash ^ u64::from(byte)));
    let mut copy = seed.to_vec();
    for _ in 0..N_WRONG {
        if began.elapsed() > BUDGET {
            break;
        }
        random = mixed(random);
        let at = 1 + (random >> 8) as usize % (seed.len() - 1).max(1);
        if at < copy.len() {
            copy[at] = random as u8;
            attempt(target, name, &format!("byte {at} as {}", copy[at]), &copy);
            copy[at] = seed[at];
        }
    }
}

fn attempt(target: Target, name: &str, how: &str, bytes: &[u8]) {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    assert!(outcome.is_ok(), "{}: {name}, {how}: a promise is broken (see above)", target.name);
    let took = began.elapsed();
    assert!(took < PATIENCE, "{}: {name}, {how}: took {took:?}", target.name);
}

/// The next of a row of numbers that look random (xorshift).
fn mixed(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ (x << 17)
}
