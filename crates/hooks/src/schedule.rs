//! When a delivery is tried again.
//!
//! Invariant: pure. Later attempts are further apart, no two endpoints knock at the same moment, and nobody is asked sooner than it says.

use std::time::Duration;

/// How long to wait after each failed attempt. After the last one nothing is tried any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pauses: Vec<Duration>,
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Nobody is obeyed who wants to be left alone for longer.
const LONGEST: Duration = seconds(24 * 3600);
/// Of a pause, so many hundredths more at most, by chance.
const JITTER: u128 = 20;

impl Default for Schedule {
    /// That of Standard Webhooks: ten attempts within three days and a half.
    fn default() -> Self {
        const HOUR: u64 = 3600;
        Self::of([5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR].map(seconds))
    }
}

impl Schedule {
    /// These pauses, one after each attempt but the last.
    pub fn of(pauses: impl IntoIterator<Item = Duration>) -> Self {
        Self { pauses: pauses.into_iter().collect() }
    }

    /// How long to wait after so many attempts; nothing when there is no other. `chance` is a random number, `asked` what the endpoint wants.
    #[must_use]
    pub fn pause(&self, attempts: u32, chance: u8, asked: Option<Duration>) -> Option<Duration> {
        let pause = *self.pauses.get((attempts as usize).checked_sub(1)?)?;
        let more = pause.as_millis() * JITTER * u128::from(chance) / (100 * 255);
        let pause = pause + Duration::from_millis(u64::try_from(more).unwrap_or_default());
        Some(pause.max(asked.unwrap_or_default().min(LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_standard_schedule() {
        let schedule = Schedule::default();
        let pauses: Vec<u64> =
            (1..20).map_while(|n| schedule.pause(n, 0, None)).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]);
        assert_eq!(schedule.pause(10, 0, Some(seconds(1))), None);
        assert_eq!(schedule.pause(0, 0, None), None);
    }

    proptest! {
        #[test]
        fn a_pause_is_at_least_the_schedules_and_what_was_asked(n in 1..10_u32, chance: u8, asked in 0..200_000_u64) {
            let schedule = Schedule::default();
            let least = schedule.pause(n, 0, None).unwrap();
            let pause = schedule.pause(n, chance, Some(seconds(asked))).unwrap();
            prop_assert!(pause >= least && pause >= seconds(asked).min(LONGEST));
            prop_assert!(pause <= (least * 6 / 5).max(seconds(asked).min(LONGEST)));
        }
    }
}
