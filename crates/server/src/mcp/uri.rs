//! URIs of files: `workroom://WORKSPACE/PATH`, where the workspace may be left out.
//!
//! Invariant: [`of`] and [`path`] are inverse. What a URI says of a workspace that is not this one names nothing here.
//! Not here: whether there is such a file.
//! Follows RFC 3986 (encoding), RFC 5147 (`#line=`, from 0, the end not included), RFC 8118 (`#page=`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;
use workroom::Hit;

const SCHEME: &str = "workroom://";
/// As clients are told how to make one: reserved expansion (RFC 6570) keeps the slashes of a path.
pub(crate) const TEMPLATE: &str = "workroom:///{+path}";

/// The URI of a file in the workspace that the client is connected to.
pub(crate) fn of(path: &str) -> String {
    format!("{SCHEME}/{}", utf8_percent_encode(path, PATH))
}

/// The URI of where a hit stands, which says the workspace too, so that it means something elsewhere.
pub(crate) fn of_hit(workspace: &str, hit: &Hit) -> String {
    of_lines(workspace, &hit.path, hit.page, Some((hit.start_line, hit.end_line)))
}

/// The URI of a page, or of lines from the first to the last, counted from 1.
pub(crate) fn of_lines(workspace: &str, path: &str, page: Option<u32>, lines: Option<(u32, u32)>) -> String {
    let (workspace, path) = (utf8_percent_encode(workspace, NAME), utf8_percent_encode(path, PATH));
    let file = format!("{SCHEME}{workspace}/{path}");
    match (page, lines) {
        (Some(page), _) => format!("{file}#page={page}"),
        (None, Some((first, last))) => format!("{file}#line={},{last}", first.saturating_sub(1)),
        (None, None) => file,
    }
}

/// The path that a URI names in `workspace`.
pub(crate) fn path(workspace: &str, uri: &str) -> Option<String> {
    let scheme = uri.get(..SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return None;
    }
    let rest = uri.get(SCHEME.len()..)?;
    let rest = rest.split(['#', '?']).next().unwrap_or(rest);
    let (authority, path) = rest.split_once('/')?;
    let authority = decode(authority)?;
    let path = decode(path)?;
    ((authority.is_empty() || authority == workspace) && !path.is_empty()).then_some(path)
}

/// All but what stands for itself in a name: unreserved characters.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path, where the slash stands for itself too.
const PATH: &AsciiSet = &NAME.remove(b'/');

/// `None` where the text is no UTF-8. A percent sign that begins no byte stands for itself: people write paths by hand.
fn decode(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_uri_names_a_path_of_its_workspace() {
        let check = |uri: &str, expected: Option<&str>| {
            assert_eq!(path("mill", uri).as_deref(), expected, "{uri}");
        };
        check("workroom:///notes/a.md", Some("notes/a.md"));
        check("WORKROOM:///notes/a.md", Some("notes/a.md"));
        check("workroom://mill/notes/a.md#line=0,3", Some("notes/a.md"));
        check("workroom:///notes%2Fa%20b.md?x", Some("notes/a b.md"));
        check("workroom:///100%.md", Some("100%.md"));
        check("workroom:///../etc/passwd", Some("../etc/passwd"));
        check("workroom://other/notes/a.md", None);
        check("workroom:///", None);
        check("workroom://", None);
        check("workroom:///%FF", None);
        check("file:///notes/a.md", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn of_and_path_are_inverse(name in "\\PC{1,40}") {
            let uri = of(&name);
            prop_assert!(uri.is_ascii());
            prop_assert_eq!(path("any", &uri), Some(name));
        }

        #[test]
        fn any_text_is_a_uri_or_none(text in "\\PC{0,60}") {
            drop(path("any", &text));
            drop(path("any", &format!("workroom://{text}")));
        }
    }
}
