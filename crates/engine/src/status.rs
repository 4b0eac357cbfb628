//! Status: what is indexed, what is not and why, how far the teacher is.

use crate::search::rfc3339;
use crate::{Adaptation, Engine, Result};
use corpus::PathSet;
use index::View;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// The state of a workspace, or of the part of it that somebody may see. Of a part, only what can be told of it alone is told: where
/// the rest has a share in a number, it is 0, and what is no number is empty or absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The workspace's folder.
    pub root: String,
    /// Number of the last commit.
    pub seq: u64,
    /// Indexed documents.
    pub documents: u64,
    /// Indexed documents by type.
    pub types: BTreeMap<String, u64>,
    /// Bytes of the indexed files.
    pub bytes: u64,
    /// Chunks.
    pub chunks: u64,
    /// Chunks with the student's vector.
    pub student_vectors: u64,
    /// Chunks with the teacher's vector.
    pub teacher_vectors: u64,
    /// Chunks that still wait for their teacher vector; 0 without a teacher.
    pub backlog: u64,
    /// What goes on about them: `off` without a teacher, `paused`, `done`, `running` while a thread of this process makes them, else
    /// `waiting` for `watch` or `index --teacher`.
    pub backfill: String,
    /// Chunks a second that got their teacher vector when last some did, rests included.
    pub teacher_rate: Option<f64>,
    /// Seconds until none waits, at that rate, while or once back-fill runs.
    pub backfill_seconds: Option<u64>,
    /// What the workspace's own student was fitted to; absent while the built-in one serves.
    pub adaptation: Option<Adaptation>,
    /// The model that places queries and chunks: the teacher's name, or `student`.
    pub model: String,
    /// Why the configured teacher is not in use, if it is not.
    pub model_problem: Option<String>,
    /// Files that were seen and are not searchable.
    pub skipped: u64,
    /// The same, by the kind of reason.
    pub skipped_by: BTreeMap<String, u64>,
    /// Places whose files are not indexed, because that is switched off; `/` is the whole workspace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub index_off: Vec<String>,
    /// Whether the workspace is archived: read and searched, not changed and not watched.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Bytes of the index on disk.
    pub index_bytes: u64,
    /// Bytes of the vectors in memory.
    pub vector_bytes: u64,
    /// Segments of the full-text store.
    pub segments: u64,
    /// When the whole folder was last compared with the index, RFC 3339, UTC.
    pub last_reconcile: Option<String>,
    /// What opening found damaged and repaired, one line each.
    pub repaired: Vec<String>,
    /// Why it is not known who wrote what, and what to do about it, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance_problem: Option<String>,
    /// What a restore that was cut short could not restore, and what to do about it, if that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_problem: Option<String>,
}

/// A file that was seen and is not searchable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file, relative to the workspace; the readable form if its name is not UTF-8.
    pub path: String,
    /// The kind of reason, a stable word.
    pub code: String,
    /// The reason.
    pub reason: String,
    /// The parser that found the reason, with its version, where one looked: `pdf 1`.
    #[serde(default)]
    pub parser: Option<String>,
    /// When it was seen, RFC 3339, UTC.
    pub seen: String,
}

impl Engine {
    /// Counts and sizes of what is `within`.
    ///
    /// # Errors
    /// When the index folder cannot be read.
    pub fn status(&self, within: &PathSet) -> Result<Status> {
        let snapshot = self.snapshot()?;
        let status = self.counted(&snapshot.view(within));
        let status = Status { index_off: self.not_indexed(within), archived: self.config.archived, ..status };
        if !within.is_all() {
            return Ok(status);
        }
        let teacher_rate = self.teacher_rate();
        Ok(Status {
            root: self.layout.root.display().to_string(),
            seq: snapshot.seq().0,
            teacher_rate,
            backfill_seconds: teacher_rate
                .filter(|_| status.backlog > 0)
                .map(|rate| (status.backlog as f64 / rate).ceil() as u64),
            adaptation: self.improving.adaptation(),
            model_problem: self.teacher.problem().map(str::to_owned),
            index_bytes: self.index.size_on_disk()?,
            last_reconcile: self.last_reconcile(),
            repaired: self.repaired.clone(),
            provenance_problem: self.history.problem().map(str::to_owned),
            restore_problem: self.restore_problem(),
            ..status
        })
    }

    /// What can be told of a part of the workspace alone.
    fn counted(&self, view: &View<'_>) -> Status {
        let counts = view.counts();
        let mut types = BTreeMap::new();
        let mut bytes = 0;
        for doc in view.docs() {
            *types.entry(doc.format.name().to_owned()).or_default() += 1;
            // A part has the size of the file it is in.
            bytes += if doc.container.is_none() { doc.size } else { 0 };
        }
        let mut skipped_by = BTreeMap::new();
        for skip in view.skips() {
            *skipped_by.entry(skip.code.clone()).or_default() += 1;
        }
        let student_vectors = counts.vectors.saturating_sub(counts.teacher_vectors);
        let backlog = if self.teacher.is_ready() { student_vectors } else { 0 };
        Status {
            root: String::new(),
            seq: 0,
            documents: counts.documents,
            types,
            bytes,
            chunks: counts.chunks,
            student_vectors,
            teacher_vectors: counts.teacher_vectors,
            backlog,
            backfill: self.backfill_state(backlog).to_owned(),
            teacher_rate: None,
            backfill_seconds: None,
            adaptation: None,
            model: self.teacher.name().to_owned(),
            model_problem: None,
            skipped: counts.skipped,
            skipped_by,
            index_off: Vec::new(),
            archived: false,
            index_bytes: 0,
            vector_bytes: counts.vector_bytes,
            segments: counts.segments,
            last_reconcile: None,
            repaired: Vec::new(),
            provenance_problem: None,
            restore_problem: None,
        }
    }

    fn backfill_state(&self, backlog: u64) -> &'static str {
        if !self.teacher.is_ready() {
            "off"
        } else if backlog == 0 {
            "done"
        } else if self.is_paused() {
            "paused"
        } else if self.improving.running.load(Ordering::Relaxed) {
            "running"
        } else {
            "waiting"
        }
    }

    /// The path of every indexed document `within`, in order.
    #[must_use]
    pub fn documents(&self, within: &PathSet) -> Vec<String> {
        let snapshot = self.index.documents();
        let mut paths: Vec<String> = snapshot.view(within).docs().map(|doc| doc.path.to_string()).collect();
        // Each prefix has brought its own in order.
        paths.sort();
        paths
    }

    /// Every file `within` that was seen and is not searchable, by path.
    #[must_use]
    pub fn problems(&self, within: &PathSet) -> Vec<Problem> {
        let snapshot = self.index.documents();
        let problem = |skip: &index::SkipRecord| Problem {
            path: skip.path.to_string(),
            code: skip.code.clone(),
            reason: skip.reason.clone(),
            parser: skip.parser.clone(),
            seen: rfc3339(skip.at_ms),
        };
        let mut problems: Vec<Problem> = snapshot.view(within).skips().map(|skip| problem(skip)).collect();
        problems.sort_by(|a, b| a.path.cmp(&b.path));
        problems
    }

    /// Forgets what is known of files that a parser could read nothing from, so that the next run tries them again whatever has changed:
    /// nothing, or the load of the machine, or a limit. Returns how many.
    ///
    /// # Errors
    /// When the index fails.
    pub fn forget_problems(&self) -> Result<u64> {
        let mut transaction = self.ingest.ahead_of_bulk(|| self.index.begin())?;
        let skips = transaction.base().skips().clone();
        let mut n = 0;
        for skip in skips.values().filter(|skip| skip.parser.is_some()) {
            match &skip.container {
                Some(container) => transaction.outdate(container),
                None => transaction.remove(&skip.path)?,
            }
            n += 1;
        }
        transaction.commit()?;
        Ok(n)
    }

    /// Remembers that the whole folder was compared just now.
    pub(crate) fn note_reconciled(&self) {
        let now = jiff::Timestamp::now().as_millisecond();
        self.layout.note("last-reconcile", &rfc3339(now));
    }

    fn last_reconcile(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.layout.dir().join("last-reconcile")).ok()?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}
