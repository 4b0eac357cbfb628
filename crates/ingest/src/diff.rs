//! What a scan found against what the index knows: which files must be read, which documents are gone.
//!
//! Invariant: pure. A file is taken as unchanged only if size, time stamp and inode agree, the time stamp was not racy, it would be read
//! the same way again, and all its chunks are live.

use crate::Reading;
use corpus::DocPath;
use index::{DocRecord, Snapshot};
use std::collections::HashSet;
use watch::{Found, Stat};

/// The work a scan leaves.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) read: Vec<Found>,
    pub(crate) gone: Vec<DocPath>,
    pub(crate) unchanged: u64,
    /// Codes of the recorded skips that still stand.
    pub(crate) still_skipped: Vec<String>,
}

/// What the index knows, and how files are read today.
pub(crate) struct Records<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) reading: &'a Reading,
}

/// Compares the files found under `folder` (the empty string is the root) with the index. `kept` tells of paths that were not found as
/// files and are not gone either: they have a skip record of their own, or lie where the scan could not look.
pub(crate) fn plan(
    Records { snapshot, reading }: &Records<'_>,
    folder: &str,
    found: Vec<Found>,
    kept: &dyn Fn(&DocPath) -> bool,
) -> Plan {
    let mut plan = Plan::default();
    let there: HashSet<&DocPath> = found.iter().map(|found| &found.path).collect();
    let indexed = snapshot.docs().under(folder).map(|doc| (&doc.path, doc.container.as_ref()));
    let skipped = snapshot.skips_under(folder).map(|skip| (&skip.path, skip.container.as_ref()));
    // A part is there as long as its file is.
    let is_there = |path, container: Option<&DocPath>| there.contains(container.unwrap_or(path));
    let gone = indexed.chain(skipped).filter(|(path, container)| !is_there(path, *container) && !kept(path));
    plan.gone = gone.map(|(path, _)| path.clone()).collect();
    for file in found {
        if let Some(doc) = snapshot.doc(&file.path) {
            if is_current(snapshot, reading, doc, &file.stat) {
                plan.unchanged += 1;
                continue;
            }
        } else if let Some(skip) = snapshot.skips().get(&file.path)
            && same(&file.stat, skip.size, skip.mtime_ns, skip.inode)
            && reading.still_skips(skip)
        {
            plan.still_skipped.push(skip.code.clone());
            continue;
        }
        plan.read.push(file);
    }
    plan
}

/// Whether the index has this document as the file stands.
pub(crate) fn is_current(snapshot: &Snapshot, reading: &Reading, doc: &DocRecord, stat: &Stat) -> bool {
    let is_same = !doc.racy && same(stat, doc.size, doc.mtime_ns, doc.inode);
    // A part that stands where a file is now is that file's no longer.
    is_same && doc.container.is_none() && is_read_so(snapshot, reading, doc) && is_live(snapshot, doc)
}

/// Whether a file would be read today as it was, with all that it holds.
pub(crate) fn is_read_so(snapshot: &Snapshot, reading: &Reading, doc: &DocRecord) -> bool {
    let parts_are = || {
        snapshot.parts(&doc.path).all(|part| reading.still_reads(part))
            && snapshot.bad_parts(&doc.path).all(|skip| reading.still_skips(skip))
    };
    reading.still_reads(doc) && (!doc.format.is_container() || parts_are())
}

/// Whether the document's chunks can be found. They cannot after their text was lost (see recovery).
pub(crate) fn is_live(snapshot: &Snapshot, doc: &DocRecord) -> bool {
    doc.n_chunks == 0 || snapshot.live().contains(doc.first_chunk.0)
}

fn same(stat: &Stat, size: u64, mtime_ns: i64, inode: u64) -> bool {
    (stat.size, stat.mtime_ns, stat.inode) == (size, mtime_ns, inode)
}
