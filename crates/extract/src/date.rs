//! Dates that documents give themselves.

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Milliseconds since 1970 (UTC) of a date by ISO 8601, in all its forms down to a year alone, or by RFC 5322. One without a zone is taken as
/// UTC.
#[must_use]
pub fn of_text(text: &str) -> Option<i64> {
    const MAIL: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let in_utc = |date: DateTime| date.to_zoned(TimeZone::UTC).ok().map(|zoned: Zoned| zoned.timestamp());
    let timestamp = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| in_utc(text.parse::<DateTime>().ok()?))
        .or_else(|| in_utc(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight())))
        .or_else(|| in_utc(month(text)?.to_datetime(jiff::civil::Time::midnight())))
        .or_else(|| MAIL.parse_timestamp(text).ok());
    timestamp.map(Timestamp::as_millisecond)
}

/// The first day of a year, or of a month: `1905`, `1905-07`.
fn month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-').unwrap_or((text, "1"));
    let digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !digits(year) || !digits(month) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()
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
            ("1970-01-01T00:00:01.5", Some(1500)),
            ("1970-02", Some(31 * 86_400_000)),
            ("1970", Some(0)),
            ("1970-13", None),
            ("197", None),
            ("in spring", None),
            ("", None),
        ] {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
