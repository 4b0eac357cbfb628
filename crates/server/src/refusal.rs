//! Refusals: why something was not done, in the words of whoever asked, and what to do next.
//!
//! Invariant: pure. A refusal names only what its caller may see: no folder of this machine, no path outside the caller's grants.
//! Not here: how it is said (`http` writes problem+json, `mcp` the text of a tool's error), who may see what (`access`).

use crate::access::ShownLease;
use crate::host::ANONYMOUS;
use custody::Principal;
use serde_json::{Value, json};
use std::path::Path;
use workroom::{Error, ErrorKind};

/// The result of everything that a caller asks for.
pub(crate) type Result<T> = std::result::Result<T, Refusal>;

/// What kind of refusal it is: a stable word for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// It makes no sense.
    Invalid,
    /// No token, or none that is any use.
    Unauthenticated,
    /// The principal lacks a right.
    Forbidden,
    /// Nothing is there, or nothing that the principal may know of.
    NotFound,
    /// The path cannot be asked for in this way.
    MethodNotAllowed,
    /// The answer cannot have the form that was asked for.
    NotAcceptable,
    /// It stands against what is there.
    Conflict,
    /// What is there is not what the caller expected.
    PreconditionFailed,
    /// The request is too large.
    TooLarge,
    /// The request's body is not of a type that is understood.
    UnsupportedMediaType,
    /// Somebody else holds it.
    Locked,
    /// The lease that was shown holds no more.
    LeaseEnded,
    /// No part of the file is in the range.
    RangeNotSatisfiable,
    /// It is understood and cannot be done: an unknown value, a file that cannot be read so.
    Unprocessable,
    /// Too many requests.
    TooMany,
    /// It took too long.
    Timeout,
    /// It can be done, but not now.
    Unavailable,
    /// It should have worked.
    Internal,
}

impl Kind {
    /// The word.
    pub(crate) fn name(self) -> &'static str {
        self.parts().0
    }

    /// The status over HTTP.
    pub(crate) fn status(self) -> u16 {
        self.parts().1
    }

    /// In words for people.
    pub(crate) fn title(self) -> &'static str {
        self.parts().2
    }

    fn parts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Invalid => ("invalid", 400, "The request makes no sense"),
            Self::Unauthenticated => ("unauthenticated", 401, "A token is needed"),
            Self::Forbidden => ("forbidden", 403, "A right is missing"),
            Self::NotFound => ("not-found", 404, "Nothing is there"),
            Self::MethodNotAllowed => ("method-not-allowed", 405, "This cannot be asked for so"),
            Self::NotAcceptable => ("not-acceptable", 406, "There is no such form of it"),
            Self::Conflict => ("conflict", 409, "It stands against what is there"),
            Self::PreconditionFailed => {
                ("precondition-failed", 412, "What is there is not what was expected")
            }
            Self::TooLarge => ("too-large", 413, "The request is too large"),
            Self::UnsupportedMediaType => {
                ("unsupported-media-type", 415, "The body's type is not understood")
            }
            Self::RangeNotSatisfiable => ("range-not-satisfiable", 416, "The file has no such range"),
            Self::Unprocessable => ("unprocessable", 422, "It cannot be done so"),
            Self::Locked => ("locked", 423, "Somebody else holds it"),
            Self::LeaseEnded => ("lease-ended", 412, "The lease holds no more"),
            Self::TooMany => ("too-many-requests", 429, "Too many requests"),
            Self::Timeout => ("timeout", 408, "It took too long"),
            Self::Unavailable => ("unavailable", 503, "It cannot be done now"),
            Self::Internal => ("internal", 500, "Something went wrong here"),
        }
    }

    /// The kind that stands for a status that some layer has chosen.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 | 504 => Self::Timeout,
            409 => Self::Conflict,
            412 => Self::PreconditionFailed,
            413 | 414 | 431 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            416 => Self::RangeNotSatisfiable,
            422 => Self::Unprocessable,
            423 => Self::Locked,
            429 => Self::TooMany,
            503 => Self::Unavailable,
            400..=499 => Self::Invalid,
            _ => Self::Internal,
        }
    }
}

/// A call that may help. Each transport writes it in its own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NextCall {
    /// List a folder; the empty path is the workspace's.
    List { folder: String },
    /// Read a file.
    Read { path: String },
    /// Find files by pattern.
    Find { pattern: String },
    /// See which files are not searchable, and why.
    Problems,
    /// Wait for a lease.
    Lease { paths: Vec<String> },
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What kind it is.
    pub(crate) kind: Kind,
    /// What happened, where and why.
    pub(crate) detail: String,
    /// What the caller can do about it.
    pub(crate) hint: Option<String>,
    /// Calls that may help.
    pub(crate) next: Vec<NextCall>,
    /// The scope that a token would need, as `write:notes`.
    pub(crate) scope: Option<String>,
    /// Seconds after which to try again.
    pub(crate) retry_after: Option<u32>,
    /// The lease that is in the way, as far as the caller may know of it.
    pub(crate) held: Option<Box<ShownLease>>,
}

impl Refusal {
    /// A refusal without advice.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { kind, detail, hint: None, next: Vec::new(), scope: None, retry_after: None, held: None }
    }

    /// A request that makes no sense.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, detail)
    }

    /// With advice.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a call that may help.
    pub(crate) fn next(mut self, call: NextCall) -> Self {
        self.next.push(call);
        self
    }

    /// The principal may see what is there and lacks that right; whoever shows no token lacks the token first (RFC 6750, 3.1).
    pub(crate) fn forbidden(principal: &Principal, right: custody::Right, path: &str) -> Self {
        let place = if path.is_empty() { "the whole workspace" } else { path };
        let (kind, who, how) = match principal.id == ANONYMOUS {
            true => (Kind::Unauthenticated, "without a token there is", "show"),
            false => (Kind::Forbidden, "this token has", "ask for"),
        };
        let mut refusal = Self::new(kind, format!("{who} no right to {} `{place}`", verb(right)));
        refusal.scope = Some(scope(right, path));
        refusal.hint(format!("{how} a token with `{right}` on `{place}`"))
    }

    /// The same for what is not there and for what the principal may not know of. `near` is what it may know of in that folder.
    pub(crate) fn not_found(path: &str, near: &Near) -> Self {
        let detail = format!("no such file: `{path}`");
        let refusal = Self::new(Kind::NotFound, detail);
        let Some(folder) = &near.folder else {
            return refusal.hint("check the spelling").next(NextCall::List { folder: String::new() });
        };
        let place =
            if folder.is_empty() { "the workspace".to_owned() } else { format!("the folder `{folder}`") };
        let hint = match near.names.as_slice() {
            [] => format!("{place} holds nothing"),
            names => {
                format!("{place} holds {}{}", names.join(", "), if near.more { " and more" } else { "" })
            }
        };
        refusal.hint(hint).next(NextCall::List { folder: folder.clone() })
    }

    /// A problem (RFC 9457), but for the calls, whose form is each transport's.
    pub(crate) fn problem(&self) -> Value {
        let mut problem = json!({
            "type": format!("urn:workroom:problem:{}", self.kind.name()),
            "title": self.kind.title(),
            "status": self.kind.status(),
            "detail": self.detail,
            "kind": self.kind.name(),
        });
        if let Some(hint) = &self.hint {
            problem["hint"] = json!(hint);
        }
        if let Some(held) = &self.held {
            problem["lease"] = json!(held);
        }
        problem
    }

    /// What the library refused, in a workspace at `root`, whose place is nobody's business.
    pub(crate) fn of(error: &Error, root: &Path) -> Self {
        let kind = match error.kind() {
            ErrorKind::Invalid => Kind::Unprocessable,
            ErrorKind::NotFound => Kind::NotFound,
            ErrorKind::Conflict => Kind::Conflict,
            // It is there, and not what the call needs.
            ErrorKind::Unsupported => Kind::Conflict,
            ErrorKind::Held => Kind::Locked,
            ErrorKind::Quota => Kind::TooMany,
            ErrorKind::LeaseEnded => Kind::LeaseEnded,
            ErrorKind::Timeout | ErrorKind::Locked | ErrorKind::Cancelled | ErrorKind::Model => {
                Kind::Unavailable
            }
            _ => Kind::Internal,
        };
        let detail = without_root(&error.to_string(), root);
        let refusal = match kind {
            Kind::Internal => {
                tracing::error!(%error, "a call failed");
                return Self::new(kind, "the workspace could not do this; its owner's log says why");
            }
            Kind::Unavailable => Self { retry_after: Some(1), ..Self::new(kind, detail) },
            _ => Self::new(kind, detail),
        };
        match error.hints() {
            // Those of the command line are of no use to whoever has none.
            Some(hint) if !hint.contains("workroom ") && !hint.contains("--help") => {
                refusal.hint(without_root(hint, root))
            }
            _ if error.kind() == ErrorKind::Unsupported => refusal
                .hint("every file that is not searchable is listed with its reason")
                .next(NextCall::Problems),
            _ => refusal,
        }
    }

    /// What custody refused.
    pub(crate) fn of_custody(error: &custody::Error) -> Self {
        let kind = match error.kind() {
            custody::ErrorKind::Invalid => Kind::Unprocessable,
            custody::ErrorKind::Denied => Kind::Forbidden,
            custody::ErrorKind::NotFound => Kind::NotFound,
            custody::ErrorKind::Locked => Kind::Unavailable,
            _ => {
                tracing::error!(%error, "tokens cannot be read or written");
                return Self::new(Kind::Unavailable, "tokens cannot be read or written now")
                    .hint("the server's log says why");
            }
        };
        Self::new(kind, error.to_string())
    }
}

/// What a caller may know of near a path where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Near {
    /// The nearest folder above that the caller may know of; none when it may not even list the workspace.
    pub(crate) folder: Option<String>,
    /// Names in it, the most alike first.
    pub(crate) names: Vec<String>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// Names to show.
const SHOWN: usize = 8;

impl Near {
    /// The names most like the one that was asked for.
    pub(crate) fn new(folder: String, wanted: &str, names: Vec<String>) -> Self {
        let more = names.len() > SHOWN;
        let mut names: Vec<(usize, String)> =
            names.into_iter().map(|name| (distance(wanted, &name), name)).collect();
        names.sort();
        let names = names.into_iter().take(SHOWN).map(|(_, name)| name).collect();
        Self { folder: Some(folder), names, more }
    }
}

/// How many characters would have to change, in any case (Levenshtein's distance), of the first few.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 48;
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).take(LONGEST).collect::<Vec<char>>();
    let (a, b) = (letters(a), letters(b));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (slot, to) in row.iter_mut().skip(1).zip(&b) {
            let changed = diagonal + usize::from(from != to);
            diagonal = *slot;
            left = changed.min(diagonal + 1).min(left + 1);
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// A scope, as tokens and challenges name it: `read:notes`, `write` for everywhere.
pub(crate) fn scope(right: custody::Right, path: &str) -> String {
    if path.is_empty() { right.name().to_owned() } else { format!("{right}:{path}") }
}

fn verb(right: custody::Right) -> &'static str {
    match right {
        custody::Right::Read => "read",
        custody::Right::Write => "write to",
        custody::Right::Admin => "administer",
    }
}

fn without_root(text: &str, root: &Path) -> String {
    let root = root.display().to_string();
    text.replace(&format!("{root}/"), "").replace(&root, "the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_nearest_names_come_first_and_not_all() {
        let names =
            (0..20).map(|n| format!("other-{n:02}.md")).chain(["Today.md".into(), "toady.txt".into()]);
        let near = Near::new("notes".into(), "today.md", names.collect());
        assert_eq!(near.names.len(), SHOWN);
        assert_eq!(near.names.first().map(String::as_str), Some("Today.md"));
        let refusal = Refusal::not_found("notes/today.md", &near);
        let hint = refusal.hint.as_deref().unwrap_or_default();
        assert!(hint.starts_with("the folder `notes` holds Today.md, "), "{hint}");
        assert!(hint.ends_with("and more"), "{hint}");
    }

    #[test]
    fn the_place_of_the_workspace_is_not_told() {
        let root = Path::new("/home/ann/room");
        let error =
            Error::new(ErrorKind::Conflict, "`a` was not changed: see /home/ann/room/b in /home/ann/room");
        let refusal = Refusal::of(&error, root);
        assert_eq!(refusal.detail, "`a` was not changed: see b in the workspace");
        assert_eq!((refusal.kind.status(), refusal.kind.name()), (409, "conflict"));
    }

    #[test]
    fn a_status_names_its_kind() {
        for status in [400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 415, 416, 422, 423, 429, 500, 503] {
            assert_eq!(Kind::of_status(status).status(), status);
        }
    }

    proptest! {
        #[test]
        fn the_distance_is_one(a in "[a-cé]{0,8}", b in "[a-cé]{0,8}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
            prop_assert!(distance(&a, &b) <= a.chars().count().max(b.chars().count()));
        }
    }
}
