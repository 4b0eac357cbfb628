//! The power-cut proof: a workload is recorded, its disk is cut anywhere, and what is left must hold what was acknowledged.
//!
//! [`Power`] runs rounds. A round is a cut: a position in a recorded log, a [`Medium`](crate::Medium) and a seed. What the disk then holds is
//! made in a temporary folder, opened with the library, and held against the journal as it was at that position, by the check of its [`Subject`].
//!
//! Invariant: which cuts are made follows from the seed. What a process of several threads wrote before does not quite, so a folder that
//! fails is kept as it was before it was opened.

mod left;
mod session;
mod subject;
mod tally;

pub use left::Left;
pub use session::{Session, work};
pub use subject::Subject;
pub use tally::Tally;

use crate::disk::Medium;
use anyhow::{Result, bail};
use fastrand::Rng;
use std::path::PathBuf;

/// How to run.
#[derive(Clone, Debug)]
pub struct Power {
    /// What is worked on.
    pub subject: Subject,
    /// Cuts.
    pub rounds: u64,
    /// Of all choices; printed.
    pub seed: u64,
    /// The kinds of disks that are cut; one of them is chosen for each cut.
    pub media: Vec<Medium>,
    /// The program `workroom-faults`, which launches traced programs and is the workload.
    pub program: PathBuf,
}

/// Cuts of one recorded run. A run takes about as long as ten checks.
const CUTS: u64 = 12;
/// Runs until a workspace is given up for a new one.
const RUNS: u64 = 4;

impl Power {
    /// Runs all rounds, also after one that fails; `tell` hears of each.
    ///
    /// # Errors
    /// When something acknowledged is lost, or something that is not there is found: what, the cut, and where the folder is kept.
    pub fn run(&self, tell: &mut dyn FnMut(&Tally)) -> Result<Tally> {
        let mut rng = Rng::with_seed(self.seed);
        let mut tally = Tally::default();
        let mut left = None;
        while tally.rounds < self.rounds {
            let from = left.take().filter(|_| !tally.runs.is_multiple_of(RUNS));
            let session = Session::record(&self.program, self.subject, from.as_ref(), &mut rng)?;
            tally.ran(session.log().changes.len());
            for _ in 0..CUTS.min(self.rounds - tally.rounds) {
                let cut = session.cut(&mut rng);
                let medium = rng.choice(&self.media).copied().unwrap_or(Medium::Strict);
                let after = session.after(cut, medium, rng.u64(..));
                match after.check() {
                    Ok(report) => {
                        tally.add(&after, &report);
                        // The next run starts on a disk that was cut and not yet opened: so opening is cut too.
                        left = Some(after);
                    }
                    Err(wrong) => tally.failed(&after, &wrong),
                }
                tell(&tally);
            }
        }
        if tally.wrong.is_empty() { Ok(tally) } else { bail!("seed {}: {tally}", self.seed) }
    }
}

/// A folder for a disk that is made up. In memory where there is such a place: nothing here has to survive.
fn scratch(prefix: &str) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(prefix);
    builder.tempdir_in("/dev/shm").or_else(|_| builder.tempdir())
}
