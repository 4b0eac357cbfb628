//! Principals: who asks, and what they may.
//!
//! Invariant: a principal may what one of its grants allows, and nothing else.
//! Not here: how it proved who it is (`token`).

use crate::grant::{Grant, Right};
use corpus::PathSet;

/// The id and the name of the owner.
pub const OWNER: &str = "owner";

/// How a principal came to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Whoever may use the workspace's files without us: the user on this machine.
    Owner,
    /// Whoever has a token.
    Token,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The token's id; for the owner [`OWNER`].
    pub id: String,
    /// What people call it.
    pub name: String,
    /// How it came to be one.
    pub kind: Kind,
    /// What it may. Several on one path add up.
    pub grants: Vec<Grant>,
}

impl Principal {
    /// The workspace's owner, who may everything.
    #[must_use]
    pub fn owner() -> Self {
        let grants = vec![Grant::everything()];
        Self { id: OWNER.to_owned(), name: OWNER.to_owned(), kind: Kind::Owner, grants }
    }

    /// Whether it is the owner.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.kind == Kind::Owner
    }

    /// Whether it has the right to a file or folder at `path`, where empty is the workspace's own folder.
    #[must_use]
    pub fn may(&self, right: Right, path: &str) -> bool {
        self.grants.iter().any(|grant| grant.allows(right, path))
    }

    /// Whether it may give this grant to others, or take it from them.
    #[must_use]
    pub fn may_give(&self, grant: &Grant) -> bool {
        self.may(Right::Admin, grant.prefix())
    }

    /// Where it has the right.
    #[must_use]
    pub fn paths(&self, right: Right) -> PathSet {
        PathSet::under(self.grants.iter().filter(|grant| grant.rights().allow(right)).map(Grant::prefix))
    }

    /// What it may see.
    #[must_use]
    pub fn readable(&self) -> PathSet {
        self.paths(Right::Read)
    }

    /// What it may change.
    #[must_use]
    pub fn writable(&self) -> PathSet {
        self.paths(Right::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rights;
    use proptest::prelude::*;

    fn principal(grants: &[(&str, &[Right])]) -> Principal {
        let grants =
            grants.iter().map(|(prefix, rights)| Grant::new(prefix, Rights::of(rights.to_vec())).unwrap());
        Principal { id: "t".into(), name: "a test".into(), kind: Kind::Token, grants: grants.collect() }
    }

    #[test]
    fn grants_add_up() {
        use Right::{Admin, Read, Write};
        let somebody = principal(&[
            ("a", &[Read]),
            ("a/drafts", &[Write]),
            ("a/drafts/mine", &[Admin]),
            ("logs", &[Write]),
        ]);
        let may = |path: &str| Right::ALL.map(|right| somebody.may(right, path));
        assert_eq!(may("a/x.md"), [true, false, false]);
        assert_eq!(may("a/drafts/x.md"), [true, true, false]);
        assert_eq!(may("a/drafts/mine/x.md"), [true, true, true]);
        assert_eq!(may("logs/today"), [false, true, false]);
        assert_eq!(may("b"), [false, false, false]);
        assert_eq!(may(""), [false, false, false]);
        assert_eq!(somebody.readable(), PathSet::under(["a"]));
        assert_eq!(somebody.writable(), PathSet::under(["a/drafts", "logs"]));
        assert_eq!(somebody.paths(Admin), PathSet::under(["a/drafts/mine"]));
        let owner = Principal::owner();
        assert!(owner.is_owner() && owner.may(Admin, "") && owner.may(Write, "any/where"));
        assert!(owner.readable().is_all() && owner.writable().is_all());
        assert!(principal(&[]).readable().is_empty());
    }

    #[test]
    fn one_gives_what_one_administers() {
        use Right::{Admin, Read};
        let somebody = principal(&[("a", &[Admin]), ("b", &[Read])]);
        let may_give = |prefix: &str| somebody.may_give(&Grant::new(prefix, Rights::of([Read])).unwrap());
        assert_eq!(["a", "a/x", "", "b", "a-b"].map(may_give), [true, true, false, false, false]);
    }

    proptest! {
        #[test]
        fn the_sets_hold_what_it_may(
            grants in prop::collection::vec(("([ab]{1,2}(/[ab-]{1,2}){0,2})?", 1..8_u8), 0..6),
            path in "[ab]{1,2}(/[ab-]{1,2}){0,3}",
        ) {
            let rights = |bits: u8| Right::ALL.into_iter().enumerate().filter(move |(n, _)| bits & (1 << n) != 0);
            let grants = grants.iter().map(|(prefix, bits)| Grant::new(prefix, Rights::of(rights(*bits).map(|(_, right)| right))));
            let grants = grants.collect::<Result<_, _>>().unwrap();
            let somebody = Principal { id: "t".into(), name: "t".into(), kind: Kind::Token, grants };
            for right in Right::ALL {
                prop_assert_eq!(somebody.may(right, &path), somebody.paths(right).contains(&path));
            }
            prop_assert_eq!(somebody.readable(), somebody.paths(Right::Read));
            prop_assert_eq!(somebody.writable(), somebody.paths(Right::Write));
        }
    }
}
