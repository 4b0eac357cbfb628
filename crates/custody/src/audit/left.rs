//! What changes were to leave, by the notes that come before them: for whoever meets a file that has changed and asks whether the program did it.
//!
//! Invariant: pure. Of a path counts the last change that is not known to have failed, be it of the path itself or of a folder above it.
//! Not here: reading the log (`pending`), what is met (whoever asks).

use super::act::{Act, Doing};
use std::collections::BTreeMap;

/// What stands, by the last changes, at the paths that they were of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    by_path: BTreeMap<String, Vec<(u64, Then)>>,
}

/// What a change was to leave at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    Gone,
    /// A file of that version, or something, where nothing was.
    There(Option<String>),
    /// What a checkpoint has there.
    Any,
}

/// A file as somebody has met it.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// Where.
    pub path: &'a str,
    /// Whether it was known to be there before.
    pub was_there: bool,
    /// Whether it is there now.
    pub is_there: bool,
    /// Its version, where that is known.
    pub version: Option<&'a str>,
}

impl Left {
    /// A change is about to be made.
    pub(super) fn begun(&mut self, number: u64, act: &Act) {
        for (path, then) in outcomes(act) {
            self.by_path.entry(path.to_owned()).or_default().push((number, then));
        }
    }

    /// It was not made.
    pub(super) fn failed(&mut self, number: u64, paths: [Option<&str>; 2]) {
        for path in paths.into_iter().flatten() {
            if let Some(changes) = self.by_path.get_mut(path) {
                changes.retain(|(other, _)| *other != number);
            }
        }
    }

    /// Whether it is as the last change through the program was to leave it.
    #[must_use]
    pub fn explains(&self, met: &Met<'_>) -> bool {
        let ends = met.path.match_indices('/').map(|(at, _)| at).chain([0, met.path.len()]);
        let places = ends.filter_map(|end| self.by_path.get(met.path.get(..end)?)?.last());
        places.max_by_key(|(number, _)| *number).is_some_and(|(_, then)| match then {
            Then::Gone => !met.is_there,
            Then::There(Some(version)) => met.version == Some(version.as_str()),
            Then::There(None) => met.is_there && !met.was_there,
            Then::Any => true,
        })
    }
}

fn outcomes(act: &Act) -> impl Iterator<Item = (&str, Then)> {
    let (path, to) = (act.path.as_deref(), act.to.as_deref());
    let there = || Then::There(act.after.clone());
    let outcomes = match act.doing {
        Doing::FileWrite | Doing::FileRestore => [path.map(|path| (path, there())), None],
        Doing::FileRemove | Doing::FolderRemove => [path.map(|path| (path, Then::Gone)), None],
        // What is moved may be a folder: it has no version then, and what lies in it has its own.
        Doing::FileMove => [path.map(|path| (path, Then::Gone)), to.map(|to| (to, Then::There(None)))],
        Doing::FileCopy => [to.map(|to| (to, there())), None],
        Doing::CheckpointRestore => [path.map(|path| (path, Then::Any)), None],
        _ => [None, None],
    };
    outcomes.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actor, Via};
    use std::slice::from_ref;

    #[test]
    fn what_is_met_is_explained_by_the_last_change_that_did_not_fail() {
        let act = |doing, path: &str| Act::new(doing, Actor::owner(Via::Library)).on(path);
        let write = |path, version: &str| act(Doing::FileWrite, path).versions(None, Some(version.into()));
        let check = |acts: &[Act], failed: &[u64], path, before, after: Option<&str>, expected| {
            let mut left = Left::default();
            for (act, number) in acts.iter().zip(0..) {
                left.begun(number, act);
                if failed.contains(&number) {
                    left.failed(number, [act.path.as_deref(), act.to.as_deref()]);
                }
            }
            let met = Met { path, was_there: before, is_there: after.is_some(), version: after };
            assert_eq!(left.explains(&met), expected, "{acts:?} {failed:?} {met:?}");
        };
        let gone = act(Doing::FileRemove, "d/a");
        check(&[], &[], "d/a", true, None, false);
        check(from_ref(&gone), &[], "d/a", true, None, true);
        check(from_ref(&gone), &[], "d/ab", true, None, false);
        check(from_ref(&gone), &[], "d/a", true, Some("x"), false);
        check(from_ref(&gone), &[0], "d/a", true, None, false);
        check(&[gone.clone(), write("d/a", "x")], &[], "d/a", true, None, false);
        check(&[gone.clone(), write("d/a", "x")], &[1], "d/a", true, None, true);
        check(&[write("d/a", "x"), gone.clone()], &[], "d/a", true, None, true);
        check(&[write("d/a", "x")], &[], "d/a", true, Some("x"), true);
        check(&[write("d/a", "x")], &[], "d/a", true, Some("y"), false);
        let folder = act(Doing::FolderRemove, "d");
        check(from_ref(&folder), &[], "d/a", true, None, true);
        check(&[folder.clone(), write("d/a", "x")], &[], "d/a", true, None, false);
        check(&[write("d/a", "x"), folder], &[], "d/a", true, None, true);
        let moved = act(Doing::FileMove, "d").to("e");
        check(from_ref(&moved), &[], "d/a", true, None, true);
        check(from_ref(&moved), &[], "e/a", false, Some("x"), true);
        check(from_ref(&moved), &[], "e/a", true, Some("x"), false);
        check(from_ref(&moved), &[], "e/a", true, None, false);
        check(&[moved], &[0], "d/a", true, None, false);
        check(&[act(Doing::CheckpointRestore, "")], &[], "d/a", true, None, true);
        check(&[act(Doing::CheckpointRestore, "e")], &[], "d/a", true, None, false);
        check(
            &[act(Doing::FileRead, "d/a"), act(Doing::FolderMake, "d")],
            &[],
            "d/a",
            false,
            Some("x"),
            false,
        );
    }
}
