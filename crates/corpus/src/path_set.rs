//! A set of paths: whole folders and single files, as somebody may read or write them.
//!
//! Invariant: its prefixes are paths inside a workspace, sorted by component, and none lies below another, so that each set is written in
//! one way only and one look at the nearest prefix decides.
//! Not here: who has which set (`custody`), what is at a path.

use crate::DocPath;
use std::cmp::Ordering;
use std::sync::Arc;

/// Everything at or below some prefixes. `a` covers `a` and `a/b`, not `ab`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PathSet {
    /// The root is the empty string, and then it is the only one.
    prefixes: Arc<[Box<str>]>,
}

impl PathSet {
    /// Every path there can be.
    #[must_use]
    pub fn all() -> Self {
        Self::under([""])
    }

    /// No path.
    #[must_use]
    pub fn none() -> Self {
        Self::under::<&str>([])
    }

    /// What is at or below any of `prefixes`, files or folders. The empty string is the root. Slashes at either end do not matter. What cannot be
    /// a path inside a workspace covers nothing, as there is nothing that it could cover.
    #[must_use]
    pub fn under<S: AsRef<str>>(prefixes: impl IntoIterator<Item = S>) -> Self {
        let mut kept: Vec<Box<str>> = Vec::new();
        for prefix in prefixes {
            let prefix = prefix.as_ref();
            let trimmed = prefix.trim_matches('/');
            if trimmed.is_empty() || DocPath::new(trimmed).is_ok() {
                kept.push(trimmed.into());
            }
        }
        kept.sort_unstable_by(|a, b| by_component(a, b));
        // What lies below a prefix follows it.
        kept.dedup_by(|next, kept| covers(kept, next));
        Self { prefixes: kept.into() }
    }

    /// Whether `path`, a file or a folder, lies in it.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        let after = self.prefixes.partition_point(|prefix| by_component(prefix, path) != Ordering::Greater);
        self.prefixes[..after].last().is_some_and(|prefix| covers(prefix, path))
    }

    /// Whether it holds every path.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.prefixes.first().is_some_and(|prefix| prefix.is_empty())
    }

    /// Whether it holds no path.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    /// Whether a folder may be shown: it lies in the set, or leads to something that does. The empty string is the root.
    #[must_use]
    pub fn shows_folder(&self, folder: &str) -> bool {
        let folder = folder.trim_matches('/');
        let at = self.prefixes.partition_point(|prefix| by_component(prefix, folder) == Ordering::Less);
        self.contains(folder) || self.prefixes.get(at).is_some_and(|prefix| covers(folder, prefix))
    }

    /// What lies in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let ours = self.prefixes.iter().filter(|prefix| other.contains(prefix));
        let theirs = other.prefixes.iter().filter(|prefix| self.contains(prefix));
        Self::under(ours.chain(theirs))
    }

    /// What lies in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::under(self.prefixes.iter().chain(&*other.prefixes))
    }

    /// The prefixes, sorted by component; the root is the empty string.
    pub fn prefixes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.prefixes.iter().map(|prefix| &**prefix)
    }
}

/// Whether `path` is `prefix` or lies below it.
fn covers(prefix: &str, path: &str) -> bool {
    prefix.is_empty()
        || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Orders a folder right before what lies below it. The root is before everything.
fn by_component(a: &str, b: &str) -> Ordering {
    match (a.is_empty(), b.is_empty()) {
        (false, false) => a.split('/').cmp(b.split('/')),
        (a_is_root, b_is_root) => b_is_root.cmp(&a_is_root),
    }
}

impl std::fmt::Debug for PathSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.prefixes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_prefix_covers_whole_components() {
        let check = |prefixes: &[&str], inside: &[&str], outside: &[&str], folders: &[&str]| {
            let set = PathSet::under(prefixes);
            for path in inside {
                assert!(set.contains(path) && set.shows_folder(path), "{path} is not in {set:?}");
            }
            for path in outside {
                assert!(!set.contains(path), "{path} is in {set:?}");
            }
            for folder in folders {
                assert!(set.shows_folder(folder) && !set.contains(folder), "{folder} and {set:?}");
            }
        };
        check(&["a"], &["a", "a/b", "a/b/c"], &["ab", "a.md", "b", "b/a", ""], &[""]);
        check(&["a/b", "c"], &["a/b/x", "c"], &["a", "a/c", "a/bc", "C"], &["", "a", "a/"]);
        check(&["a", "a-b/c"], &["a/z", "a-b/c/d"], &["a-b", "a-b/cd"], &["a-b"]);
        check(&["/a/"], &["a/b"], &["b"], &[""]);
        check(&["a//b", "../x", ".", "a/../b", "n\0"], &[], &["a/b", "x", "b", "n", ""], &[]);
        assert!(!PathSet::under(["a/b"]).shows_folder("a/bc") && !PathSet::none().shows_folder(""));
    }

    #[test]
    fn everything_and_nothing() {
        for all in [PathSet::all(), PathSet::under(["a", "/"]), PathSet::under(["", "b/c"])] {
            assert!(all.is_all() && !all.is_empty() && all.contains("a/b") && all == PathSet::all());
        }
        assert!(PathSet::none().is_empty() && !PathSet::none().is_all() && !PathSet::none().contains("a"));
    }

    fn prefixes() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ab-]{1,2}(/[ab-]{1,2}){0,2}", 0..6)
    }

    proptest! {
        #[test]
        fn a_set_holds_what_any_prefix_covers(
            ours in prefixes(), theirs in prefixes(), path in "[ab-]{1,2}(/[ab-]{1,2}){0,3}",
        ) {
            let is_in = |prefixes: &[String], path: &str| {
                let path = DocPath::new(path).unwrap();
                prefixes.iter().any(|prefix| path.is_under(prefix))
            };
            let (a, b) = (PathSet::under(&ours), PathSet::under(&theirs));
            prop_assert_eq!(a.contains(&path), is_in(&ours, &path));
            prop_assert_eq!(a.intersection(&b).contains(&path), a.contains(&path) && b.contains(&path));
            prop_assert_eq!(a.union(&b).contains(&path), a.contains(&path) || b.contains(&path));
            let leads_in = ours.iter().any(|prefix| DocPath::new(prefix).unwrap().is_under(&path));
            prop_assert_eq!(a.shows_folder(&path), a.contains(&path) || leads_in);
        }

        #[test]
        fn a_set_is_written_in_one_way(mut list in prefixes(), at in any::<prop::sample::Index>()) {
            let set = PathSet::under(&list);
            prop_assert_eq!(&PathSet::under(set.prefixes()), &set);
            list.reverse();
            if !list.is_empty() {
                list.push(format!("{}/below", list[at.index(list.len())]));
            }
            prop_assert_eq!(PathSet::under(&list), set);
        }
    }
}
