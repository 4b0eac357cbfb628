//! Settings that are changed by calls: what is not indexed, and whether the workspace is archived.
//!
//! Invariant: settings are written whole, and hold from when the owner has opened the workspace again, which it does by itself soon.
//! Not here: all other settings (`config`), what they mean for a file (`ingest`).

use crate::files::own_path;
use crate::layout::Layout;
use crate::{Config, Engine, Error, ErrorKind, Result};
use corpus::PathSet;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Which places are not indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IndexSettings {
    /// Files and folders that are read, written and listed and not searched; `/` is the whole workspace.
    pub off: Vec<String>,
}

/// How the whole workspace is written.
const WHOLE: &str = "/";

impl IndexSettings {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether each is a path.
    pub(crate) fn check(&self) -> Result<()> {
        self.off.iter().try_for_each(|path| place(path).map(drop))
    }

    /// What is not indexed.
    #[must_use]
    pub fn set(&self) -> PathSet {
        PathSet::under(self.off.iter().filter_map(|path| place(path).ok()))
    }

    /// With indexing at a place switched off, or on again there and below.
    fn switched(&self, path: &str, is_off: bool) -> Result<Self> {
        let at = place(path)?;
        let set = self.set();
        if is_off {
            let off = set.union(&PathSet::under([at.as_str()]));
            return Ok(Self::of(&off));
        }
        let is_below = |other: &str| at.is_empty() || PathSet::under([at.as_str()]).contains(other);
        let left: Vec<&str> = set.prefixes().filter(|other| !is_below(other)).collect();
        // What lies in a place that is off cannot be on: the settings say what is off, and nothing else.
        if let Some(above) = left.iter().find(|above| PathSet::under([**above]).contains(&at)) {
            let above = if above.is_empty() { WHOLE } else { above };
            let message = format!("indexing is off for all of `{above}`, and `{path}` lies in it");
            return Err(Error::new(ErrorKind::Invalid, message)
                .hint(format!("switch it on for `{above}`, and off for what else lies there")));
        }
        Ok(Self::of(&PathSet::under(left)))
    }

    fn of(set: &PathSet) -> Self {
        let written = |path: &str| if path.is_empty() { WHOLE.to_owned() } else { path.to_owned() };
        let mut off: Vec<String> =
            if set.is_all() { vec![WHOLE.to_owned()] } else { set.prefixes().map(written).collect() };
        off.sort_unstable();
        Self { off }
    }
}

/// A place as sets of paths have it: empty for the whole workspace.
fn place(path: &str) -> Result<String> {
    match path.trim_end_matches('/') {
        "" | "." => Ok(String::new()),
        path => own_path(path).map(|path| path.to_string()),
    }
}

impl Engine {
    /// Switches indexing off for a file, or a folder with all below it, in the workspace at `folder`; or on again. Returns whether that was another
    /// setting. What is indexed follows with the next comparison with the folder.
    ///
    /// # Errors
    /// When `folder` is no workspace, the path is none, or lies in one that stays off.
    pub fn set_indexing(folder: &Path, path: &str, is_on: bool) -> Result<bool> {
        let layout = Layout::of(folder)?;
        let config = Config::load(&layout)?;
        let index = config.index.switched(path, !is_on)?;
        if index == config.index {
            return Ok(false);
        }
        Config { index, ..config }.save(&layout)?;
        Ok(true)
    }

    /// Puts the workspace at `folder` away, so that it is read and searched and not changed or watched; or takes it out again. Returns whether that
    /// was another setting.
    ///
    /// # Errors
    /// When `folder` is no workspace, or the disk refuses.
    pub fn set_archived(folder: &Path, archived: bool) -> Result<bool> {
        let layout = Layout::of(folder)?;
        let config = Config::load(&layout)?;
        if config.archived == archived {
            return Ok(false);
        }
        Config { archived, ..config }.save(&layout)?;
        Ok(true)
    }

    /// Gives a folder that is to be a workspace the settings of another one, as one that is not archived.
    ///
    /// # Errors
    /// When `from` is no workspace, or the disk refuses.
    pub fn copy_settings(from: &Path, to: &Path) -> Result<()> {
        let config = Config { archived: false, ..Config::of(from)? };
        Self::init(to)?;
        config.save(&Layout::of(to)?)
    }

    /// The places `within` that are not indexed.
    pub(crate) fn not_indexed(&self, within: &PathSet) -> Vec<String> {
        IndexSettings::of(&self.config.index.set().intersection(within)).off
    }

    /// Refuses to change what is put away.
    pub(crate) fn refuse_archived(&self) -> Result<()> {
        if !self.config.archived {
            return Ok(());
        }
        let message = "the workspace is archived: it can be read and searched, and nothing in it changed";
        Err(Error::new(ErrorKind::Unsupported, message)
            .hint("whoever administers it can take it out of the archive"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn off(paths: &[&str]) -> IndexSettings {
        IndexSettings { off: paths.iter().map(|&path| path.to_owned()).collect() }
    }

    #[test]
    fn places_are_switched_off_and_on() {
        let check = |before: &[&str], path: &str, is_on: bool, after: Option<&[&str]>| {
            let switched = off(before).switched(path, !is_on).ok();
            assert_eq!(switched, after.map(off), "{before:?} {path} {is_on}");
        };
        check(&[], "a/b/", false, Some(&["a/b"]));
        check(&["a/b"], "a", false, Some(&["a"]));
        check(&["a"], "a/b", false, Some(&["a"]));
        check(&["a"], "/", false, Some(&["/"]));
        check(&["a", "b"], "a", true, Some(&["b"]));
        check(&["a/x", "a/y", "b"], "./a", true, Some(&["b"]));
        check(&["/"], "/", true, Some(&[]));
        check(&["a", "ab"], "a", true, Some(&["ab"]));
        check(&[], "a", true, Some(&[]));
        check(&["a"], "a/b", true, None);
        check(&["/"], "a", true, None);
        check(&[], "../a", false, None);
        check(&[], ".workroom/x", false, None);
    }

    proptest! {
        #[test]
        fn what_is_switched_is_so(
            before in prop::collection::vec("[ab](/[ab]){0,2}", 0..4),
            path in "[ab](/[ab]){0,2}",
            probe in "[ab](/[ab]){0,3}",
        ) {
            let before = IndexSettings { off: before };
            let is_at = PathSet::under([path.as_str()]).contains(&probe);
            let now_off = before.switched(&path, true).unwrap();
            prop_assert_eq!(now_off.set().contains(&probe), is_at || before.set().contains(&probe));
            if let Ok(on) = before.switched(&path, false) {
                prop_assert_eq!(on.set().contains(&probe), !is_at && before.set().contains(&probe));
            }
        }
    }
}
