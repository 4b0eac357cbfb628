//! A few changed paths, as the watcher names them: looked at on disk, read if they differ, committed at once.

use crate::diff::{is_current, plan};
use crate::pipeline::Work;
use crate::progress::{Progress, Summary};
use crate::{Error, Ingest};
use corpus::DocPath;
use index::Snapshot;
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use watch::{Found, Presence, Rules, Stat};

/// What a handful of changes came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Counts, as for a whole run.
    pub summary: Summary,
    /// Number of the commit that shows the changes.
    pub seq: corpus::Seq,
}

impl Ingest {
    /// Looks at each path on disk and brings the index to where it is. A path may be a file, a folder, or gone; folders are walked by
    /// the rules, single files are taken as the watcher named them.
    ///
    /// # Errors
    /// When the index fails.
    pub fn apply(&self, rules: &Rules, paths: &[DocPath], progress: &dyn Progress) -> Result<Applied, Error> {
        let started = Instant::now();
        let snapshot = self.index.documents();
        let mut summary = Summary::default();
        let mut work = Work::default();
        let mut files = Vec::new();
        for path in paths {
            match Presence::of(&path.to_fs(&self.root)) {
                Ok(Presence::Folder) => {
                    let below = self.scan(rules, Some(path), &snapshot, &mut summary)?;
                    files.extend(below.plan.read);
                    work.plan.gone.extend(below.plan.gone);
                    work.skips.extend(below.skips);
                }
                Ok(Presence::File(stat)) => self.look(&snapshot, path, stat, &mut summary, &mut files),
                Ok(Presence::Absent) => work.plan.gone.extend(everything_at(&snapshot, path)),
                // Neither there nor gone, as far as the system says: what is indexed stays until a scan can tell.
                Err(_) => {}
            }
        }
        files.sort_unstable_by(|a: &Found, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        if !(files.is_empty() && work.plan.gone.is_empty() && work.skips.is_empty()) {
            self.run(&snapshot, work, files, progress, &AtomicBool::new(false), &mut summary)?;
        }
        summary.elapsed = started.elapsed();
        Ok(Applied { summary, seq: self.index.documents().seq() })
    }

    /// A file the watcher named: read it unless the index has it as it stands.
    fn look(
        &self,
        snapshot: &Snapshot,
        path: &DocPath,
        stat: Stat,
        summary: &mut Summary,
        files: &mut Vec<Found>,
    ) {
        summary.seen += 1;
        match snapshot.doc(path) {
            Some(doc) if is_current(snapshot, doc, &stat) => summary.unchanged += 1,
            _ => files.push(Found { path: path.clone(), stat }),
        }
    }
}

/// All that the index knows at a path and below it.
fn everything_at(snapshot: &Snapshot, path: &DocPath) -> Vec<DocPath> {
    plan(snapshot, path.as_str(), Vec::new(), &|_| false).gone
}
