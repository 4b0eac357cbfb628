//! Conditional and partial requests (RFC 9110, sections 13 and 14): versions as entity tags, and ranges of bytes.
//!
//! Invariant: pure. A tag is strong: the same tag, the same bytes.
//! Not here: what is read or written.

use crate::refusal::{Kind, Refusal, Result};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The tag of a version.
pub(super) fn tag(version: &str) -> String {
    format!("\"{version}\"")
}

/// What must stand at a path for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Anything or nothing.
    Any,
    /// Nothing.
    Absent,
    /// Something.
    Present,
    /// One of these versions.
    OneOf(Vec<String>),
}

/// What a request that changes something expects.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expected> {
    let (matching, none) = (list(headers, &header::IF_MATCH)?, list(headers, &header::IF_NONE_MATCH)?);
    match (matching, none) {
        (None, None) => Ok(Expected::Any),
        (None, Some(none)) if none == "*" => Ok(Expected::Absent),
        (Some(any), None) if any == "*" => Ok(Expected::Present),
        // What is weak or no tag at all matches nothing that is here.
        (Some(tags), None) => {
            Ok(Expected::OneOf(tags_in(&tags).filter_map(|tag| strong(tag).map(str::to_owned)).collect()))
        }
        (None, Some(_)) => Err(Refusal::invalid("a change takes `If-None-Match: *` and nothing else").hint(
            "`If-None-Match: *` writes only where nothing is; `If-Match` only over the version it names",
        )),
        (Some(_), Some(_)) => Err(Refusal::invalid("a change takes `If-Match` or `If-None-Match`, not both")),
    }
}

/// Whether a request to read is answered by what the client has already, or expects another version.
pub(super) fn unread(headers: &HeaderMap, version: &str) -> Result<bool> {
    if let Some(tags) = list(headers, &header::IF_MATCH)?
        && tags != "*"
        && !tags_in(&tags).any(|tag| strong(tag) == Some(version))
    {
        return Err(Refusal::new(Kind::PreconditionFailed, format!("it has version {version}")));
    }
    let has = list(headers, &header::IF_NONE_MATCH)?;
    Ok(has.is_some_and(|tags| {
        tags == "*" || tags_in(&tags).any(|tag| strong(tag.trim_start_matches("W/")) == Some(version))
    }))
}

fn list(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let value =
            value.to_str().map_err(|_| Refusal::invalid(format!("the header {name} is no list of tags")))?;
        joined = Some(joined.map_or(value.trim().to_owned(), |all| format!("{all}, {}", value.trim())));
    }
    Ok(joined)
}

fn tags_in(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

/// What a strong tag holds. A version alone is taken too: nothing else could be meant.
fn strong(tag: &str) -> Option<&str> {
    let inner = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(tag);
    (!inner.contains('"') && !inner.is_empty()).then_some(inner)
}

/// What part of a file is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// From the first byte, so many.
    Bytes { first: u64, count: u64 },
    /// Nothing that there is.
    Nowhere,
}

/// The part of a file of that size and version that is wanted. Several ranges at once, and what is no range, are answered with the whole.
pub(super) fn part(headers: &HeaderMap, version: &str, size: u64) -> Part {
    let text = |name: &HeaderName| headers.get(name).map(HeaderValue::to_str);
    let Some(Ok(range)) = text(&header::RANGE) else { return Part::Whole };
    match text(&header::IF_RANGE) {
        None => {}
        Some(Ok(tag)) if strong(tag.trim()) == Some(version) => {}
        // It has changed since, or cannot be told by a date.
        Some(_) => return Part::Whole,
    }
    let Some(range) = range.strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = range.split_once('-') else { return Part::Whole };
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().unwrap_or(u64::MAX))
    };
    match (first.trim(), last.trim()) {
        ("", suffix) => match number(suffix) {
            None => Part::Whole,
            Some(0) => Part::Nowhere,
            Some(_) if size == 0 => Part::Nowhere,
            Some(n) => Part::Bytes { first: size.saturating_sub(n), count: n.min(size) },
        },
        (first, last) => {
            let (Some(first), Some(last)) =
                (number(first), if last.is_empty() { Some(u64::MAX) } else { number(last) })
            else {
                return Part::Whole;
            };
            if last < first {
                return Part::Whole;
            }
            match size.checked_sub(1) {
                Some(end) if first <= end => Part::Bytes { first, count: last.min(end) - first + 1 },
                _ => Part::Nowhere,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn changes_say_what_they_expect() {
        let check = |pairs: &[(HeaderName, &str)], wanted: Option<Expected>| {
            assert_eq!(expected(&headers(pairs)).ok(), wanted, "{pairs:?}");
        };
        let one = |version: &str| Some(Expected::OneOf(vec![version.into()]));
        check(&[], Some(Expected::Any));
        check(&[(header::IF_MATCH, "\"abc\"")], one("abc"));
        check(&[(header::IF_MATCH, "abc")], one("abc"));
        check(&[(header::IF_MATCH, "*")], Some(Expected::Present));
        check(&[(header::IF_MATCH, "W/\"abc\"")], Some(Expected::OneOf(vec![])));
        check(&[(header::IF_MATCH, "\"a\", \"b\"")], Some(Expected::OneOf(vec!["a".into(), "b".into()])));
        check(&[(header::IF_NONE_MATCH, "*")], Some(Expected::Absent));
        check(&[(header::IF_NONE_MATCH, "\"a\"")], None);
        check(&[(header::IF_NONE_MATCH, "*"), (header::IF_MATCH, "*")], None);
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        let check = |range: &str, size, expected| {
            assert_eq!(part(&headers(&[(header::RANGE, range)]), "v", size), expected, "{range} of {size}");
        };
        let bytes = |first, count| Part::Bytes { first, count };
        check("bytes=0-3", 10, bytes(0, 4));
        check("bytes=4-", 10, bytes(4, 6));
        check("bytes=-3", 10, bytes(7, 3));
        check("bytes=-30", 10, bytes(0, 10));
        check("bytes=2-99999999999999999999999", 10, bytes(2, 8));
        check("bytes=10-", 10, Part::Nowhere);
        check("bytes=-0", 10, Part::Nowhere);
        check("bytes=0-", 0, Part::Nowhere);
        for whole in
            ["bytes=3-1", "bytes=a-b", "bytes=0-1,4-5", "lines=1-2", "bytes=", "bytes=-", "bytes=+1-2"]
        {
            check(whole, 10, Part::Whole);
        }
        let with =
            |tag: &str| part(&headers(&[(header::RANGE, "bytes=0-0"), (header::IF_RANGE, tag)]), "v", 10);
        assert_eq!(with("\"v\""), bytes(0, 1));
        assert_eq!(with("\"w\""), Part::Whole);
    }

    proptest! {
        #[test]
        fn no_range_leads_out_of_the_file(range in "bytes=[0-9-]{0,24}", size: u64) {
            if let Part::Bytes { first, count } = part(&headers(&[(header::RANGE, &range)]), "v", size) {
                prop_assert!(count > 0 && first.checked_add(count).is_some_and(|end| end <= size));
            }
        }
    }
}
