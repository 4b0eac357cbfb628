//! Dates of messages, as text and as an instant.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use mail_parser::{DateTime, HeaderName, HeaderValue, Message};

/// Seconds from 1601, where Windows counts from, to 1970.
const FILETIME_EPOCH_SECONDS: i64 = 11_644_473_600;

/// When a message was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    /// `2024-03-05 14:22 +0100`, or what the message says when that is no date.
    pub(crate) text: String,
    /// Milliseconds since 1970, if it is a date.
    pub(crate) ms: Option<i64>,
}

/// The date that the headers give. One that no standard allows is kept as it is written.
pub(crate) fn of_headers(headers: &Message<'_>) -> Option<Date> {
    let raw = headers.header_raw(HeaderName::Date).map(str::trim).filter(|raw| !raw.is_empty())?;
    if let Ok(timestamp) = raw.parse::<Timestamp>() {
        let offset =
            jiff::fmt::temporal::Pieces::parse(raw).ok().and_then(|pieces| pieces.to_numeric_offset());
        return Some(at(timestamp, offset.unwrap_or(Offset::UTC)));
    }
    const PARSER: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    if let Ok(zoned) = PARSER.parse_zoned(raw) {
        return Some(at(zoned.timestamp(), zoned.offset()));
    }
    let parsed = match headers.header(HeaderName::Date) {
        Some(HeaderValue::DateTime(date)) => of_parts(date),
        _ => None,
    };
    Some(parsed.unwrap_or_else(|| Date { text: raw.to_owned(), ms: None }))
}

fn of_parts(date: &DateTime) -> Option<Date> {
    if !date.is_valid() || date.year == 0 {
        return None;
    }
    let seconds = i32::from(date.tz_hour) * 3600 + i32::from(date.tz_minute) * 60;
    let offset = Offset::from_seconds(if date.tz_before_gmt { -seconds } else { seconds }).ok()?;
    Some(at(Timestamp::from_second(date.to_timestamp()).ok()?, offset))
}

/// A time as Windows counts it, in steps of 100 nanoseconds since 1601 (UTC).
pub(crate) fn of_filetime(ticks: u64) -> Option<Date> {
    let ms = i64::try_from(ticks / 10_000).ok()? - FILETIME_EPOCH_SECONDS * 1000;
    let timestamp = Timestamp::from_millisecond(ms).ok()?;
    Some(at(timestamp, Offset::UTC))
}

fn at(timestamp: Timestamp, offset: Offset) -> Date {
    let minutes = SignedDuration::from_secs(i64::from(offset.seconds())).as_mins();
    let sign = if minutes < 0 { '-' } else { '+' };
    let local = TimeZone::fixed(offset).to_datetime(timestamp);
    let zone = format!("{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60);
    Date {
        text: format!("{} {:02}:{:02} {zone}", local.date(), local.hour(), local.minute()),
        ms: Some(timestamp.as_millisecond()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    #[test]
    fn dates_as_they_are_written() {
        for (header, text, ms) in [
            ("Tue, 5 Mar 2024 14:22:01 +0100", "2024-03-05 14:22 +0100", Some(1_709_644_921_000)),
            ("5 Mar 24 14:22 EST", "2024-03-05 14:22 -0500", Some(1_709_666_520_000)),
            ("2024-03-05T14:22:01-03:30", "2024-03-05 14:22 -0330", Some(1_709_661_121_000)),
            ("Tue, 31 Dec 1969 23:00:00 -0000 (UTC)", "1969-12-31 23:00 +0000", Some(-3_600_000)),
            ("sometime in spring", "sometime in spring", None),
        ] {
            let raw = format!("Date: {header}\r\n\r\n");
            let headers = MessageParser::new().parse_headers(&raw).unwrap();
            assert_eq!(of_headers(&headers), Some(Date { text: text.to_owned(), ms }), "{header}");
        }
    }

    #[test]
    fn times_of_windows() {
        let date = of_filetime(133_541_185_210_000_000).unwrap();
        assert_eq!((date.text.as_str(), date.ms), ("2024-03-05 13:22 +0000", Some(1_709_644_921_000)));
        assert_eq!([0, u64::MAX].map(|ticks| of_filetime(ticks).is_some()), [true, false]);
    }
}
