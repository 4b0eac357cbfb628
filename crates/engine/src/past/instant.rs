//! Instants: which time or checkpoint a caller means.
//!
//! Invariant: what is said of an instant names the same one whenever it is asked for again: a checkpoint by its id, any other by its time.

use crate::search::rfc3339;
use crate::{Engine, Error, ErrorKind, Result};
use custody::versions::Checkpoint;
use jiff::{Timestamp, civil, tz::TimeZone};

/// When.
pub(super) enum Instant {
    /// At a time, in milliseconds since 1970.
    Time(i64),
    /// When a checkpoint was made.
    Checkpoint(Box<Checkpoint>),
}

/// The ids of checkpoints begin so.
const CHECKPOINT: &str = "checkpoint_";
const FORMS: &str = "write a date (2026-11-21), a time (2026-11-21T08:00:00Z), an age (90m, 12h, 7d, 2w), or the id or a tag of a checkpoint";

impl Instant {
    pub(super) fn at_ms(&self) -> i64 {
        match self {
            Self::Time(at_ms) => *at_ms,
            Self::Checkpoint(checkpoint) => checkpoint.at_ms,
        }
    }

    /// By which it is asked for again.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Time(at_ms) => rfc3339(*at_ms),
            Self::Checkpoint(checkpoint) => checkpoint.id.clone(),
        }
    }
}

impl Engine {
    /// The instant that `when` names: the id or a tag of a checkpoint, else a date, a time or an age.
    pub(super) fn instant(&self, when: &str, now_ms: i64) -> Result<Instant> {
        let when = when.trim();
        let found = self.keep.versions.look(|table| table.checkpoint(when).cloned());
        if let Some(checkpoint) = found {
            return Ok(Instant::Checkpoint(Box::new(checkpoint)));
        }
        if when.starts_with(CHECKPOINT) {
            // Which says also when none are known.
            return self.find_checkpoint(when).map(|found| Instant::Checkpoint(Box::new(found)));
        }
        let at_ms = time_ms(when, now_ms).ok_or_else(|| {
            let what = format!("`{when}` is neither a time nor a checkpoint");
            Error::new(ErrorKind::Invalid, what).hint(FORMS)
        })?;
        if at_ms > now_ms {
            let what = format!("{} is yet to come", rfc3339(at_ms));
            return Err(
                Error::new(ErrorKind::Invalid, what).hint("leave the time out to search what is there now")
            );
        }
        Ok(Instant::Time(at_ms))
    }
}

/// A date (midnight UTC), a time, or an age.
fn time_ms(text: &str, now_ms: i64) -> Option<i64> {
    let date =
        || text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let time = || text.parse::<Timestamp>().ok().or_else(date).map(Timestamp::as_millisecond);
    time().or_else(|| now_ms.checked_sub(age_ms(text)?))
}

/// A number and its unit: 90m, 12h, 7d, 2w.
fn age_ms(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(i64::from(number) * seconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_instants_and_ages() {
        let now = "2026-11-21T12:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(time_ms(text, now).map(rfc3339).as_deref(), expected, "{text}");
        };
        check("2026-11-01", Some("2026-11-01T00:00:00.000Z"));
        check("2026-11-01T10:00:00+02:00", Some("2026-11-01T08:00:00.000Z"));
        check("2026-11-01T10:00:00.250Z", Some("2026-11-01T10:00:00.250Z"));
        check("0s", Some("2026-11-21T12:00:00.000Z"));
        check("90m", Some("2026-11-21T10:30:00.000Z"));
        check("2w", Some("2026-11-07T12:00:00.000Z"));
        for bad in ["", "yesterday", "7", "-3d", "99999999999d", "m", "2026-13-01", "é"] {
            check(bad, None);
        }
    }
}
