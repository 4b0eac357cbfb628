//! The pipeline bound to one folder and one index, and its whole-folder run.
//!
//! Shape: files in windows of bounded bytes; the threads of a window prepare it with rayon while one thread commits the window before.
//! Invariant: no lock is held while rayon runs, and nothing blocks inside a rayon worker.

use crate::change::{Change, Told};
use crate::commits::Commits;
use crate::diff::{self, Plan, Records};
use crate::known::Known;
use crate::precedence::Precedence;
use crate::prepare::{Prepared, Preparer, skip_record};
use crate::priority;
use crate::progress::{Progress, Summary};
use crate::{Error, Reading};
use arc_swap::ArcSwap;
use corpus::{DocPath, Format, ModelId, Seq};
use crossbeam_channel::{Receiver, select};
use embed::{Student, WordPiece};
use index::{Index, Snapshot, Transaction};
use rayon::prelude::*;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Instant, SystemTime};
use watch::{Found, Problem, Reason, Rules, ScanItem, Stat};

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Source bytes that are prepared together; a larger file is prepared alone. Up to three windows are in memory at once.
    pub window_bytes: u64,
    /// Source bytes after which a long run commits, so that a kill loses little and others may write in between.
    pub commit_bytes: u64,
    /// Worker threads; 0 means one for each core.
    pub threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { window_bytes: 2 << 20, commit_bytes: 96 << 20, threads: 0 }
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
    pub(crate) limits: Limits,
    pub(crate) reading: Reading,
    pool: rayon::ThreadPool,
    pub(crate) precedence: Precedence,
    bulk_runs: AtomicUsize,
    told: Option<Told>,
    /// Held from a commit until it is told, so that the next one is told after it.
    telling: Mutex<()>,
}

/// So few files are prepared by whoever has them.
const INLINE_FILES: usize = 2;
/// A file of this size is taken as text, whatever its name says.
const SMALL: u64 = 64 << 10;
/// What a file counts for at most, when a run is told to be large: one that is beyond the limits costs nothing.
const LARGE: u64 = 8 << 20;
/// Files that are prepared together at most, however small: each costs its share beside its bytes, and a run is stopped, or makes way,
/// between two windows.
const WINDOW_FILES: usize = 512;

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
        reading: Reading,
    ) -> Result<Self, Error> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(limits.threads)
            .thread_name(|i| format!("workroom-ingest-{i}"))
            .start_handler(|_| priority::lower())
            .build()?;
        let (root, student) = (root.to_path_buf(), ArcSwap::from_pointee(student));
        let (precedence, bulk_runs) = (Precedence::new(), AtomicUsize::new(0));
        Ok(Self {
            root,
            index,
            tokenizer,
            student,
            teacher_model,
            limits,
            reading,
            pool,
            precedence,
            bulk_runs,
            told: None,
            telling: Mutex::default(),
        })
    }

    /// The same pipeline from another folder to another index, whose vectors lie in the same space: the same parsers, limits and student, on threads
    /// of its own.
    ///
    /// # Errors
    /// As [`Ingest::new`].
    pub fn beside(&self, root: &Path, index: Arc<Index>) -> Result<Self, Error> {
        let student = StudentInUse::clone(&self.student());
        Self::new(root, index, student, self.tokenizer, None, self.limits, self.reading.clone())
    }

    /// Has `told` hear what each commit has changed, on the thread that commits: it should be quick.
    #[must_use]
    pub fn telling(self, told: impl Fn(Vec<Change>) + Send + Sync + 'static) -> Self {
        Self { told: Some(Box::new(told)), ..self }
    }

    pub(crate) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Commits, and tells what that has changed before anybody else's next commit is told.
    pub(crate) fn commit_and_tell(
        &self,
        transaction: Transaction<'_>,
        changes: Vec<Change>,
    ) -> Result<Seq, Error> {
        let _telling = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let seq = transaction.commit()?.seq;
        if let Some(told) = self.told.as_ref().filter(|_| !changes.is_empty()) {
            told(changes);
        }
        Ok(seq)
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

    /// Has a parser read a few bytes, and says how it is confined; `None` when there is no parser.
    ///
    /// # Errors
    /// When no parser can be started.
    pub fn try_parser(&self) -> Result<Option<fence::Confinement>, fence::FenceError> {
        self.reading.try_parser()
    }

    /// Runs `work` on the pipeline's threads.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.pool.install(work)
    }

    /// Runs `wait`, which waits for the index's writer, so that a bulk run under way commits what it has and gives the writer up. For
    /// every wait that somebody else waits for: a single change, the first query that reads the vectors.
    pub fn ahead_of_bulk<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.precedence.ahead(wait)
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
        let work = self.scan(rules, None, &snapshot, &mut summary)?;
        progress.planned(work.plan.read.len() as u64, work.bytes());
        let bulk = work.is_bulk(&self.limits);
        if bulk {
            self.index.set_bulk(true)?;
        }
        let outcome = self.run(rules, &snapshot, work, &[], Sink { progress, summary: &mut summary, cancel });
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
        // The folder itself has no path to be recorded under: it is told in the counts.
        let unlisted = problems.iter().any(|problem| problem.path.is_empty());
        if unlisted {
            *summary.skipped.entry("unreadable".to_owned()).or_default() += 1;
        }
        let recorded: HashSet<DocPath> = skips.iter().map(|skip| skip.outcome().0).collect();
        let kept =
            |path: &DocPath| recorded.contains(path) || problems.iter().any(|problem| problem.hides(path));
        let records = Records { snapshot, reading: &self.reading };
        let plan = diff::plan(&records, subtree.map_or("", DocPath::as_str), found, &kept);
        summary.unchanged += plan.unchanged;
        for code in &plan.still_skipped {
            *summary.skipped.entry(code.clone()).or_default() += 1;
        }
        Ok(Work { plan, skips })
    }

    /// Prepares `files` and commits them with the rest of `work`: window by window if they are many, else all in one commit. `paths` are
    /// those that somebody said have changed: what other runs make of them meanwhile is looked at again before the last commit.
    pub(crate) fn run(
        &self,
        rules: &Rules,
        snapshot: &Snapshot,
        mut work: Work,
        paths: &[DocPath],
        sink: Sink<'_>,
    ) -> Result<Seq, Error> {
        let is_bulk = work.is_bulk(&self.limits);
        let files = std::mem::take(&mut work.plan.read);
        let known = Known::of(snapshot, &files);
        let preparer = self.preparer(snapshot, &known);
        // Before the writer is asked for, so that it is held for as short as can be.
        let prepared = if is_bulk { Vec::new() } else { self.prepare_few(&preparer, &files) };
        let mut commits = Commits::new(self, rules, &preparer, sink.progress, sink.summary, is_bulk);
        let gone = work.plan.gone.into_iter().map(Prepared::Gone);
        commits.take(work.skips.into_iter().chain(gone).collect())?;
        if is_bulk {
            let _bulk = Bulk::begin(&self.bulk_runs);
            self.run_windows(&preparer, &files, &mut commits, sink.cancel)?;
        } else {
            commits.take(prepared)?;
        }
        if !paths.is_empty() {
            commits.look_again(paths)?;
        }
        commits.end()
    }

    /// A few files are prepared where it is: handing them to the pool costs more than it saves, and while a bulk run keeps the pool
    /// busy they would wait behind a window of it.
    fn prepare_few(&self, preparer: &Preparer<'_>, files: &[Found]) -> Vec<Prepared> {
        let prepare = |file: &Found| preparer.prepare(&file.path, file.stat);
        if files.len() <= INLINE_FILES || self.bulk_runs.load(Ordering::Relaxed) > 0 {
            return files.iter().map(prepare).collect();
        }
        self.pool.install(|| files.par_iter().with_max_len(1).map(prepare).collect())
    }

    fn run_windows(
        &self,
        preparer: &Preparer<'_>,
        files: &[Found],
        commits: &mut Commits<'_>,
        cancel: &AtomicBool,
    ) -> Result<(), Error> {
        let (send, receive) = crossbeam_channel::bounded::<Vec<Prepared>>(1);
        std::thread::scope(|scope| {
            // The preparing side gets the thread of its own: the committing side holds the transaction, which must stay on one thread.
            let feeder = scope.spawn(move || {
                for window in windows(files, self.limits.window_bytes) {
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
            let result = self.take_windows(&receive, commits);
            // Dropping the receiver ends a feeder whose windows nobody takes.
            drop(receive);
            let cancelled = feeder.join().unwrap_or(true);
            result?;
            if cancelled {
                commits.flush()?;
                return Err(Error::Cancelled);
            }
            Ok(())
        })
    }

    fn take_windows(
        &self,
        windows: &Receiver<Vec<Prepared>>,
        commits: &mut Commits<'_>,
    ) -> Result<(), Error> {
        loop {
            let make_way = commits.make_way_at().map_or_else(crossbeam_channel::never, crossbeam_channel::at);
            select! {
                recv(windows) -> prepared => match prepared {
                    Ok(prepared) => commits.take(prepared)?,
                    Err(_) => return Ok(()),
                },
                // The next window may be long in coming, and the writer is held.
                recv(self.precedence.calls()) -> _ => {}
                recv(make_way) -> _ => commits.make_way()?,
            }
        }
    }

    fn preparer<'a>(&'a self, snapshot: &'a Snapshot, known: &'a Known) -> Preparer<'a> {
        Preparer {
            root: &self.root,
            reading: &self.reading,
            tokenizer: self.tokenizer,
            student: self.student(),
            teacher_model: self.teacher_model,
            index: &self.index,
            snapshot,
            known,
            now_ms: now_ms(),
        }
    }
}

/// Who hears of a run, and who may end it.
pub(crate) struct Sink<'a> {
    pub(crate) progress: &'a dyn Progress,
    pub(crate) summary: &'a mut Summary,
    pub(crate) cancel: &'a AtomicBool,
}

/// Bulk runs under way, while it lives.
struct Bulk<'a>(&'a AtomicUsize);

impl<'a> Bulk<'a> {
    fn begin(runs: &'a AtomicUsize) -> Self {
        runs.fetch_add(1, Ordering::Relaxed);
        Self(runs)
    }
}

impl Drop for Bulk<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a scan found to do.
#[derive(Default)]
pub(crate) struct Work {
    pub(crate) plan: Plan,
    /// Things in the folder that are no readable files: each becomes a skip record.
    pub(crate) skips: Vec<Prepared>,
}

impl Work {
    /// Source bytes that are indexed at most.
    fn bytes(&self) -> u64 {
        self.plan.read.iter().map(|found| found.stat.size).sum()
    }

    fn is_bulk(&self, limits: &Limits) -> bool {
        let read = &self.plan.read;
        let bytes: u64 = read.iter().map(|found| found.stat.size.min(LARGE)).sum();
        bytes > limits.window_bytes || read.len() > WINDOW_FILES
    }
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
    Some(Prepared::Skip(skip_record(path, Stat::UNKNOWN, code, problem.reason.to_string(), now_ms)))
}

/// Cuts a list into runs of at most `bytes` of source and [`WINDOW_FILES`] files. A file that is larger is a run of its own, so that no two large ones are in
/// memory at once.
fn windows(files: &[Found], bytes: u64) -> impl Iterator<Item = &[Found]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut total = 0;
        let fitting = rest.iter().take_while(|file| {
            total += weight(file);
            total <= bytes
        });
        let n = fitting.count().clamp(1, WINDOW_FILES).min(rest.len());
        let (window, after) = rest.split_at(n);
        rest = after;
        (!window.is_empty()).then_some(window)
    })
}

/// What a file counts for in a window. Little of a PDF or a presentation is text, so several of them are parsed side by side.
fn weight(file: &Found) -> u64 {
    let size = file.stat.size;
    // A look at the name costs more than it tells of a small file.
    let is_light = size > SMALL && extract::detect_format(&file.path, &[]).is_ok_and(Format::is_fenced);
    if is_light { size / 8 } else { size }
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
        let file = |size| Found { path: DocPath::new("a").unwrap(), stat: Stat { size, ..Stat::UNKNOWN } };
        let files: Vec<Found> = [1, 1, 9, 1, 30, 1, 0].into_iter().map(file).collect();
        let sizes: Vec<Vec<u64>> =
            windows(&files, 10).map(|w| w.iter().map(|f| f.stat.size).collect()).collect();
        assert_eq!(sizes, [vec![1, 1], vec![9, 1], vec![30], vec![1, 0]]);
        assert_eq!(windows(&[], 10).count(), 0);
        let named = |path: &str| Found {
            path: DocPath::new(path).unwrap(),
            stat: Stat { size: 1 << 20, ..Stat::UNKNOWN },
        };
        let mixed = ["a.pdf", "b.pptx", "c.txt", "d.txt"].map(named);
        let sizes: Vec<usize> = windows(&mixed, 5 << 18).map(<[Found]>::len).collect();
        assert_eq!(sizes, [3, 1], "documents count for an eighth");
    }
}
