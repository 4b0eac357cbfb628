//! Rights, and where they hold.
//!
//! Invariant: a prefix ends at a component: a grant on `data` holds for `data` and `data/x`, never for `data-old`. Rights are a set:
//! who may write may not therefore read, so that an agent can be let to add to a log and see nothing of it.
//! Not here: who has them (`principal`).

use crate::{Error, Result};
use corpus::DocPath;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See files: their names, their content, that they are there at all.
    Read,
    /// Change, make, move and remove files.
    Write,
    /// Grant rights to others. Holds the other two.
    Admin,
}

impl Right {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The right's name, as it is written everywhere.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of rights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Right>", into = "Vec<Right>")]
pub struct Rights(u8);

impl Rights {
    /// These rights.
    #[must_use]
    pub fn of(rights: impl IntoIterator<Item = Right>) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | bit(right)))
    }

    /// Every right.
    #[must_use]
    pub fn all() -> Self {
        Self::of(Right::ALL)
    }

    /// Whether the right is among them, or follows from one of them.
    #[must_use]
    pub fn allow(self, right: Right) -> bool {
        self.0 & (bit(right) | bit(Right::Admin)) != 0
    }

    /// Whether nothing is among them.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that were named, without what follows from them.
    pub fn named(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.0 & bit(*right) != 0)
    }
}

fn bit(right: Right) -> u8 {
    match right {
        Right::Read => 1,
        Right::Write => 2,
        Right::Admin => 4,
    }
}

impl From<Vec<Right>> for Rights {
    fn from(rights: Vec<Right>) -> Self {
        Self::of(rights)
    }
}

impl From<Rights> for Vec<Right> {
    fn from(rights: Rights) -> Self {
        rights.named().collect()
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.named().map(Right::name).collect();
        f.write_str(&names.join("+"))
    }
}

/// Rights on everything below a prefix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked", into = "Unchecked")]
pub struct Grant {
    /// Empty for the whole workspace, else a path.
    prefix: String,
    rights: Rights,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    prefix: String,
    rights: Rights,
}

impl Grant {
    /// Rights on a file, or on a folder and everything below it. `""` and `/` are the whole workspace; one slash before and after a path
    /// is the same as none.
    ///
    /// # Errors
    /// When the prefix is no path inside a workspace, or no rights are named.
    pub fn new(prefix: &str, rights: Rights) -> Result<Self> {
        if rights.is_empty() {
            return Err(Error::invalid("a grant without rights grants nothing"));
        }
        if prefix.is_empty() || prefix == "/" {
            return Ok(Self { prefix: String::new(), rights });
        }
        let path = prefix.strip_prefix('/').unwrap_or(prefix);
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = DocPath::new(path).map_err(|error| Error::invalid(format!("no rights there: {error}")))?;
        Ok(Self { prefix: path.as_str().to_owned(), rights })
    }

    /// The same grants, one for each prefix.
    #[must_use]
    pub fn merged(grants: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for grant in grants {
            match merged.iter_mut().find(|known| known.prefix == grant.prefix) {
                Some(known) => known.rights = Rights(known.rights.0 | grant.rights.0),
                None => merged.push(grant),
            }
        }
        merged
    }

    /// Every right on the whole workspace.
    #[must_use]
    pub fn everything() -> Self {
        Self { prefix: String::new(), rights: Rights::all() }
    }

    /// Where the rights hold: empty for the whole workspace, else a path.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Which rights hold there.
    #[must_use]
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Whether it gives the right to a file or folder at `path`, where empty is the workspace's own folder.
    #[must_use]
    pub fn allows(&self, right: Right, path: &str) -> bool {
        self.rights.allow(right) && is_within(path, &self.prefix)
    }
}

/// Whether `path` is `prefix` or lies below it.
fn is_within(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.prefix.is_empty() { "everything" } else { &self.prefix };
        write!(f, "{} {place}", self.rights)
    }
}

impl TryFrom<Unchecked> for Grant {
    type Error = Error;

    fn try_from(unchecked: Unchecked) -> Result<Self> {
        Self::new(&unchecked.prefix, unchecked.rights)
    }
}

impl From<Grant> for Unchecked {
    fn from(grant: Grant) -> Self {
        Self { prefix: grant.prefix, rights: grant.rights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prefixes_end_at_components() {
        let check = |prefix: &str, path: &str, expected: bool| {
            let grant = Grant::new(prefix, Rights::of([Right::Read])).unwrap();
            assert_eq!(grant.allows(Right::Read, path), expected, "`{path}` by a grant on `{prefix}`");
        };
        for whole in ["", "/"] {
            check(whole, "", true);
            check(whole, "a/b.md", true);
        }
        for data in ["data", "/data", "data/", "/data/"] {
            check(data, "data", true);
            check(data, "data/x/y.md", true);
            check(data, "data-old/x.md", false);
            check(data, "database", false);
            check(data, "Data/x", false);
            check(data, "dat", false);
            check(data, "", false);
            check(data, "x/data", false);
        }
        check("a/b", "a", false);
        check("a/b", "a/b/c", true);
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for bad in ["..", "a/../b", "a//b", "//", "./a", ".", "a\0", "//a", "a//"] {
            assert!(Grant::new(bad, Rights::all()).is_err(), "{bad:?} was taken");
        }
        assert!(Grant::new("a", Rights::default()).is_err());
    }

    #[test]
    fn admin_holds_the_others_and_they_do_not_hold_each_other() {
        let allowed = |rights: &[Right]| {
            let rights = Rights::of(rights.iter().copied());
            Right::ALL.map(|right| rights.allow(right))
        };
        assert_eq!(allowed(&[]), [false, false, false]);
        assert_eq!(allowed(&[Right::Read]), [true, false, false]);
        assert_eq!(allowed(&[Right::Write]), [false, true, false]);
        assert_eq!(allowed(&[Right::Read, Right::Write]), [true, true, false]);
        assert_eq!(allowed(&[Right::Admin]), [true, true, true]);
    }

    #[test]
    fn grants_on_one_prefix_become_one() {
        let grant = |prefix: &str, right: Right| Grant::new(prefix, Rights::of([right])).unwrap();
        let merged = Grant::merged([
            grant("a", Right::Read),
            grant("", Right::Read),
            grant("/a/", Right::Write),
            grant("a/b", Right::Read),
        ]);
        let shown: Vec<String> = merged.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["read+write a", "read everything", "read a/b"]);
    }

    #[test]
    fn grants_are_written_so_and_read_again() {
        let grant = Grant::new("/notes/", Rights::of([Right::Write, Right::Read])).unwrap();
        let text = serde_json::to_string(&grant).unwrap();
        assert_eq!(text, r#"{"prefix":"notes","rights":["read","write"]}"#);
        assert_eq!(serde_json::from_str::<Grant>(&text).unwrap(), grant);
        assert_eq!(grant.to_string(), "read+write notes");
        assert_eq!(Grant::everything().to_string(), "read+write+admin everything");
        for bad in [
            r#"{"prefix":"..","rights":["read"]}"#,
            r#"{"prefix":"a","rights":[]}"#,
            r#"{"prefix":"a","rights":["fly"]}"#,
            r#"{"prefix":"a","rights":["read"],"until":"noon"}"#,
        ] {
            assert!(serde_json::from_str::<Grant>(bad).is_err(), "{bad} was taken");
        }
    }

    proptest! {
        #[test]
        fn a_grant_holds_exactly_at_and_below_its_prefix(prefix in "([ab]{1,2}(/[ab]{1,2}){0,2})?", path in "[ab]{1,2}(/[ab]{1,2}){0,3}") {
            let grant = Grant::new(&prefix, Rights::of([Right::Read])).unwrap();
            let path = DocPath::new(&path).unwrap();
            prop_assert_eq!(grant.allows(Right::Read, path.as_str()), path.is_under(&prefix));
        }
    }
}
