//! Time as leases need it: one that never goes back, and one that people read.
//!
//! Invariant: a lease lasts as long as it was given for, whatever is done to the clock on the wall. That one decides only over a restart
//! of the machine, when there is no other, and then no lease lasts longer than it was given for.
//! Not here: reading the system's clocks.

use serde::{Deserialize, Serialize};

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Now;
}

/// A moment, as both clocks tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970, as people read them; may jump.
    pub wall_ms: i64,
    /// Milliseconds since some moment; never goes back, and goes on while the machine sleeps.
    pub steady_ms: u64,
    /// Names the run of the machine in which `steady_ms` counts.
    pub boot: String,
}

/// When a lease ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Until {
    pub(super) boot: String,
    pub(super) steady_ms: u64,
    pub(super) wall_ms: i64,
}

impl Until {
    /// So many milliseconds from now.
    pub(super) fn after(now: &Now, ms: u64) -> Self {
        Self {
            boot: now.boot.clone(),
            steady_ms: now.steady_ms.saturating_add(ms),
            wall_ms: now.wall_ms.saturating_add_unsigned(ms),
        }
    }

    /// Milliseconds until then; none when it is over. `longest` bounds what a wall clock that was put back would make of it.
    pub(super) fn left_ms(&self, now: &Now, longest: u64) -> u64 {
        if self.boot == now.boot {
            return self.steady_ms.saturating_sub(now.steady_ms);
        }
        u64::try_from(self.wall_ms.saturating_sub(now.wall_ms)).unwrap_or(0).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_on_the_wall_counts_only_after_a_restart() {
        let now = |boot: &str, steady_ms, wall_ms| Now { boot: boot.into(), steady_ms, wall_ms };
        let until = Until::after(&now("a", 1_000, 50_000), 10_000);
        let check = |now: Now, left| assert_eq!(until.left_ms(&now, 10_000), left, "{now:?}");
        check(now("a", 4_000, 53_000), 7_000);
        check(now("a", 4_000, -1), 7_000);
        check(now("a", 4_000, i64::MAX), 7_000);
        check(now("a", 11_000, 50_000), 0);
        check(now("b", 0, 53_000), 7_000);
        check(now("b", 0, i64::MIN), 10_000);
        check(now("b", 0, 60_000), 0);
        check(now("b", 0, i64::MAX), 0);
    }
}
