//! What a file says of itself: title, author, dates.
//!
//! Invariant: nothing is made up; a field that says nothing is left out.
//! Not here: what the pages say.

use corpus::Metadata;
use hayro_syntax::Pdf;
use hayro_syntax::object::DateTime;

use crate::strings;

/// The title in the document's information.
pub(crate) fn title(pdf: &Pdf) -> Option<String> {
    let title = text(pdf.metadata().title.as_deref())?;
    // What a program made of the file's name is no title.
    let is_name = [
        ".doc", ".docx", ".pdf", ".dvi", ".tex", ".indd", ".qxd", ".ppt", ".pptx", ".xls", ".xlsx", ".ps",
        ".rtf",
    ];
    let lower = title.to_ascii_lowercase();
    let untitled =
        lower.starts_with("untitled") || lower.starts_with("microsoft word -") || lower == "(anonymous)";
    (!untitled && !is_name.iter().any(|end| lower.ends_with(end))).then_some(title)
}

/// Authors, keywords, dates and the number of pages.
pub(crate) fn metadata(pdf: &Pdf) -> Metadata {
    let info = pdf.metadata();
    let mut metadata = Metadata {
        created_ms: info.creation_date.as_ref().and_then(milliseconds),
        modified_ms: info.modification_date.as_ref().and_then(milliseconds),
        pages: u32::try_from(pdf.pages().len()).ok(),
        ..Metadata::default()
    };
    let mut add = |add: fn(&mut Metadata, &str), bytes: &Option<Box<[u8]>>| {
        if let Some(words) = text(bytes.as_deref()) {
            add(&mut metadata, &words);
        }
    };
    add(extract::add_authors, &info.author);
    add(extract::add_subject, &info.subject);
    add(extract::add_keywords, &info.keywords);
    metadata
}

fn text(bytes: Option<&[u8]>) -> Option<String> {
    let text = strings::decode(bytes?);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    (!text.is_empty()).then(|| text.to_owned())
}

/// Milliseconds since 1970, UTC.
fn milliseconds(date: &DateTime) -> Option<i64> {
    let (year, month, day) = (i64::from(date.year), i64::from(date.month), i64::from(date.day));
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March so that leap days come last.
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let offset_hour = i64::from(date.utc_offset_hour);
    let offset_minute = i64::from(date.utc_offset_minute) * if offset_hour < 0 { -1 } else { 1 };
    let minutes = i64::from(date.hour) * 60 + i64::from(date.minute) - offset_hour * 60 - offset_minute;
    Some(((days * 1440 + minutes) * 60 + i64::from(date.second)) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_utc() {
        let date = |year, month, day, utc_offset_hour| DateTime {
            year,
            month,
            day,
            hour: 1,
            minute: 30,
            second: 5,
            utc_offset_hour,
            utc_offset_minute: 0,
        };
        assert_eq!(milliseconds(&date(1970, 1, 1, 0)), Some(5_405_000));
        assert_eq!(milliseconds(&date(2024, 2, 29, 2)), Some(1_709_163_005_000));
        assert_eq!(milliseconds(&date(2024, 13, 1, 0)), None);
    }
}
