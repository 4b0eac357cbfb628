//! Scrub: reads the whole index over and over, a little at a time, so that a disk that forgets is noticed before somebody is answered wrongly.
//!
//! Invariant: it takes a twentieth of one core's time at the most, and none of a query's. What it finds is noted for the next open, and the
//! engine says that it wants to be opened again.
//! Not here: what is compared with what (`index`).

use crate::maintain::{Rest, Tell};
use crate::{Engine, Error, ErrorKind, Improvement};
use index::ScrubCursor;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Opening has looked at what the last run wrote: the first round can wait.
const FIRST: Duration = Duration::from_secs(60);
/// After a whole round.
const AFTER_ROUND: Duration = Duration::from_secs(6 * 3600);
/// Rests so many times as long as a step took.
const SHARE: u32 = 19;
const SHORTEST: Duration = Duration::from_millis(50);

/// Reads the index until it is time to stop.
pub(crate) fn scrub(engine: &Engine, rest: &Rest, tell: &Tell) {
    let mut cursor = ScrubCursor::default();
    let mut pause = FIRST;
    if !rest.wait(pause) {
        return;
    }
    match engine.mend_vectors() {
        Ok(0) => {}
        // They are on the disk; what is in memory is read anew.
        Ok(_) => engine.ailing.store(true, Ordering::Relaxed),
        Err(error) => tracing::warn!(%error, "it could not be looked for lost vectors"),
    }
    while rest.wait(pause) {
        let started = Instant::now();
        match engine.index.scrub(&mut cursor) {
            Ok(step) => {
                if !step.damage.is_empty() {
                    engine.ailing.store(true, Ordering::Relaxed);
                    tell(Improvement::Problem(format!("the index is damaged: {}", step.damage.join("; "))));
                }
                pause = if step.done { AFTER_ROUND } else { (started.elapsed() * SHARE).max(SHORTEST) };
            }
            Err(error) => {
                tracing::warn!(%error, "the index could not be read through");
                pause = AFTER_ROUND;
            }
        }
    }
}

impl Engine {
    /// Notes that a call failed by damage, so that the next opening examines what it came of. For the owner, before it opens again.
    pub fn distrust(&self, error: &Error) {
        if error.kind() != ErrorKind::Corrupt {
            return;
        }
        let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<index::Error>());
        let noted = match cause {
            Some(cause) => self.index.distrust(cause),
            None => self.index.distrust(&index::Error::Corrupt { what: error.to_string() }),
        };
        if let Err(unnoted) = noted {
            tracing::warn!(%unnoted, %error, "damage could not be noted for the next opening");
        }
    }

    /// Whether what goes on in the background met damage that opening again mends.
    #[must_use]
    pub fn is_ailing(&self) -> bool {
        self.ailing.load(Ordering::Relaxed)
    }
}
