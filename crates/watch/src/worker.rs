//! The thread of a watcher: signals in, events out.
//!
//! Invariant: it waits only for its own channels and never for the receiver of its events.
//! Not here: the system's watcher (`native`), comparing scans (`poll`), timing (`settle`).

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corpus::DocPath;
use crossbeam_channel::{Receiver, Sender, TrySendError, at, select};

use crate::native::{Adopted, Native, Signal, SignalKind};
use crate::poll::Snapshot;
use crate::rules::{View, is_ignore_file, parent};
use crate::scan::presence;
use crate::settle::{Change, Settler, Timing};
use crate::watcher::Shared;
use crate::{Event, Hint, HintKind, Mode, PollReason, Presence, RescanReason, Rules, WatchOptions};

/// A pause in events that ends a burst.
const LULL: Duration = Duration::from_millis(2);
/// How long signals that are queued already are taken in before anything else is done.
const DRAIN: Duration = Duration::from_millis(2);
/// When the receiver lags, whether it caught up is looked at this often.
const RETRY: Duration = Duration::from_millis(20);
/// More paths than this are told as one rescan.
const MAX_PENDING: usize = 200_000;
/// More problems than this are not kept for a receiver that lags.
const MAX_PROBLEMS: usize = 100;
/// Time between two answers to an overflow, each of which walks the whole folder.
const OVERFLOW_PAUSE: Duration = Duration::from_secs(1);
/// A scan may take this part of the time when polling.
const POLL_SHARE: u32 = 10;

/// Where changes come from.
pub(crate) enum Source {
    Native(Native),
    Poll(Option<Snapshot>),
}

/// Why a loop ended.
enum End {
    /// The handle or the receiver is gone.
    Stopped,
    /// The native watcher is of no more use.
    Refused(PollReason),
}

impl From<PollReason> for End {
    fn from(reason: PollReason) -> Self {
        Self::Refused(reason)
    }
}

pub(crate) struct Worker {
    rules: Rules,
    options: WatchOptions,
    out: Sender<Event>,
    stop: Receiver<()>,
    shared: Arc<Shared>,
    settler: Settler,
    rescans: VecDeque<RescanReason>,
    problems: VecDeque<String>,
    periodic_at: Instant,
    /// When to answer an overflow that happened.
    overflow_at: Option<Instant>,
    last_overflow: Option<Instant>,
}

impl Worker {
    pub(crate) fn new(
        rules: Rules,
        options: WatchOptions,
        out: Sender<Event>,
        stop: Receiver<()>,
        shared: Arc<Shared>,
    ) -> Self {
        let now = Instant::now();
        let options = sane(options);
        let (quiet, longest, gap) = (options.settle, options.settle_max, options.batch_gap);
        Self {
            settler: Settler::new(Timing { quiet, longest, gap, lull: LULL }, now),
            periodic_at: now + options.reconcile_interval,
            rescans: VecDeque::from([RescanReason::Started]),
            problems: VecDeque::new(),
            overflow_at: None,
            last_overflow: None,
            rules,
            options,
            out,
            stop,
            shared,
        }
    }

    /// Watches every folder, or takes the scan that later ones are compared with.
    pub(crate) fn begin(&mut self) -> Source {
        match self.begin_native() {
            Ok(native) => Source::Native(native),
            Err(reason) => self.begin_poll(reason),
        }
    }

    /// Works until the handle or the receiver is dropped.
    pub(crate) fn run(mut self, mut source: Source) {
        loop {
            let end = match &mut source {
                Source::Native(native) => self.run_native(native),
                Source::Poll(snapshot) => self.run_poll(snapshot.take()),
            };
            match end {
                Err(End::Refused(reason)) => {
                    // The old watches are given back before the first scan.
                    drop(source);
                    self.settler.clear();
                    source = self.begin_poll(reason);
                    self.push_rescan(RescanReason::WatchesExhausted);
                }
                Ok(()) | Err(End::Stopped) => return,
            }
        }
    }

    fn begin_native(&mut self) -> Result<Native, PollReason> {
        if self.options.force_poll {
            return Err(PollReason::Forced);
        }
        let counter = self.shared.n_watches.clone();
        let mut native = Native::new(self.rules.root(), self.options.max_watches, counter)?;
        // Files and problems are found again by the scan that the first event asks for.
        native.adopt(&self.rules, None, &mut |_| ControlFlow::Continue(()))?;
        Ok(native)
    }

    fn begin_poll(&mut self, reason: PollReason) -> Source {
        let began = Instant::now();
        let shared = self.shared.clone();
        let snapshot = Snapshot::take(&self.rules, &|| shared.go_on());
        let interval = self.poll_interval(began.elapsed());
        self.push_problem(format!(
            "{reason}; looking for changes every {:.1} s instead",
            interval.as_secs_f64()
        ));
        *self.shared.mode() = Mode::Poll { reason, interval: self.options.poll_interval };
        self.shared.n_watches.store(0, std::sync::atomic::Ordering::Relaxed);
        Source::Poll(snapshot)
    }

    fn poll_interval(&self, cost: Duration) -> Duration {
        self.options.poll_interval.max(cost * POLL_SHARE)
    }
}

/// Native.
impl Worker {
    fn run_native(&mut self, native: &mut Native) -> Result<(), End> {
        loop {
            self.deliver(Some(native))?;
            select! {
                recv(self.stop) -> _ => return Ok(()),
                recv(native.overflow) -> _ => self.overflowed(),
                recv(native.signals) -> signal => match signal {
                    Ok(signal) => self.take_in(native, signal)?,
                    Err(_) => return Err(PollReason::NoNativeWatcher("it stopped".to_owned()).into()),
                },
                recv(at(self.wake_at())) -> _ => {}
            }
            let now = Instant::now();
            if self.overflow_at.is_some_and(|at| at <= now) {
                self.overflow_at = None;
                self.last_overflow = Some(now);
                self.resync(native, None, RescanReason::Overflow)?;
            }
            if self.periodic_at <= now {
                self.periodic_at = now + self.options.reconcile_interval;
                self.resync(native, None, RescanReason::Periodic)?;
            }
        }
    }

    /// Takes in a signal and those that are queued behind it, for a moment.
    fn take_in(&mut self, native: &mut Native, first: Signal) -> Result<(), End> {
        let until = Instant::now() + DRAIN;
        let mut next = Some(first);
        while let Some(signal) = next {
            self.signal(native, signal)?;
            next = if Instant::now() < until { native.signals.try_recv().ok() } else { None };
        }
        if self.settler.len() > MAX_PENDING {
            self.settler.clear();
            self.overflowed();
        }
        Ok(())
    }

    fn overflowed(&mut self) {
        let earliest = self.last_overflow.map_or_else(Instant::now, |last| last + OVERFLOW_PAUSE);
        self.overflow_at.get_or_insert(earliest);
    }

    fn signal(&mut self, native: &mut Native, Signal { path, kind, at }: Signal) -> Result<(), End> {
        let Some(path) = path else { return self.root_signal(kind) };
        match kind {
            SignalKind::Writing => self.settler.note(path, Change::Writing, at),
            SignalKind::Closed => self.settler.note(path, Change::Done(HintKind::MayExist), at),
            SignalKind::FolderCreated if native.is_watched(&path) => {}
            SignalKind::FolderCreated => self.folder_came(native, &path, at)?,
            SignalKind::FileRemoved => self.settler.note(path, Change::Done(HintKind::Gone), at),
            SignalKind::FolderRemoved | SignalKind::Left => self.left(native, path, kind, at)?,
            SignalKind::MovedIn => match presence(self.rules.root(), &path) {
                Presence::Folder => self.folder_came(native, &path, at)?,
                Presence::File(_) => self.settler.note(path, Change::Done(HintKind::MayExist), at),
                Presence::Absent => self.left(native, path, kind, at)?,
            },
            SignalKind::Unknown => match presence(self.rules.root(), &path) {
                Presence::Folder if native.is_watched(&path) => {}
                Presence::Folder => self.folder_came(native, &path, at)?,
                Presence::File(_) => self.settler.note(path, Change::Writing, at),
                Presence::Absent => self.left(native, path, kind, at)?,
            },
        }
        Ok(())
    }

    fn root_signal(&mut self, kind: SignalKind) -> Result<(), End> {
        let may_be_gone = matches!(kind, SignalKind::Left | SignalKind::FolderRemoved);
        if may_be_gone { Err(PollReason::RootGone.into()) } else { Ok(()) }
    }

    fn folder_came(&mut self, native: &mut Native, path: &DocPath, at: Instant) -> Result<(), End> {
        let (settler, shared, mut problems) = (&mut self.settler, &self.shared, Vec::new());
        native.adopt(&self.rules, Some(path), &mut |adopted| {
            match adopted {
                Adopted::File(found) => settler.note(found.path, Change::Done(HintKind::MayExist), at),
                Adopted::Problem(problem) => problems.push(problem),
            }
            if shared.go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        problems.into_iter().for_each(|problem| self.push_problem(problem.to_string()));
        Ok(())
    }

    fn left(&mut self, native: &mut Native, path: DocPath, kind: SignalKind, at: Instant) -> Result<(), End> {
        let was_watched = native.release(&path)?;
        if presence(self.rules.root(), &path) == Presence::Folder {
            // Another folder is there already; files of the old one may be gone.
            self.folder_came(native, &path, at)?;
            self.settler.note(path, Change::Done(HintKind::Folder), at);
        } else if was_watched || kind != SignalKind::FolderRemoved {
            self.settler.note(path, Change::Done(HintKind::Gone), at);
        }
        Ok(())
    }

    fn resync(&mut self, native: &mut Native, dir: Option<DocPath>, reason: RescanReason) -> Result<(), End> {
        native.resync(&self.rules, dir.as_ref(), &|| self.shared.go_on())?;
        self.push_rescan(reason);
        Ok(())
    }
}

/// Polling.
impl Worker {
    fn run_poll(&mut self, mut snapshot: Option<Snapshot>) -> Result<(), End> {
        let mut poll_at = Instant::now() + self.options.poll_interval;
        loop {
            self.deliver(None)?;
            let wake = self.wake_at().min(poll_at);
            select! {
                recv(self.stop) -> _ => return Ok(()),
                recv(at(wake)) -> _ => {}
            }
            let now = Instant::now();
            if poll_at <= now {
                snapshot = self.poll(snapshot, now);
                poll_at = Instant::now() + self.poll_interval(now.elapsed());
            }
            if self.periodic_at <= now {
                self.periodic_at = now + self.options.reconcile_interval;
                self.push_rescan(RescanReason::Periodic);
            }
        }
    }

    fn poll(&mut self, before: Option<Snapshot>, now: Instant) -> Option<Snapshot> {
        let shared = self.shared.clone();
        let mut snapshot = Snapshot::take(&self.rules, &|| shared.go_on())?;
        if let Some(before) = before {
            for (path, kind) in snapshot.follow(before) {
                self.settler.note(path, Change::Done(kind), now);
            }
        }
        Some(snapshot)
    }
}

/// Events out.
impl Worker {
    fn deliver(&mut self, native: Option<&mut Native>) -> Result<(), End> {
        self.deliver_queued()?;
        // A batch is taken only when it can be sent: until then, what comes is merged into it.
        if self.out.is_full() {
            return Ok(());
        }
        let batch = self.settler.take(Instant::now());
        let hints = match native {
            Some(native) => self.judge(native, batch)?,
            None => batch,
        };
        if !hints.is_empty() {
            // This thread is the only sender, so there is room.
            let _sent = self.send(Event::Changed(hints))?;
        }
        self.deliver_queued()
    }

    /// Rescans first: the very first event is one.
    fn deliver_queued(&mut self) -> Result<(), End> {
        while let Some(reason) = self.rescans.pop_front() {
            if let Err(Event::Rescan(reason)) = self.send(Event::Rescan(reason))? {
                self.rescans.push_front(reason);
                return Ok(());
            }
        }
        while let Some(text) = self.problems.pop_front() {
            if let Err(Event::Problem(text)) = self.send(Event::Problem(text))? {
                self.problems.push_front(text);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Drops what the rules exclude, and follows changes of the rules.
    fn judge(&mut self, native: &mut Native, mut batch: Vec<Hint>) -> Result<Vec<Hint>, End> {
        let mut ruled: Option<String> = None;
        for hint in batch.iter().filter(|hint| is_ignore_file(hint.path.file_name())) {
            let dir = parent(hint.path.as_str());
            self.rules.forget(dir);
            ruled = Some(ruled.map_or_else(|| dir.to_owned(), |other| common_folder(&other, dir)));
        }
        let mut view = View::new(&self.rules);
        batch.retain(|hint| match hint.kind {
            HintKind::MayExist => view.keeps(hint.path.as_str(), false),
            HintKind::Folder => view.keeps(hint.path.as_str(), true),
            HintKind::Gone => view.keeps(hint.path.as_str(), false) || view.keeps(hint.path.as_str(), true),
        });
        if let Some(dir) = ruled {
            let dir = DocPath::new(&dir).ok();
            self.resync(native, dir.clone(), RescanReason::IgnoreRulesChanged(dir))?;
        }
        Ok(batch)
    }

    /// Gives the event back when there is no room for it.
    fn send(&self, event: Event) -> Result<Result<(), Event>, End> {
        match self.out.try_send(event) {
            Ok(()) => Ok(Ok(())),
            Err(TrySendError::Full(event)) => Ok(Err(event)),
            Err(TrySendError::Disconnected(_)) => Err(End::Stopped),
        }
    }

    fn wake_at(&self) -> Instant {
        let retry = || Instant::now() + RETRY;
        let lags = self.out.is_full();
        let waiting = (!self.rescans.is_empty() || !self.problems.is_empty()).then(retry);
        // A batch that is due cannot go while the receiver lags.
        let batch = self.settler.wake_at().map(|at| if lags { at.max(retry()) } else { at });
        [batch, waiting, self.overflow_at].into_iter().flatten().fold(self.periodic_at, Instant::min)
    }

    fn push_rescan(&mut self, reason: RescanReason) {
        if !self.rescans.contains(&reason) {
            self.rescans.push_back(reason);
        }
    }

    fn push_problem(&mut self, text: String) {
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&text) {
            self.problems.push_back(text);
        }
    }
}

/// Keeps sums of times in range and loops from spinning, whatever was asked for.
fn sane(options: WatchOptions) -> WatchOptions {
    let sane = |time: Duration| time.clamp(Duration::from_millis(1), Duration::from_secs(365 * 24 * 3600));
    WatchOptions {
        settle: sane(options.settle),
        settle_max: sane(options.settle_max),
        batch_gap: sane(options.batch_gap),
        poll_interval: sane(options.poll_interval),
        reconcile_interval: sane(options.reconcile_interval),
        ..options
    }
}

/// The deepest folder that holds both; the empty string is the root.
fn common_folder(a: &str, b: &str) -> String {
    let holds_b =
        |dir: &str| b.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let mut common = a;
    while !common.is_empty() && !holds_b(common) {
        common = parent(common);
    }
    common.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_in_common() {
        let check = |a, b, expected| {
            assert_eq!((common_folder(a, b).as_str(), common_folder(b, a).as_str()), (expected, expected));
        };
        check("a/b", "a/b", "a/b");
        check("a/b", "a/b/c", "a/b");
        check("a/b", "a/bc", "a");
        check("a", "b", "");
        check("", "a", "");
    }
}
