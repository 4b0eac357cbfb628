//! A few changed paths, as the watcher or a writer names them: looked at on disk, read if they differ, committed at once.

use crate::diff::{Records, is_current, plan};
use crate::pipeline::{Sink, Work};
use crate::prepare::Prepared;
use crate::progress::{Progress, Summary};
use crate::{Error, Ingest, Reading};
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
    /// Looks at each path on disk and brings the index to where it is. A path may be a file, a folder, or gone; a file that does not belong to the
    /// workspace by the rules counts as gone, whoever names it. A path that is named twice is looked at once.
    ///
    /// When it returns, the index shows each path as it was at the call or later, whatever other runs are doing. All of it is one
    /// commit, unless it is more than a window of source ([`Limits::window_bytes`](crate::Limits::window_bytes)); it goes before a bulk
    /// run. While the workspace's folder is not there, nothing counts as gone.
    ///
    /// # Errors
    /// When the index fails.
    pub fn apply(&self, rules: &Rules, paths: &[DocPath], progress: &dyn Progress) -> Result<Applied, Error> {
        let started = Instant::now();
        let snapshot = self.index.documents();
        let mut summary = Summary::default();
        let mut paths = paths.to_vec();
        paths.sort_unstable();
        paths.dedup();
        let work = self.look_at(rules, &snapshot, &paths, &mut summary)?;
        let seq = match work {
            Some(work) => {
                let sink = Sink { progress, summary: &mut summary, cancel: &AtomicBool::new(false) };
                self.run(rules, &snapshot, work, &paths, sink)?
            }
            None => snapshot.seq(),
        };
        summary.elapsed = started.elapsed();
        Ok(Applied { summary, seq })
    }

    /// What is to be done about these paths; `None` while there is no workspace to look at.
    fn look_at(
        &self,
        rules: &Rules,
        snapshot: &Snapshot,
        paths: &[DocPath],
        summary: &mut Summary,
    ) -> Result<Option<Work>, Error> {
        let mut work = Work::default();
        let (mut anything_absent, mut judge) = (false, rules.judge());
        for path in paths {
            match Presence::of(&path.to_fs(&self.root)) {
                Ok(Presence::Folder) => {
                    let below = self.scan(rules, Some(path), snapshot, summary)?;
                    work.plan.read.extend(below.plan.read);
                    work.plan.gone.extend(below.plan.gone);
                    work.skips.extend(below.skips);
                }
                Ok(Presence::File(stat)) if judge.takes_in(path) => {
                    self.look(snapshot, path, stat, summary, &mut work);
                }
                Ok(Presence::File(_)) => work.plan.gone.extend(gone_at(snapshot, path, Vec::new())),
                Ok(Presence::Absent) => {
                    anything_absent = true;
                    work.plan.gone.extend(gone_at(snapshot, path, Vec::new()));
                }
                // Neither there nor gone, as far as the system says: what is indexed stays until a scan can tell.
                Err(_) => {}
            }
        }
        if anything_absent && !matches!(Presence::of(&self.root), Ok(Presence::Folder)) {
            return Ok(None);
        }
        work.plan.read.sort_unstable_by(|a: &Found, b| a.path.cmp(&b.path));
        work.plan.read.dedup_by(|a, b| a.path == b.path);
        work.plan.gone.sort_unstable();
        work.plan.gone.dedup();
        work.skips.sort_by(|a: &Prepared, b| a.path().cmp(b.path()));
        work.skips.dedup_by(|a, b| a.path() == b.path());
        Ok(Some(work))
    }

    /// A file that somebody named: read it unless the index has it as it stands. Nothing can be below it any more but its own parts.
    fn look(&self, snapshot: &Snapshot, path: &DocPath, stat: Stat, summary: &mut Summary, work: &mut Work) {
        summary.seen += 1;
        let found = Found { path: path.clone(), stat };
        work.plan.gone.extend(gone_at(snapshot, path, vec![found]));
        match snapshot.doc(path) {
            Some(doc) if is_current(snapshot, &self.reading, doc, &stat) => summary.unchanged += 1,
            _ => work.plan.read.push(Found { path: path.clone(), stat }),
        }
    }
}

/// All that the index knows at a path and below it, and that is not among what was found there.
fn gone_at(snapshot: &Snapshot, path: &DocPath, found: Vec<Found>) -> Vec<DocPath> {
    let records = Records { snapshot, reading: &Reading::default() };
    plan(&records, path.as_str(), found, &|_| false).gone
}
