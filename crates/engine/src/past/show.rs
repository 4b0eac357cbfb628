//! A document as it was in one version: what a search of the past found, with its neighbours.
//!
//! Invariant: what is shown is of the very version that was asked for, and of a file that lies within what the caller may see.

use super::then::FileThen;
use crate::files::own_path;
use crate::{Engine, Error, ErrorKind, Result, Shown};
use corpus::PathSet;
use index::DocRecord;
use std::collections::BTreeMap;

impl Engine {
    /// A document as it was in a version, by all digits of it: all its chunks, or one between its neighbours. Outside `within` there is nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when the file has no such version, what it held is no longer kept, or the document has fewer chunks;
    /// [`Unsupported`](ErrorKind::Unsupported) when that version holds nothing to search. A part of a file is found only where a search has found
    /// it since the workspace was opened.
    pub fn show_version(
        &self,
        path: &str,
        version: &str,
        chunk: Option<u64>,
        within: &PathSet,
    ) -> Result<Shown> {
        let key = own_path(path)?;
        if !within.contains(key.as_str()) {
            return Err(Error::new(ErrorKind::NotFound, format!("`{key}` is not indexed")));
        }
        let is_it = |doc: &DocRecord| doc.hash.to_string() == version;
        let now = self.index.documents();
        if let Some(doc) = now.view(within).doc(&key).filter(|doc| is_it(doc)) {
            return self.shown(&now, doc, chunk);
        }
        let mut state = self.past.lock();
        self.drop_outdated(&mut state.besides);
        let is_seen =
            |doc: &DocRecord| doc.container.as_ref().is_none_or(|file| within.contains(file.as_str()));
        if let Some((then, doc)) = state.besides.find(&key, |doc| is_it(doc) && is_seen(doc)) {
            return self.shown(&then, &doc, chunk);
        }
        let found = self.find_version(&key, version)?;
        let file = FileThen { hash: found.hash, bytes: found.bytes, at_ms: found.at_ms };
        let (then, lost) = self.beside(&mut state.besides, &BTreeMap::from([(&key, &file)]))?;
        if !lost.is_empty() {
            return Err(crate::versions::gone(&format!("version {version} of `{key}`")));
        }
        match (then.doc(&key).filter(|doc| is_it(doc)), then.skips().get(&key)) {
            (Some(doc), _) => self.shown(&then, doc, chunk),
            (None, skip) => {
                let why = skip.map_or("nothing of it can be searched", |skip| skip.reason.as_str());
                let what = format!("version {version} of `{key}` is not indexed: {why}");
                Err(Error::new(ErrorKind::Unsupported, what))
            }
        }
    }
}
