//! Dates that documents give themselves.

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Milliseconds since 1970 (UTC) of a date by ISO 8601 or RFC 5322. One without a zone is taken as UTC.
pub(crate) fn of_text(text: &str) -> Option<i64> {
    const MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let in_utc = |date: DateTime| date.to_zoned(TimeZone::UTC).ok().map(|zoned: Zoned| zoned.timestamp());
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| in_utc(text.parse::<DateTime>().ok()?))
        .or_else(|| in_utc(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())))
        .or_else(|| MAIL.parse_timestamp(text).ok());
    timestamp.map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_two_standards() {
        for (text, expected) in [
            ("2024-03-05", Some(1_709_596_800_000)),
            ("2024-03-05T14:22:01", Some(1_709_648_521_000)),
            ("2024-03-05T14:22:01+01:00", Some(1_709_644_921_000)),
            ("Tue, 05 Mar 2024 14:22:01 +0100", Some(1_709_644_921_000)),
            ("in spring", None),
            ("", None),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
