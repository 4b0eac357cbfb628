//! The short forms: a few rounds of each proof, each printing its seed. `cargo xtask crash|corrupt|soak` run the long ones.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a random test prints its seed")]

use proof::corrupt::{Corrupt, Outcome};
use proof::crash::Crash;
use proof::shared::{Guard, Shared};
use proof::soak::{Role, Soak};
use std::path::PathBuf;
use std::time::Duration;

/// The seed of this run: the one that the environment names, to repeat a run, or a new one.
fn seed() -> u64 {
    let named = std::env::var("PROOF_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = named.unwrap_or_else(|| fastrand::u64(0..1 << 32));
    println!("seed {seed}; run again with PROOF_SEED={seed}");
    seed
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_workroom-proof"))
}

#[test]
fn killed_at_any_instant_nothing_is_lost_and_nothing_phantom() {
    let crash = Crash { rounds: 24, seed: seed(), program: program(), models: None };
    let tally = crash.run(&mut |_| {}).unwrap();
    assert_eq!(tally.rounds, 24);
    assert!(tally.acknowledged.get("write") > Some(&50), "{tally:#?}");
    for kind in
        ["put", "append", "change", "copy", "rename-folder", "copy-folder", "remove-folder", "make-folder"]
    {
        assert!(tally.acknowledged.contains_key(kind), "no {kind}: {tally:#?}");
    }
    assert!(tally.cut_short.len() > 2, "{tally:#?}");
}

#[test]
fn damage_under_workroom_heals_or_is_refused() {
    let corrupt = Corrupt { rounds: 40, seed: seed(), program: program(), models: None };
    let rounds = corrupt.run(&mut |_, _| {}).unwrap();
    let wrong: Vec<_> = rounds.iter().filter(|round| matches!(round.outcome, Outcome::Wrong(_))).collect();
    assert!(wrong.is_empty(), "seed {}: {wrong:#?}", corrupt.seed);
    assert!(rounds.iter().any(|round| matches!(round.outcome, Outcome::Healed(_))), "no damage was noticed");
}

#[cfg(target_os = "linux")]
#[test]
fn many_processes_share_a_workspace_whose_owner_is_killed() {
    let soak = Soak {
        time: Duration::from_secs(10),
        files: 300,
        seed: seed(),
        cli: program().with_file_name("workroom"),
        program: program(),
        models: None,
        crowd: Role::all().map(|role| (role, 1)).collect(),
    };
    let soaked = soak.run().unwrap();
    assert!(soaked.is_good(), "{soaked:#?}");
    for kind in ["cli write", "library write", "http write", "mcp write"] {
        assert!(soaked.calls.get(kind).is_some_and(|figures| figures.calls > 0), "{kind}: {soaked:#?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_update_of_a_shared_file_is_lost() {
    for (guard, seconds) in [(Guard::Lease, 10), (Guard::IfMatch, 5)] {
        let shared = Shared {
            guard,
            time: Duration::from_secs(seconds),
            agents: 16,
            files: 50,
            seed: seed(),
            cli: program().with_file_name("workroom"),
            program: program(),
        };
        let tally = shared.run().unwrap();
        assert!(tally.wrong.is_empty(), "{guard:?}: {tally:#?}");
        for way in ["library", "cli", "http", "mcp"] {
            assert!(tally.acknowledged.get(way) > Some(&0), "no update by {way}: {tally:#?}");
        }
        assert!(tally.kills.0 > 0 && tally.kills.1 > 0, "{tally:#?}");
    }
}
