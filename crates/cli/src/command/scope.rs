//! The options that `search` and `ask` share, as the library's query.

use crate::args::{Mode, Scope};
use crate::failure::Failure;
use crate::output::clean;
use jiff::{Timestamp, civil, tz::TimeZone};
use workroom::{AsOf, Query, Workspace};

/// The query for `words` within `scope`.
pub(super) fn query(words: &[String], scope: &Scope) -> Result<Query, Failure> {
    let mut query = Query::new(words.join(" "));
    query.mode = match scope.mode {
        Mode::Hybrid => workroom::Mode::Hybrid,
        Mode::Lexical => workroom::Mode::Lexical,
        Mode::Dense => workroom::Mode::Dense,
    };
    query.rescore_ms = scope.rescore_ms;
    query.min_seq = scope.min_seq;
    query.half_life_ms = scope.recency.as_deref().map(half_life).transpose()?;
    query.path.clone_from(&scope.path);
    query.types.clone_from(&scope.types);
    query.filters.clone_from(&scope.filters);
    query.as_of.clone_from(&scope.as_of);
    query.since_ms = scope.since.as_deref().map(|text| since(text, Timestamp::now())).transpose()?;
    Ok(query)
}

/// The query by the instant that it names, and what is known of the files there were.
pub(super) fn dated(workspace: &Workspace, query: Query) -> Result<(Query, Option<AsOf>), Failure> {
    let Some(when) = &query.as_of else { return Ok((query, None)) };
    let found = workspace.as_of(when)?;
    Ok((query.as_of(&found.as_of), Some(found)))
}

/// What is said of that instant.
pub(super) fn then(found: &AsOf) -> String {
    let AsOf { at, files, not_kept, n_not_kept, note, .. } = found;
    let named: Vec<String> = not_kept.iter().map(|path| clean(path)).collect();
    let more = if *n_not_kept > not_kept.len() as u64 { ", ..." } else { "" };
    let lost = (*n_not_kept > 0).then(|| {
        format!("; not searched, since what they held is no longer kept: {}{more}", named.join(", "))
    });
    let note = note.as_ref().map(|note| format!("; {note}"));
    let files = if *files == 1 { "1 file".to_owned() } else { format!("{files} files") };
    format!("(as of {at}, {files}{}{})", lost.unwrap_or_default(), note.unwrap_or_default())
}

/// A date (midnight UTC), a time, or an age.
fn since(text: &str, now: Timestamp) -> Result<i64, Failure> {
    time_ms(text).or_else(|| Some(now.as_millisecond() - age_ms(text)?)).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no time for --since"),
        hint: "write a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d, 2w)"
            .to_owned(),
    })
}

fn half_life(text: &str) -> Result<i64, Failure> {
    age_ms(text).filter(|age| *age > 0).ok_or_else(|| Failure::Usage {
        message: format!("`{text}` is no age for --recency"),
        hint: "write an age: 90m, 12h, 7d, 2w".to_owned(),
    })
}

/// A date (midnight UTC) or a time.
pub(super) fn time_ms(text: &str) -> Option<i64> {
    let date =
        || text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse::<Timestamp>().ok().or_else(date).map(Timestamp::as_millisecond)
}

/// A number and its unit: 90m, 12h, 7d, 2w.
pub(super) fn age_ms(text: &str) -> Option<i64> {
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
    fn times_and_ages() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let at = |text: &str| {
            since(text, now).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).map(|t| t.to_string())
        };
        for (text, expected) in [
            ("2026-11-01", Some("2026-11-01T00:00:00Z")),
            ("2026-11-01T10:00:00+02:00", Some("2026-11-01T08:00:00Z")),
            ("90m", Some("2026-11-21T10:30:00Z")),
            ("2w", Some("2026-11-07T12:00:00Z")),
            ("yesterday", None),
            ("7", None),
            ("", None),
            ("-3d", None),
        ] {
            assert_eq!(at(text).as_deref(), expected, "{text}");
        }
    }
}
