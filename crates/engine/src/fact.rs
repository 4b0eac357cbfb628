//! Filters by what documents say of themselves, from the text a caller writes.

use crate::{Error, ErrorKind, Result};
use corpus::LanguageCode;
use custody::Trust;
use index::Fact;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::ops::Range;

/// Longer operators first: `>=` begins with `>`.
const OPERATORS: [&str; 5] = [">=", "<=", ">", "<", "="];
const FIELDS: &str = "author, title, keyword, language, created, modified, pages, trust";

/// What a caller wants of a document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Something that the index knows of it.
    Fact(Fact),
    /// Its label, which the index does not know.
    Label(Trust),
}

impl Wanted {
    /// As a fact, where `labelled` finds the documents with a label.
    pub(crate) fn or_labelled(self, labelled: impl Fn(Trust) -> Fact) -> Fact {
        match self {
            Self::Fact(fact) => fact,
            Self::Label(trust) => labelled(trust),
        }
    }
}

/// Reads `FIELD OPERATOR VALUE`: `author=smith`, `created>=2024-03`, `trust=untrusted`.
pub(crate) fn fact(text: &str) -> Result<Wanted> {
    let found = text.find(['=', '<', '>']);
    let (field, rest) = found.map(|at| text.split_at(at)).ok_or_else(|| {
        refused(text, "it has no operator")
            .hint(format!("write FIELD=VALUE, or <, <=, >, >= for dates and pages; the fields are {FIELDS}"))
    })?;
    let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)).unwrap_or("=");
    let (field, value) = (field.trim().to_lowercase(), rest[operator.len()..].trim());
    if value.is_empty() {
        return Err(refused(text, "nothing stands behind the operator"));
    }
    let words = |fact: fn(String) -> Fact| match operator {
        "=" => Ok(fact(value.to_owned())),
        _ => Err(refused(text, "words are compared with = only")),
    };
    if field == "trust" {
        let trust = Trust::from_name(&value.to_lowercase()).filter(|_| operator == "=");
        let error = || refused(text, "a label is trusted, untrusted or unknown, behind =");
        return trust.map(Wanted::Label).ok_or_else(error);
    }
    let fact = match field.as_str() {
        "author" => words(Fact::Author),
        "title" => words(Fact::Title),
        "keyword" => words(Fact::Keyword),
        "language" => {
            let code = LanguageCode::new(value).filter(|_| operator == "=");
            let error = || refused(text, "a language is two letters behind =").hint("`language=de`, for one");
            code.map(Fact::Language).ok_or_else(error)
        }
        "created" => Ok(Fact::Created(compared(operator, span_of(text, value)?))),
        "modified" => Ok(Fact::Modified(compared(operator, span_of(text, value)?))),
        "pages" => {
            let n: u32 =
                value.parse().map_err(|_| refused(text, "the number of pages is no whole number"))?;
            let pages = compared(operator, i64::from(n)..i64::from(n) + 1);
            let clamp = |n: i64| u32::try_from(n.max(0)).unwrap_or(u32::MAX);
            Ok(Fact::Pages(clamp(pages.start)..clamp(pages.end)))
        }
        _ => Err(refused(text, &format!("`{field}` is no field")).hint(format!("the fields are {FIELDS}"))),
    };
    fact.map(Wanted::Fact)
}

/// All values that compare so with a value that is itself a range: a year, a day.
fn compared(operator: &str, value: Range<i64>) -> Range<i64> {
    match operator {
        ">=" => value.start..i64::MAX,
        ">" => value.end..i64::MAX,
        "<=" => i64::MIN..value.end,
        "<" => i64::MIN..value.start,
        _ => value,
    }
}

/// The milliseconds since 1970 of a year, month, day or instant (UTC).
fn span_of(text: &str, value: &str) -> Result<Range<i64>> {
    if let Ok(instant) = value.parse::<Timestamp>() {
        let ms = instant.as_millisecond();
        return Ok(ms..ms + 1);
    }
    day_span(value).ok_or_else(|| {
        refused(text, "the date is not understood")
            .hint("write 2024, 2024-03, 2024-03-05 or 2024-03-05T14:00:00Z")
    })
}

fn day_span(value: &str) -> Option<Range<i64>> {
    let parts: Vec<&str> = value.split('-').collect();
    let number = |at: usize| parts.get(at).map_or(Some(1), |part| part.parse::<i8>().ok());
    let year = parts.first()?.parse::<i16>().ok().filter(|year| (1..=9998).contains(year))?;
    let first = Date::new(year, number(1)?, number(2)?).ok()?;
    let after = match parts.len() {
        1 => date(year + 1, 1, 1),
        2 => first.checked_add(1.month()).ok()?,
        3 => first.checked_add(1.day()).ok()?,
        _ => return None,
    };
    let ms = |day: Date| day.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp().as_millisecond());
    Some(ms(first)?..ms(after)?)
}

fn refused(text: &str, why: &str) -> Error {
    Error::new(ErrorKind::Invalid, format!("`{text}` is not a filter: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read() {
        let day = 86_400_000;
        let new_year = 1_704_067_200_000;
        for (text, expected) in [
            ("author=Ada L", Fact::Author("Ada L".to_owned())),
            (" title = plan", Fact::Title("plan".to_owned())),
            ("keyword=a=b", Fact::Keyword("a=b".to_owned())),
            ("language=DE", Fact::Language(LanguageCode::new("de").unwrap())),
            ("created=2024", Fact::Created(new_year..new_year + 366 * day)),
            ("created<2024-01", Fact::Created(i64::MIN..new_year)),
            ("modified>=2024-01-01", Fact::Modified(new_year..i64::MAX)),
            ("modified>2024-01-01", Fact::Modified(new_year + day..i64::MAX)),
            ("created<=2024-01-01T00:00:00Z", Fact::Created(i64::MIN..new_year + 1)),
            ("pages>10", Fact::Pages(11..u32::MAX)),
            ("pages=1", Fact::Pages(1..2)),
        ] {
            assert_eq!(fact(text).unwrap(), Wanted::Fact(expected), "{text}");
        }
        assert_eq!(fact("trust=Untrusted").unwrap(), Wanted::Label(Trust::Untrusted));
    }

    #[test]
    fn what_is_no_filter_says_why() {
        for (text, why) in [
            ("smith", "no operator"),
            ("author=", "nothing stands"),
            ("author>a", "= only"),
            ("size=3", "`size` is no field"),
            ("language=german", "two letters"),
            ("created=yesterday", "not understood"),
            ("created=2024-13", "not understood"),
            ("created=2024-02-30", "not understood"),
            ("pages=many", "no whole number"),
            ("trust=little", "a label is"),
            ("trust>unknown", "a label is"),
        ] {
            let error = fact(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
