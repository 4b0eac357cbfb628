//! Days since the beginning of a workbook's calendar, as dates.

use super::code::{Part, Section};

const SECONDS_A_DAY: i64 = 86_400;
/// The last day of the year 9999, after which no spreadsheet counts.
const LAST_DAY: f64 = 2_958_466.0;

/// The words of a date or time in ISO 8601, as far as the section shows it; `None` for what is no date.
pub(super) fn show(section: &Section, number: f64, from_1904: bool) -> Option<String> {
    let is_elapsed = [Part::Hours, Part::Minutes, Part::Seconds].iter().any(|&part| section.has(part));
    if !(number.abs() < LAST_DAY && (number >= 0.0 || is_elapsed)) {
        return None;
    }
    let seconds = (number * SECONDS_A_DAY as f64).round() as i64;
    if is_elapsed {
        return Some(elapsed(section, seconds));
    }
    let (day, second) = (seconds / SECONDS_A_DAY, seconds % SECONDS_A_DAY);
    let has_date = [Part::Year, Part::Month, Part::Day].iter().any(|&part| section.has(part));
    let has_time = [Part::Hour, Part::Minute, Part::Second].iter().any(|&part| section.has(part));
    match (has_date, has_time) {
        // Midnight is what a date has that is without a time.
        (true, true) if second != 0 => {
            Some(format!("{} {}", date(section, day, from_1904), time(section, second)))
        }
        (true, _) => Some(date(section, day, from_1904)),
        _ => Some(time(section, second)),
    }
}

fn date(section: &Section, day: i64, from_1904: bool) -> String {
    let (year, month, day) = civil(day, from_1904);
    match (section.has(Part::Year), section.has(Part::Month), section.has(Part::Day)) {
        (true, false, false) => format!("{year:04}"),
        (true, true, false) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    }
}

fn time(section: &Section, second: i64) -> String {
    let (hours, minutes, seconds) = (second / 3600, second / 60 % 60, second % 60);
    if section.has(Part::Minute) && section.has(Part::Second) && !section.has(Part::Hour) {
        return format!("{:02}:{seconds:02}", minutes + 60 * hours);
    }
    if section.has(Part::Second) {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}")
    }
}

fn elapsed(section: &Section, seconds: i64) -> String {
    let (sign, size) = (if seconds < 0 { "-" } else { "" }, seconds.abs());
    let (hours, minutes, rest) = (size / 3600, size / 60, size % 60);
    let has_seconds = section.has(Part::Second) || section.has(Part::Seconds);
    if section.has(Part::Hours) {
        return match (section.has(Part::Minute), has_seconds) {
            (_, true) => format!("{sign}{hours}:{:02}:{rest:02}", minutes % 60),
            (true, false) => format!("{sign}{hours}:{:02}", minutes % 60),
            (false, false) => format!("{sign}{hours}"),
        };
    }
    if section.has(Part::Minutes) {
        return if has_seconds { format!("{sign}{minutes}:{rest:02}") } else { format!("{sign}{minutes}") };
    }
    format!("{sign}{size}")
}

/// Year, month and day of a day's number.
fn civil(day: i64, from_1904: bool) -> (i64, i64, i64) {
    // Days since 1970. The calendar of 1900 has a 29th of February that never was, as day 60: what is before it is a day late.
    let since_1970 = match (from_1904, day) {
        (true, _) => day - 24_107,
        (false, 60) => return (1900, 2, 29),
        (false, ..60) => day - 25_568,
        (false, _) => day - 25_569,
    };
    // Years that begin in March have their odd day at the end; eras of 400 years are all alike.
    let shifted = since_1970 + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
