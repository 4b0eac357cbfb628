//! Trust: how far what a file says is to be believed, by the workspace's settings and by who wrote it.
//!
//! Invariant: pure. Nothing that was made of something is trusted further than that was.
//! Not here: who wrote what (`history`), what is done with a label.

use crate::{Actor, Error, Result};
use corpus::{DocPath, PathSet};
use serde::{Deserialize, Serialize};

/// How far a file's text is to be believed, from the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Whoever wrote it may mean harm.
    Untrusted,
    /// Nobody has said.
    #[default]
    Unknown,
    /// The owner vouches for it.
    Trusted,
}

impl Trust {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Unknown => "unknown",
            Self::Trusted => "trusted",
        }
    }

    /// The label of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Untrusted, Self::Unknown, Self::Trusted].into_iter().find(|trust| trust.name() == name)
    }

    /// Whether nobody has said.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

/// The settings: which places are trusted, and which are not. Of several that hold a path, the longest counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustPolicy {
    /// Files and folders that the owner vouches for.
    pub trusted: Vec<String>,
    /// Files and folders that anybody may have filled.
    pub untrusted: Vec<String>,
}

impl TrustPolicy {
    /// Whether nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty() && self.untrusted.is_empty()
    }

    /// Whether every place is one, and none is called both.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid), with the place.
    pub fn check(&self) -> Result<()> {
        for place in self.trusted.iter().chain(&self.untrusted) {
            if !trimmed(place).is_empty() && DocPath::new(trimmed(place)).is_err() {
                return Err(Error::invalid(format!("trust: `{place}` is no path inside the workspace")));
            }
        }
        let both = |place: &&String| self.untrusted.iter().any(|other| trimmed(other) == trimmed(place));
        match self.trusted.iter().find(both) {
            Some(place) => {
                Err(Error::invalid(format!("trust: `{place}` cannot be both trusted and untrusted")))
            }
            None => Ok(()),
        }
    }

    /// What the settings say of a path, if anything.
    #[must_use]
    pub fn label(&self, path: &str) -> Option<Trust> {
        let longest = |places: &[String]| {
            let holding = places.iter().map(|place| trimmed(place));
            holding.filter(|place| PathSet::under([place]).contains(path)).map(str::len).max()
        };
        match (longest(&self.trusted), longest(&self.untrusted)) {
            (None, None) => None,
            (trusted, untrusted) => Some(if trusted > untrusted { Trust::Trusted } else { Trust::Untrusted }),
        }
    }

    /// The label of a file at `path` of which `known` is known otherwise. What is known to be untrusted is not made trusted by the place to which it
    /// was brought.
    #[must_use]
    pub fn of(&self, path: &str, known: Trust) -> Trust {
        match self.label(path) {
            None => known,
            Some(Trust::Trusted) if known == Trust::Untrusted => known,
            Some(label) => label,
        }
    }

    /// The places that are untrusted at `path` and below it: `path` itself, if a place above says so.
    #[must_use]
    pub fn untrusted_in(&self, path: &DocPath) -> Vec<DocPath> {
        if self.label(path.as_str()) == Some(Trust::Untrusted) {
            return vec![path.clone()];
        }
        let places = self.untrusted.iter().filter_map(|place| DocPath::new(trimmed(place)).ok());
        places.filter(|place| place.is_under(path.as_str())).collect()
    }
}

/// The root is the empty path.
fn trimmed(place: &str) -> &str {
    place.trim_matches('/')
}

/// What a writer says of what it writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Claim {
    /// Where it was fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
    /// The files of the workspace that it was made of. It is trusted no further than they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub derived_from: Vec<String>,
    /// How far it is to be believed. That it is trusted, the owner alone may say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<Trust>,
    /// Whether it is what stood there before, changed in places. It is trusted no further than that was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edits: bool,
}

/// The longest address that is kept, in bytes.
const LONGEST_URL: usize = 2048;
/// More sources than anybody names.
const MOST_SOURCES: usize = 64;

impl Claim {
    /// A file that was fetched from an address.
    pub fn fetched(url: impl Into<String>) -> Self {
        Self { source_url: Some(url.into()), ..Self::default() }
    }

    /// What stood there before, changed in places.
    #[must_use]
    pub fn edited() -> Self {
        Self { edits: true, ..Self::default() }
    }

    /// Whether `by` may say so, and it makes sense.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) when somebody else than the owner calls it trusted, [`Invalid`](Error::Invalid) when it makes no sense.
    pub fn check(&self, by: &Actor) -> Result<()> {
        if self.trust == Some(Trust::Trusted) && !by.is_owner() {
            return Err(Error::denied("that a file is trusted, the owner alone may say"));
        }
        if self.derived_from.len() > MOST_SOURCES {
            return Err(Error::invalid(format!("a file is made of at most {MOST_SOURCES} others")));
        }
        match &self.source_url {
            Some(url) if !is_url(url) => Err(Error::invalid(
                "`source_url` is no address: a scheme, a colon and the rest, without spaces, at most 2,048 bytes",
            )),
            _ => Ok(()),
        }
    }

    /// The label of what is written, when the lowest label of all that it was made of is `made_of`.
    #[must_use]
    pub fn label(&self, by: &Actor, made_of: Option<Trust>) -> Trust {
        let said = self.trust.or(made_of).unwrap_or_default();
        let most = if by.is_owner() { Trust::Trusted } else { Trust::Unknown };
        said.min(made_of.unwrap_or(most)).min(most)
    }
}

fn is_url(text: &str) -> bool {
    let hidden = |c: char| c.is_whitespace() || c.is_control() || crate::token::is_invisible(c);
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    text.len() <= LONGEST_URL
        && !rest.is_empty()
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(plain)
        && !text.contains(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Principal, Via};
    use Trust::{Trusted, Unknown, Untrusted};
    use proptest::prelude::*;

    fn policy(trusted: &[&str], untrusted: &[&str]) -> TrustPolicy {
        let owned = |places: &[&str]| places.iter().map(|&place| place.to_owned()).collect();
        TrustPolicy { trusted: owned(trusted), untrusted: owned(untrusted) }
    }

    fn agent() -> Actor {
        let principal = Principal { id: "t".into(), name: "t".into(), kind: Kind::Token, grants: Vec::new() };
        Actor::new(&principal, Via::Mcp)
    }

    #[test]
    fn the_longest_place_counts() {
        let policy = policy(&["handbook", "inbox/checked"], &["inbox", "/handbook/drafts/", "a.md"]);
        policy.check().unwrap();
        for (path, label) in [
            ("handbook", Some(Trusted)),
            ("handbook/a.md", Some(Trusted)),
            ("handbook/drafts/a.md", Some(Untrusted)),
            ("handbooks/a.md", None),
            ("inbox/a.eml", Some(Untrusted)),
            ("inbox/checked/a.eml", Some(Trusted)),
            ("inbox/checked-not/a.eml", Some(Untrusted)),
            ("a.md", Some(Untrusted)),
            ("a.md.bak", None),
        ] {
            assert_eq!(policy.label(path), label, "{path}");
        }
        let everything = TrustPolicy { untrusted: vec!["".into()], ..policy };
        assert_eq!(everything.label("b/c"), Some(Untrusted));
        assert_eq!(everything.label("handbook/c"), Some(Trusted));
    }

    #[test]
    fn a_place_does_not_make_trusted_what_is_known_not_to_be() {
        let policy = policy(&["good"], &["bad"]);
        for (path, known, label) in [
            ("good/a", Unknown, Trusted),
            ("good/a", Untrusted, Untrusted),
            ("bad/a", Trusted, Untrusted),
            ("else/a", Trusted, Trusted),
            ("else/a", Untrusted, Untrusted),
        ] {
            assert_eq!(policy.of(path, known), label, "{path} {known:?}");
        }
    }

    #[test]
    fn places_make_sense_or_are_named() {
        for (policy, named) in [
            (policy(&["../x"], &[]), "../x"),
            (policy(&[], &["a//b"]), "a//b"),
            (policy(&["a/"], &["/a"]), "both"),
        ] {
            assert!(policy.check().unwrap_err().to_string().contains(named), "{policy:?}");
        }
        assert!(policy(&["/"], &["a"]).check().is_ok());
    }

    #[test]
    fn what_leaves_an_untrusted_place_is_named() {
        let policy = policy(&["inbox/checked"], &["inbox", "x/y", "x/z/a.md"]);
        let untrusted = |path: &str| {
            let places = policy.untrusted_in(&DocPath::new(path).unwrap());
            places.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(untrusted("inbox/mail"), ["inbox/mail"]);
        assert_eq!(untrusted("inbox/checked"), [""; 0]);
        assert_eq!(untrusted("x"), ["x/y", "x/z/a.md"]);
        assert_eq!(untrusted("x/y/b"), ["x/y/b"]);
    }

    #[test]
    fn claims_make_sense_or_are_refused() {
        let check = |claim: Claim, by: &Actor, ok: bool| assert_eq!(claim.check(by).is_ok(), ok, "{claim:?}");
        let owner = Actor::owner(Via::Cli);
        for (url, ok) in [
            ("https://example.org/a?b=c", true),
            ("file:///a", true),
            ("urn:x", true),
            ("example.org", false),
            ("https:", false),
            ("1a:b", false),
            ("https://a b", false),
            ("https://a\u{202e}b", false),
            ("https://a\nb", false),
            ("", false),
        ] {
            check(Claim::fetched(url), &owner, ok);
        }
        check(Claim::fetched(format!("a:{}", "b".repeat(LONGEST_URL - 2))), &owner, true);
        check(Claim::fetched(format!("a:{}", "b".repeat(LONGEST_URL - 1))), &owner, false);
        let says = |trust| Claim { trust: Some(trust), ..Claim::default() };
        check(says(Trusted), &owner, true);
        check(says(Trusted), &agent(), false);
        check(says(Untrusted), &agent(), true);
        let of = |n: usize| Claim { derived_from: vec!["a".into(); n], ..Claim::default() };
        check(of(64), &agent(), true);
        check(of(65), &agent(), false);
    }

    #[test]
    fn labels_of_what_is_written() {
        let says = |trust| Claim { trust, ..Claim::default() };
        for (said, made_of, by_owner, by_agent) in [
            (None, None, Unknown, Unknown),
            (Some(Untrusted), None, Untrusted, Untrusted),
            (Some(Trusted), None, Trusted, Unknown),
            (None, Some(Trusted), Trusted, Unknown),
            (None, Some(Untrusted), Untrusted, Untrusted),
            (Some(Trusted), Some(Untrusted), Untrusted, Untrusted),
            (Some(Untrusted), Some(Trusted), Untrusted, Untrusted),
            (Some(Trusted), Some(Unknown), Unknown, Unknown),
        ] {
            assert_eq!(says(said).label(&Actor::owner(Via::Cli), made_of), by_owner, "{said:?} {made_of:?}");
            assert_eq!(says(said).label(&agent(), made_of), by_agent, "{said:?} {made_of:?}");
        }
    }

    fn trust() -> impl Strategy<Value = Trust> {
        prop::sample::select(vec![Untrusted, Unknown, Trusted])
    }

    proptest! {
        #[test]
        fn nothing_is_trusted_further_than_what_it_was_made_of(
            said in prop::option::of(trust()), made_of in trust(), is_owner: bool,
        ) {
            let by = if is_owner { Actor::owner(Via::Cli) } else { agent() };
            let label = Claim { trust: said, ..Claim::default() }.label(&by, Some(made_of));
            prop_assert!(label <= made_of);
            prop_assert!(is_owner || label != Trusted);
        }
    }
}
