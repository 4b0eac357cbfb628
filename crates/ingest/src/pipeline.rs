//! The pipeline bound to one folder and one index, and its whole-folder run.
//!
//! Shape: files in windows of bounded bytes; the threads of a window prepare it with rayon while one thread commits the window before.
//! Invariant: no lock is held while rayon runs, and nothing blocks inside a rayon worker.

use crate::Error;
use crate::diff::{self, Plan};
use crate::prepare::{Prepared, Preparer, skip_record};
use crate::progress::{Outcome, Progress, Summary};
use arc_swap::ArcSwap;
use corpus::{ContentHash, DocPath, ModelId};
use embed::{Student, WordPiece};
use index::{DocRecord, Index, Snapshot, Transaction};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};
use watch::{Found, Problem, Reason, Rules, ScanItem, Stat};

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Larger files are skipped, with that reason.
    pub max_file_bytes: u64,
    /// Source bytes that are prepared together; a larger file is prepared alone. Up to three windows are in memory at once.
    pub window_bytes: u64,
    /// Source bytes after which a long run commits, so that a kill loses little and others may write in between.
    pub commit_bytes: u64,
    /// Worker threads; 0 means one for each core.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_file_bytes: 8 << 20, window_bytes: 2 << 20, commit_bytes: 96 << 20, threads: 0 }
    }
}

/// A student, and the number its vectors go by in the index.
#[derive(Clone)]
pub struct StudentInUse {
    /// The table.
    pub student: Arc<Student>,
    /// The model's number.
    pub model: ModelId,
}

impl StudentInUse {
    /// The one that is compiled in.
    #[must_use]
    pub fn builtin() -> Self {
        Self { student: Arc::clone(Student::builtin()), model: ModelId::BUILTIN }
    }
}

/// The pipeline from one folder to one index.
pub struct Ingest {
    pub(crate) root: PathBuf,
    pub(crate) index: Arc<Index>,
    tokenizer: &'static WordPiece,
    student: ArcSwap<StudentInUse>,
    teacher_model: Option<ModelId>,
    limits: Limits,
    pool: rayon::ThreadPool,
}

/// A window of a few files is prepared where it is: handing it to the pool costs more than it saves.
const INLINE_FILES: usize = 2;

impl Ingest {
    /// Binds the pipeline. `teacher_model` is the teacher whose vectors the index may hold, so that they are carried along on renames.
    ///
    /// # Errors
    /// When the worker threads cannot be started.
    pub fn new(
        root: &Path,
        index: Arc<Index>,
        student: StudentInUse,
        tokenizer: &'static WordPiece,
        teacher_model: Option<ModelId>,
        limits: Limits,
    ) -> Result<Self, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(limits.threads)
            .thread_name(|i| format!("workroom-ingest-{i}"))
            .build()?;
        let (root, student) = (root.to_path_buf(), ArcSwap::from_pointee(student));
        Ok(Self { root, index, tokenizer, student, teacher_model, limits, pool })
    }

    /// The student that embeds new chunks.
    #[must_use]
    pub fn student(&self) -> Arc<StudentInUse> {
        self.student.load_full()
    }

    /// Lets another student embed from the next run on. It must share its space with the one before.
    pub fn use_student(&self, student: StudentInUse) {
        self.student.store(Arc::new(student));
    }

    /// Runs `work` on the pipeline's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Brings the index to where the folder is: reads what is new or changed, drops what is gone.
    ///
    /// # Errors
    /// When the folder cannot be walked, the index fails, or `cancel` becomes true; what was committed before stays.
    pub fn reconcile(
        &self,
        rules: &Rules,
        progress: &dyn Progress,
        cancel: &AtomicBool,
    ) -> Result<Summary, Error> {
        let started = Instant::now();
        let snapshot = self.index.documents();
        let mut summary = Summary::default();
        let mut work = self.scan(rules, None, &snapshot, &mut summary)?;
        progress.planned(work.plan.read.len() as u64, work.plan.bytes());
        let bulk = work.plan.bytes() > self.limits.window_bytes;
        if bulk {
            self.index.set_bulk(true)?;
        }
        let files = std::mem::take(&mut work.plan.read);
        let outcome = self.run(&snapshot, work, files, progress, cancel, &mut summary);
        if bulk {
            self.index.set_bulk(false)?;
        }
        outcome?;
        summary.elapsed = started.elapsed();
        Ok(summary)
    }

    /// Walks the folder, or a part of it, and compares it with the index.
    pub(crate) fn scan(
        &self,
        rules: &Rules,
        subtree: Option<&DocPath>,
        snapshot: &Snapshot,
        summary: &mut Summary,
    ) -> Result<Work, Error> {
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for item in watch::scan(rules, subtree) {
            match item {
                ScanItem::File(file) => found.push(file),
                ScanItem::Problem(problem) => problems.push(problem),
            }
        }
        summary.seen += (found.len() + problems.len()) as u64;
        let now_ms = now_ms();
        let skips: Vec<Prepared> =
            problems.iter().filter_map(|problem| problem_record(problem, now_ms)).collect();
        let recorded: HashSet<DocPath> = skips.iter().map(|skip| skip.outcome().0).collect();
        let kept =
            |path: &DocPath| recorded.contains(path) || problems.iter().any(|problem| problem.hides(path));
        let plan = diff::plan(snapshot, subtree.map_or("", DocPath::as_str), found, &kept);
        summary.unchanged += plan.unchanged;
        for code in &plan.still_skipped {
            *summary.skipped.entry(code.clone()).or_default() += 1;
        }
        Ok(Work { plan, skips })
    }

    /// Prepares `files` window by window and commits them, with the rest of `work` in the first commit.
    pub(crate) fn run(
        &self,
        snapshot: &Snapshot,
        work: Work,
        files: Vec<Found>,
        progress: &dyn Progress,
        cancel: &AtomicBool,
        summary: &mut Summary,
    ) -> Result<(), Error> {
        let inline = files.len() <= INLINE_FILES;
        let known = if inline { HashMap::new() } else { hash_map(snapshot) };
        let by_hash = |hash: &ContentHash| {
            // For a file or two, looking through the table is cheaper than making a map of it.
            let looked = || snapshot.docs().iter().find(|doc| doc.hash == *hash);
            let doc = if inline { looked() } else { known.get(hash) };
            doc.map(|doc| (**doc).clone())
        };
        let preparer = self.preparer(snapshot, &by_hash);
        let mut commits = Commits::new(self, progress, summary);
        let gone = work.plan.gone.into_iter().map(Prepared::Gone);
        commits.take(work.skips.into_iter().chain(gone).collect())?;
        if inline {
            let prepared = files.iter().map(|file| preparer.prepare(&file.path, file.stat)).collect();
            commits.take(prepared)?;
            return commits.end();
        }
        self.run_windows(&preparer, files, commits, cancel)
    }

    fn run_windows(
        &self,
        preparer: &Preparer<'_>,
        files: Vec<Found>,
        commits: Commits<'_>,
        cancel: &AtomicBool,
    ) -> Result<(), Error> {
        let (send, receive) = crossbeam_channel::bounded::<Vec<Prepared>>(1);
        std::thread::scope(|scope| {
            // The preparing side gets the thread of its own: the committing side holds the transaction, which must stay on one thread.
            let feeder = scope.spawn(move || {
                for window in windows(&files, self.limits.window_bytes) {
                    if cancel.load(Ordering::Relaxed) {
                        return true;
                    }
                    let prepare = |file: &Found| preparer.prepare(&file.path, file.stat);
                    let prepared =
                        self.pool.install(|| window.par_iter().with_max_len(1).map(prepare).collect());
                    if send.send(prepared).is_err() {
                        break;
                    }
                }
                false
            });
            let mut commits = commits;
            let mut result = Ok(());
            for prepared in &receive {
                result = commits.take(prepared);
                if result.is_err() {
                    break;
                }
            }
            // Dropping the receiver ends a feeder whose windows nobody takes.
            drop(receive);
            let cancelled = feeder.join().unwrap_or(true);
            result?;
            commits.end()?;
            if cancelled { Err(Error::Cancelled) } else { Ok(()) }
        })
    }

    fn preparer<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        by_hash: &'a (dyn Fn(&ContentHash) -> Option<DocRecord> + Sync),
    ) -> Preparer<'a> {
        Preparer {
            root: &self.root,
            max_file_bytes: self.limits.max_file_bytes,
            tokenizer: self.tokenizer,
            student: self.student(),
            teacher_model: self.teacher_model,
            index: &self.index,
            snapshot,
            by_hash,
            now_ms: now_ms(),
        }
    }
}

/// What a scan found to do.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) plan: Plan,
    /// Things in the folder that are no readable files: each becomes a skip record.
    pub(crate) skips: Vec<Prepared>,
}

/// The committing side: stages what was prepared, commits by bytes, counts.
struct Commits<'a> {
    ingest: &'a Ingest,
    progress: &'a dyn Progress,
    summary: &'a mut Summary,
    open: Option<Transaction<'a>>,
    staged_bytes: u64,
    now_ms: i64,
}

impl<'a> Commits<'a> {
    fn new(ingest: &'a Ingest, progress: &'a dyn Progress, summary: &'a mut Summary) -> Self {
        Self { ingest, progress, summary, open: None, staged_bytes: 0, now_ms: now_ms() }
    }

    fn take(&mut self, prepared: Vec<Prepared>) -> Result<(), Error> {
        for one in prepared {
            let (path, bytes, outcome) = one.outcome();
            let mut transaction = match self.open.take() {
                Some(open) => open,
                None => self.ingest.index.begin()?,
            };
            let counted = !matches!(outcome, Outcome::Removed) || transaction.base().doc(&path).is_some();
            stage(&mut transaction, one, self.now_ms)?;
            self.open = Some(transaction);
            self.staged_bytes += bytes;
            if counted {
                self.summary.count(&outcome, bytes);
                self.progress.file(&path, bytes, &outcome);
            }
        }
        if self.staged_bytes >= self.ingest.limits.commit_bytes { self.commit() } else { Ok(()) }
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.staged_bytes = 0;
        if let Some(transaction) = self.open.take() {
            transaction.commit()?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), Error> {
        self.commit()
    }
}

fn stage(transaction: &mut Transaction<'_>, prepared: Prepared, now_ms: i64) -> Result<(), Error> {
    match prepared {
        Prepared::Put(put) => transaction.put(*put, now_ms)?,
        Prepared::Skip(skip) => transaction.skip(skip)?,
        Prepared::Touch { path, stat, racy } => {
            transaction.touch(&path, stat.size, stat.mtime_ns, stat.inode, racy)
        }
        Prepared::Gone(path) => transaction.remove(&path)?,
    }
    Ok(())
}

/// A thing in the folder that is no readable file becomes a skip. A name that is not UTF-8 is recorded under its readable form.
fn problem_record(problem: &Problem, now_ms: i64) -> Option<Prepared> {
    let path = DocPath::new(&problem.path).ok()?;
    let code = match problem.reason {
        Reason::Unreadable(_) => "unreadable",
        Reason::NotUtf8 => "bad-name",
        Reason::Special(_) => "special",
        Reason::LinkOutside | Reason::LinkBroken(_) => "link",
        Reason::BadRule { .. } | Reason::RulesUnused(_) => "ignore-rule",
        _ => "other",
    };
    let stat = Stat { size: 0, mtime_ns: 0, inode: 0 };
    Some(Prepared::Skip(skip_record(path, stat, code, problem.reason.to_string(), now_ms)))
}

fn hash_map(snapshot: &Snapshot) -> HashMap<ContentHash, Arc<DocRecord>> {
    snapshot.docs().iter().map(|doc| (doc.hash, Arc::clone(doc))).collect()
}

/// Cuts a list into runs of at most `bytes` of source. A file that is larger is a run of its own, so that no two large ones are in
/// memory at once.
fn windows(files: &[Found], bytes: u64) -> impl Iterator<Item = &[Found]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut total = 0;
        let fitting = rest.iter().take_while(|file| {
            total += file.stat.size;
            total <= bytes
        });
        let n = fitting.count().max(1).min(rest.len());
        let (window, after) = rest.split_at(n);
        rest = after;
        (!window.is_empty()).then_some(window)
    })
}

/// Milliseconds since 1970 (UTC).
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |t| t.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_hold_every_file_once_and_bounded_bytes() {
        let file =
            |size| Found { path: DocPath::new("a").unwrap(), stat: Stat { size, mtime_ns: 0, inode: 0 } };
        let files: Vec<Found> = [1, 1, 9, 1, 30, 1, 0].into_iter().map(file).collect();
        let sizes: Vec<Vec<u64>> =
            windows(&files, 10).map(|w| w.iter().map(|f| f.stat.size).collect()).collect();
        assert_eq!(sizes, [vec![1, 1], vec![9, 1], vec![30], vec![1, 0]]);
        assert_eq!(windows(&[], 10).count(), 0);
    }
}
