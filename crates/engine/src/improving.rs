//! What a workspace knows of its own improvement: which chunks queries wanted better vectors for, how fast the teacher is, what goes on.
//!
//! Invariant: bounded memory; nothing here is needed to be right, only to choose well what to do next.
//! Not here: doing it (`backfill`, `adapt`, `maintain`).

use crate::student::Adaptation;
use corpus::ChunkId;
use index::VectorRow;
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Chunks that are remembered as wanted: older wishes are forgotten.
const WANTED: usize = 4096;

/// Shared between queries and the thread that improves vectors.
#[derive(Default)]
pub(crate) struct Improving {
    wanted: Mutex<Wanted>,
    /// Teacher vectors that queries made and could not store at once.
    unstored: Mutex<Vec<VectorRow>>,
    adaptation: Mutex<Option<Adaptation>>,
    fidelity: Mutex<Fidelity>,
    rate: Mutex<Rate>,
    /// Queries that are being answered just now.
    asking: AtomicUsize,
    /// Runs of the pipeline over the whole folder.
    indexing: AtomicUsize,
    /// Whether a thread of this process gives chunks their teacher vectors.
    pub(crate) running: AtomicBool,
}

#[derive(Default)]
struct Wanted {
    order: VecDeque<ChunkId>,
    known: HashSet<ChunkId>,
}

impl Improving {
    /// Remembers chunks that a query found and would have liked better vectors of, the most wanted first.
    pub(crate) fn want(&self, chunks: impl IntoIterator<Item = ChunkId>) {
        let mut wanted = lock(&self.wanted);
        for chunk in chunks {
            if wanted.known.insert(chunk) {
                wanted.order.push_back(chunk);
            }
        }
        while wanted.order.len() > WANTED {
            if let Some(oldest) = wanted.order.pop_front() {
                wanted.known.remove(&oldest);
            }
        }
    }

    /// Takes up to `n` wanted chunks.
    pub(crate) fn take_wanted(&self, n: usize) -> Vec<ChunkId> {
        let mut wanted = lock(&self.wanted);
        let n = n.min(wanted.order.len());
        let taken: Vec<ChunkId> = wanted.order.drain(..n).collect();
        for chunk in &taken {
            wanted.known.remove(chunk);
        }
        taken
    }

    /// Keeps vectors for the next one who can store them. More than a few thousand are dropped: they can be made again.
    pub(crate) fn keep(&self, rows: Vec<VectorRow>) {
        let mut unstored = lock(&self.unstored);
        let room = WANTED.saturating_sub(unstored.len());
        unstored.extend(rows.into_iter().take(room));
    }

    pub(crate) fn take_unstored(&self) -> Vec<VectorRow> {
        std::mem::take(&mut lock(&self.unstored))
    }

    pub(crate) fn adapted(&self, adaptation: Adaptation) {
        *lock(&self.fidelity) = Fidelity::from(adaptation.fidelity);
        *lock(&self.adaptation) = Some(adaptation);
    }

    /// How near the student's vectors are to the teacher's here, as far as that is known.
    pub(crate) fn fidelity(&self) -> f32 {
        lock(&self.fidelity).mean()
    }

    /// Notes the cosine of a student's vector with the teacher's of the same chunk.
    pub(crate) fn note_fidelity(&self, cosine: f32) {
        lock(&self.fidelity).note(cosine);
    }

    pub(crate) fn adaptation(&self) -> Option<Adaptation> {
        lock(&self.adaptation).clone()
    }

    /// Notes how long the teacher took, waiting included, for so many chunks.
    pub(crate) fn note_rate(&self, chunks: usize, elapsed: Duration) {
        lock(&self.rate).note(chunks as f64, elapsed.as_secs_f64());
    }

    /// Chunks a second that got their teacher vector lately, if any did.
    pub(crate) fn rate(&self) -> Option<f64> {
        lock(&self.rate).per_second()
    }

    /// Marks a query as being answered, until the guard is dropped.
    pub(crate) fn asking(&self) -> UnderWay<'_> {
        UnderWay::begin(&self.asking)
    }

    /// Marks a run over the whole folder as under way, until the guard is dropped.
    pub(crate) fn indexing(&self) -> UnderWay<'_> {
        UnderWay::begin(&self.indexing)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asking.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn is_indexing(&self) -> bool {
        self.indexing.load(Ordering::Relaxed) > 0
    }
}

/// Something that work in the background should wait for.
pub(crate) struct UnderWay<'a>(&'a AtomicUsize);

impl<'a> UnderWay<'a> {
    fn begin(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A mean of cosines that begins at what is to be expected and follows what is seen.
struct Fidelity {
    sum: f32,
    weight: f32,
}

impl Fidelity {
    /// Seen cosines that weigh as much as the expectation.
    const EXPECTATION: f32 = 32.0;
    /// Beyond so many, older ones fade.
    const MEMORY: f32 = 4096.0;

    fn from(expected: f32) -> Self {
        Self { sum: expected * Self::EXPECTATION, weight: Self::EXPECTATION }
    }

    fn note(&mut self, cosine: f32) {
        let keep = if self.weight < Self::MEMORY { 1.0 } else { 1.0 - 1.0 / Self::MEMORY };
        self.sum = self.sum * keep + cosine;
        self.weight = self.weight * keep + 1.0;
    }

    fn mean(&self) -> f32 {
        (self.sum / self.weight).clamp(0.0, 1.0)
    }
}

impl Default for Fidelity {
    fn default() -> Self {
        Self::from(retrieve::STUDENT_FIDELITY)
    }
}

/// Chunks and seconds, the latest minute or so weighing most.
#[derive(Default)]
struct Rate {
    chunks: f64,
    seconds: f64,
}

impl Rate {
    fn note(&mut self, chunks: f64, seconds: f64) {
        /// After so many seconds of work, what was before counts for less than half.
        const MEMORY: f64 = 60.0;
        let keep = (-seconds / MEMORY).exp();
        self.chunks = self.chunks * keep + chunks;
        self.seconds = self.seconds * keep + seconds;
    }

    fn per_second(&self) -> Option<f64> {
        (self.chunks > 0.0 && self.seconds > 0.0).then(|| self.chunks / self.seconds)
    }
}

/// What a panicking thread left here is as good as before: every value stands for itself.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_kept_once_in_order_and_bounded() {
        let improving = Improving::default();
        improving.want([3, 1, 3, 2].map(ChunkId));
        assert_eq!(improving.take_wanted(2), [3, 1].map(ChunkId));
        improving.want((100..100 + 2 * WANTED as u64).map(ChunkId));
        let taken = improving.take_wanted(usize::MAX);
        assert_eq!((taken.len(), taken.last()), (WANTED, Some(&ChunkId(99 + 2 * WANTED as u64))));
        assert!(improving.take_wanted(1).is_empty());
    }

    #[test]
    fn fidelity_goes_from_expectation_to_what_is_seen() {
        let mut fidelity = Fidelity::from(0.6);
        assert!((fidelity.mean() - 0.6).abs() < 1e-6);
        (0..32).for_each(|_| fidelity.note(0.8));
        assert!((fidelity.mean() - 0.7).abs() < 1e-3);
        (0..100_000).for_each(|_| fidelity.note(0.3));
        assert!((fidelity.mean() - 0.3).abs() < 1e-3);
    }

    #[test]
    fn the_rate_follows_the_latest_work() {
        let mut rate = Rate::default();
        assert_eq!(rate.per_second(), None);
        rate.note(100.0, 1.0);
        for _ in 0..600 {
            rate.note(10.0, 1.0);
        }
        let now = rate.per_second().unwrap();
        assert!((now - 10.0).abs() < 0.1, "{now}");
    }
}
