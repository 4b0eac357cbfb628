//! A lease, and the wish for one.
//!
//! Invariant: a wish that passed [`LeaseRequest::check`] names paths that make sense, each once, and a time and a purpose within bounds.
//! Not here: whether it can be had (`table`, `desk`).

use crate::{Error, Result, random};
use corpus::DocPath;
use serde::{Deserialize, Serialize};

/// Seconds that a lease may last without a heartbeat.
const SECONDS: std::ops::RangeInclusive<u64> = 1..=3600;
const MAX_PATHS: usize = 64;
const MAX_PURPOSE: usize = 200;
const PREFIX: &str = "lease_";
const RANDOM: usize = 22;

/// Whom a lease keeps out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All who would write: several may hold it at once, and read what does not change.
    Shared,
    /// All others: the holder alone writes.
    Exclusive,
}

/// A wish for a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRequest {
    /// Files or folders, of which the lease is had on all or none; a folder with all below it, also what is not there yet. The empty path is
    /// the whole workspace.
    pub paths: Vec<String>,
    /// Whom it keeps out.
    pub mode: Mode,
    /// Seconds until it ends without a heartbeat, 1 to 3600.
    pub seconds: u64,
    /// What it is for, in words for others to read.
    pub purpose: String,
}

/// An id for a lease to be asked for: nobody can guess it.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_id() -> Result<String> {
    Ok(format!("{PREFIX}{}", random::text(random::BASE62, RANDOM)?))
}

/// Refuses what cannot be the id of a lease.
///
/// # Errors
/// [`Invalid`](Error::Invalid).
pub fn check_id(id: &str) -> Result<()> {
    let is_one = id
        .strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == RANDOM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_one {
        Ok(())
    } else {
        Err(Error::invalid("this is no id of a lease: `lease_` and 22 letters and digits"))
    }
}

/// A lease as its holder knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// What its holder shows to write, go on and give it back; nobody else is told. Whoever else shows it has no use of it.
    pub id: String,
    /// What others are told.
    #[serde(flatten)]
    pub held: Held,
}

/// A lease as all others know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Greater than that of every lease before.
    pub fencing_token: u64,
    /// The id of the principal who has it.
    pub principal: String,
    /// What people call that principal.
    pub name: String,
    /// Whom it keeps out.
    pub mode: Mode,
    /// On what.
    pub paths: Vec<String>,
    /// What it is for.
    pub purpose: String,
    /// When it was given, in milliseconds since 1970.
    pub since_ms: i64,
    /// When it ends without a heartbeat, in milliseconds since 1970 by the clock as it was when that was set.
    pub until_ms: i64,
}

/// A lease that has ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// What it was.
    pub held: Held,
    /// Whether an owner before this one has ended it, and may have told of it before it was gone itself.
    pub perhaps_told: bool,
}

impl Held {
    /// Whether it is on that path.
    #[must_use]
    pub fn is_on(&self, path: &str) -> bool {
        self.paths.iter().any(|own| covers(own, path))
    }
}

impl LeaseRequest {
    /// The same, with paths in their usual form, those left out that lie below others.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it makes no sense.
    pub(super) fn check(mut self) -> Result<Self> {
        if self.paths.is_empty() || self.paths.len() > MAX_PATHS {
            return Err(Error::invalid(format!("a lease is on 1 to {MAX_PATHS} paths")));
        }
        check_seconds(self.seconds)?;
        if self.purpose.chars().count() > MAX_PURPOSE || self.purpose.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "the purpose of a lease is one line of at most {MAX_PURPOSE} characters"
            )));
        }
        let paths = self.paths.iter().map(|path| plain(path)).collect::<Result<Vec<_>>>()?;
        self.paths = Vec::new();
        for path in &paths {
            if !self.paths.contains(path) && !paths.iter().any(|other| other != path && covers(other, path)) {
                self.paths.push(path.clone());
            }
        }
        self.paths.sort_unstable();
        Ok(self)
    }
}

/// Whether a lease can last so long.
pub(super) fn check_seconds(seconds: u64) -> Result<()> {
    let (least, most) = (SECONDS.start(), SECONDS.end());
    if SECONDS.contains(&seconds) {
        return Ok(());
    }
    Err(Error::invalid(format!("a lease lasts {least} to {most} s without a heartbeat, not {seconds} s")))
}

fn plain(path: &str) -> Result<String> {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path.is_empty() || path == "." {
        return Ok(String::new());
    }
    let path = DocPath::new(path).map_err(|error| Error::invalid(format!("`{path}`: {error}")))?;
    Ok(path.as_str().to_owned())
}

/// Whether a lease on `path` is one on `other`, too.
pub(super) fn covers(path: &str, other: &str) -> bool {
    path.is_empty() || other.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a change of the one may be one of the other.
pub(super) fn overlap(a: &str, b: &str) -> bool {
    covers(a, b) || covers(b, a)
}

/// Whether any of these overlaps any of those.
pub(super) fn any_overlap(these: &[String], those: &[String]) -> bool {
    these.iter().any(|a| those.iter().any(|b| overlap(a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_cover_what_lies_below_them() {
        let check = |path: &str, other: &str, expected: (bool, bool)| {
            assert_eq!((covers(path, other), overlap(path, other)), expected, "{path:?} {other:?}");
        };
        check("", "a/b", (true, true));
        check("a", "a", (true, true));
        check("a", "a/b", (true, true));
        check("a/b", "a", (false, true));
        check("a", "ab", (false, false));
        check("a/b", "a/c", (false, false));
    }

    #[test]
    fn a_wish_is_checked_and_put_in_order() {
        let wish = |paths: &[&str], seconds, purpose: &str| {
            let paths = paths.iter().map(|&path| path.to_owned()).collect();
            LeaseRequest { paths, mode: Mode::Shared, seconds, purpose: purpose.to_owned() }.check()
        };
        let paths = |paths: &[&str]| wish(paths, 10, "").unwrap().paths;
        assert_eq!(paths(&["b/", "./a", "b/c", "b"]), ["a", "b"]);
        assert_eq!(paths(&["a", "."]), [""]);
        assert_eq!(paths(&["ab", "a"]), ["a", "ab"]);
        for (at, seconds, purpose) in [
            (&[][..], 10, ""),
            (&["a"][..], 0, ""),
            (&["a"][..], 3601, ""),
            (&["../a"][..], 10, ""),
            (&["/a"][..], 10, ""),
            (&["a\0"][..], 10, ""),
            (&["a"][..], 10, "two\nlines"),
            (&["a"][..], 10, &"x".repeat(201)),
            (&["a"; 65][..], 10, ""),
        ] {
            assert!(
                matches!(wish(at, seconds, purpose), Err(Error::Invalid { .. })),
                "{at:?} {seconds} {purpose}"
            );
        }
    }
}
