//! A walk through folders, in order, a page at a time.
//!
//! Invariant: depth first, names of a folder in the order of their bytes, so a walk can be gone on with after any path, and what was there all
//! the time is met once. A page is bounded in entries, and in how much is looked at for it. Links are listed and not followed.
//! Not here: which files belong to the index.

use crate::entry::{Entry, Kind};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::folder::Folder;
use crate::pattern::Pattern;
use corpus::{DocPath, PathSet};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::io;

/// Which part of what is found is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Only what comes after this path: [`Found::next`] of the page before.
    #[serde(default)]
    pub after: Option<String>,
    /// The most entries.
    pub limit: usize,
}

impl Page {
    /// The first so many.
    #[must_use]
    pub fn first(limit: usize) -> Self {
        Self { after: None, limit }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(1000)
    }
}

/// A page of what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// In the order of the walk.
    pub entries: Vec<Entry>,
    /// Where the next page begins; absent when there is nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What is looked for.
pub struct Find<'a> {
    /// The folder to look in; the whole workspace without one.
    pub folder: Option<&'a DocPath>,
    /// How many levels: 1 for the folder's own entries.
    pub depth: usize,
    /// Only what has such a path, relative to the folder.
    pub pattern: Option<&'a Pattern>,
    /// What the caller may know of. Nothing else is looked at; of a folder that only leads there, no more is told than that it does.
    pub within: &'a PathSet,
}

/// Looked at for one page; a caller who wants more asks for the next.
const MOST_LOOKED_AT: usize = 200_000;

/// A folder that a walk is in the middle of.
struct Level {
    /// Its path.
    path: Option<DocPath>,
    /// What is still to be met, the next one last.
    names: Vec<(String, Kind)>,
}

impl Files {
    /// The entries that are looked for. Names that are not UTF-8 are left out: no path could ask for them.
    ///
    /// # Errors
    /// When the folder is not there, is none, or is not to be reached.
    pub fn find(&self, find: &Find<'_>, page: &Page) -> Result<Found> {
        let mut found = Found::default();
        let mut levels = vec![self.level(find.folder.cloned(), find, page)?];
        let (mut looked_at, mut open) = (0, None);
        while let Some(level) = levels.last_mut() {
            let Some((name, kind)) = level.names.pop() else {
                levels.pop();
                continue;
            };
            let Ok(path) = level.path.as_ref().map_or_else(|| DocPath::new(&name), |at| at.join(&name))
            else {
                continue;
            };
            looked_at += 1;
            let is_met = page.after.as_deref().is_none_or(|after| order(path.as_str(), after).is_gt());
            if is_met && matches(find, &path) {
                match self.entry(&mut open, level.path.as_ref(), &path) {
                    Ok(entry) if find.within.contains(path.as_str()) => found.entries.push(entry),
                    Ok(entry) => found.entries.push(entry.bare()),
                    Err(error) if is_failure(&error) => return Err(error),
                    // Gone, or swapped for something that is not to be reached.
                    Err(_) => continue,
                }
            }
            if kind == Kind::Folder && levels.len() < find.depth && is_worth(find, page, &path) {
                match self.level(Some(path.clone()), find, page) {
                    Ok(level) => levels.push(level),
                    Err(error) if is_failure(&error) => return Err(error),
                    Err(_) => {}
                }
            }
            if found.entries.len() >= page.limit.max(1) || looked_at >= MOST_LOOKED_AT {
                found.next = levels.iter().any(|level| !level.names.is_empty()).then(|| path.to_string());
                break;
            }
        }
        Ok(found)
    }

    /// What stands at a path in `folder`, which stays open for the next one.
    fn entry<'f>(
        &'f self,
        open: &mut Option<(Option<DocPath>, Folder<'f>)>,
        folder: Option<&DocPath>,
        path: &DocPath,
    ) -> Result<Entry> {
        if open.as_ref().is_none_or(|(at, _)| at.as_ref() != folder) {
            *open = Some((folder.cloned(), self.folder(folder)?));
        }
        match open {
            Some((_, folder)) => Ok(Entry::new(path, &self.look(folder, path)?)),
            None => Err(Error::NotFound(path.clone())),
        }
    }

    /// Whether somebody who may know of `within` may know of this: it lies inside, or is a folder that leads to something that is there.
    fn is_shown(&self, within: &PathSet, path: &str, kind: Kind) -> bool {
        if within.contains(path) {
            return true;
        }
        let is_there = |prefix: &str| DocPath::new(prefix).is_ok_and(|prefix| self.stat(&prefix).is_ok());
        kind == Kind::Folder
            && within.shows_folder(path)
            && within.prefixes().any(|prefix| is_inside(prefix, path) && is_there(prefix))
    }

    fn level(&self, path: Option<DocPath>, find: &Find<'_>, page: &Page) -> Result<Level> {
        if let Some(path) = &path
            && !self.is_shown(find.within, path.as_str(), Kind::Folder)
        {
            return Err(Error::NotFound(path.clone()));
        }
        let folder = self.folder(path.as_ref())?;
        let refused = |source| {
            let path = path.as_ref().map_or_else(String::new, ToString::to_string);
            Error::Io { what: "list", path, source }
        };
        let mut names = Vec::new();
        for entry in folder.dir().entries().map_err(refused)? {
            let entry = entry.map_err(refused)?;
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
            let kind = Kind::from(kind);
            let own = || self.is_own_name(&name) || entry.metadata().is_ok_and(|meta| self.is_own(&meta));
            if path.is_none() && kind == Kind::Folder && own() {
                continue;
            }
            let full = path.as_ref().map_or_else(|| name.clone(), |at| format!("{at}/{name}"));
            let is_over = page.after.as_deref().is_some_and(|after| {
                order(&full, after).is_le() && !(kind == Kind::Folder && is_inside(after, &full))
            });
            if !is_over && self.is_shown(find.within, &full, kind) {
                names.push((name, kind));
            }
        }
        names.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        Ok(Level { path, names })
    }
}

/// Whether the system failed, rather than refuse one folder or file.
fn is_failure(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() != io::ErrorKind::PermissionDenied)
}

/// The path as the pattern sees it.
fn below<'p>(find: &Find<'_>, path: &'p DocPath) -> &'p str {
    let folder = find.folder.map_or(0, |folder| folder.as_str().len() + 1);
    path.as_str().get(folder..).unwrap_or_default()
}

fn matches(find: &Find<'_>, path: &DocPath) -> bool {
    find.pattern.is_none_or(|pattern| pattern.matches(below(find, path)))
}

/// Whether anything that is wanted may lie in that folder.
fn is_worth(find: &Find<'_>, page: &Page, folder: &DocPath) -> bool {
    let is_ahead = |after: &str| order(folder.as_str(), after).is_gt() || is_inside(after, folder.as_str());
    page.after.as_deref().is_none_or(is_ahead)
        && find.pattern.is_none_or(|pattern| pattern.may_lie_below(below(find, folder)))
}

/// Whether `path` is the folder, or lies in it.
fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The order of a walk: a folder, all in it, then what comes after.
fn order(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}
