//! Adaptation: fits the workspace's own student to a sample of its chunks, and gives every chunk without a teacher's vector a new one.
//!
//! Invariant: queries and writes go on all the while; a stop leaves a workspace that works, with some vectors of either student, and the
//! next run does what is left. All of them lie in the teacher's space.
//! Not here: when it is worth it (`maintain`).

use crate::backfill::{embedding_text, vector_row};
use crate::{Engine, Error, ErrorKind, Result};
use corpus::{ChunkId, DIM, Tier, Token, Tokenizer};
use embed::{FitOptions, Sample, Student, fit};
use index::{Snapshot, StoredChunk, VectorRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How to adapt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdaptOptions {
    /// Passages that get a teacher's vector for it.
    pub sample: usize,
}

impl Default for AdaptOptions {
    fn default() -> Self {
        Self { sample: 500 }
    }
}

/// What an adaptation came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adapted {
    /// Passages that the student was fitted to: the sample, and others that had a teacher's vector.
    pub passages: usize,
    /// Rows of the table that changed.
    pub rows: usize,
    /// Chunks that got a new student vector.
    pub chunks: u64,
}

/// Passages the fit takes at the most: beyond it they add time and little else.
pub(crate) const MOST_PASSAGES: usize = 4096;
/// Chunks embedded and stored in one step.
const STEP: usize = 1024;
/// Chunks whose new vectors appear together: 52 MB of them wait in memory.
const GROUP: usize = 131_072;
/// Passages of the sample embedded by the teacher between two looks at `cancel`.
const TEACHER_STEP: usize = 16;

impl Engine {
    /// Fits the student to this workspace: gives a diverse sample of chunks teacher vectors, fits the built-in table further to
    /// all that have one, and gives the other chunks their vectors anew. A smaller workspace gives a smaller sample.
    ///
    /// # Errors
    /// [`Model`](ErrorKind::Model) without a teacher, [`Cancelled`](ErrorKind::Cancelled), and when the teacher or the index fails.
    pub fn adapt(&self, options: &AdaptOptions, cancel: &AtomicBool) -> Result<Adapted> {
        if !self.teacher.is_ready() {
            let why = self.teacher.problem().unwrap_or("this workspace uses no teacher").to_owned();
            return Err(Error::new(ErrorKind::Model, why)
                .hint("run `workroom models install` and `workroom models use`"));
        }
        let snapshot = self.snapshot()?;
        let sample = choose(&snapshot, options.sample);
        self.teach(&snapshot, &sample, cancel)?;
        self.refit(cancel)
    }

    /// Fits the student to the chunks that have a teacher's vector by now, and gives the others their vectors anew.
    pub(crate) fn refit(&self, cancel: &AtomicBool) -> Result<Adapted> {
        let lessons = self.lessons(&*self.snapshot()?)?;
        let passages = lessons.len();
        let fitted = self.ingest.install(|| fitted(&lessons));
        let rows = fitted.rows;
        self.take_student(fitted, passages)?;
        let chunks = self.rederive(cancel)?;
        Ok(Adapted { passages, rows, chunks })
    }

    /// Gives chunks teacher vectors.
    fn teach(&self, snapshot: &Snapshot, chunks: &[ChunkId], cancel: &AtomicBool) -> Result<()> {
        for step in chunks.chunks(TEACHER_STEP) {
            if cancel.load(Ordering::Relaxed) {
                return Err(cancelled());
            }
            self.backfill_batch(snapshot, step)?;
        }
        Ok(())
    }

    /// The passages that have a teacher's vector, as the fit takes them.
    fn lessons(&self, snapshot: &Snapshot) -> Result<Vec<Lesson>> {
        let taught = evenly(&by_tier(snapshot, Tier::Teacher), MOST_PASSAGES);
        let mut lessons = Vec::with_capacity(taught.len());
        for step in taught.chunks(STEP) {
            for stored in snapshot.fetch(step)?.into_iter().flatten() {
                let Some((_, vector)) = snapshot.vector(stored.chunk_id) else { continue };
                let Ok(target) = <[f32; DIM]>::try_from(vector.to_f32()) else { continue };
                let mut pieces = Vec::new();
                self.tokenizer.tokenize(&embedding_text(&stored), &mut pieces);
                lessons.push(Lesson { pieces, target });
            }
        }
        Ok(lessons)
    }

    /// Gives every chunk whose vector is by another student than the one in use its vector anew. Returns how many got one.
    pub(crate) fn rederive(&self, cancel: &AtomicBool) -> Result<u64> {
        let student = self.ingest.student();
        let outdated = self.index.outdated(student.model)?;
        let mut shown = 0;
        for group in outdated.chunks(GROUP) {
            let mut rows = Vec::with_capacity(group.len());
            for step in group.chunks(STEP) {
                if cancel.load(Ordering::Relaxed) {
                    return Err(cancelled());
                }
                let stored: Vec<StoredChunk> =
                    self.index.documents().fetch(step)?.into_iter().flatten().collect();
                let fresh: Vec<VectorRow> = stored
                    .iter()
                    .filter_map(|stored| {
                        let vector = student.student.embed_text(&embedding_text(stored))?;
                        vector_row(stored, student.model, Tier::Student, &vector)
                    })
                    .collect();
                self.index.stage_vectors(fresh.clone())?;
                rows.extend(fresh);
            }
            shown += self.index.show_vectors(&rows)? as u64;
        }
        Ok(shown)
    }
}

/// A passage with the vector that its word pieces should come to.
struct Lesson {
    pieces: Vec<Token>,
    target: [f32; DIM],
}

/// One lesson in so many is kept apart to see whether the others teach anything.
const EXAMINED: usize = 5;

/// What a fit came to.
pub(crate) struct Fitted {
    pub(crate) student: Arc<Student>,
    /// Rows that changed.
    pub(crate) rows: usize,
    /// Mean cosine with the teacher on passages it was not fitted to.
    pub(crate) fidelity: f32,
}

/// The built-in table fitted to all lessons; as it is where a fit to most of them does not bring the others nearer to their vectors, as
/// happens in workspaces of very mixed content.
fn fitted(lessons: &[Lesson]) -> Fitted {
    let builtin = Student::builtin();
    let (examined, others): (Vec<_>, Vec<_>) =
        lessons.iter().enumerate().partition(|(at, _)| at.is_multiple_of(EXAMINED));
    let tried = fit_to(others.iter().map(|(_, lesson)| *lesson)).0;
    let nearness = |student: &Student| -> f32 {
        let sum: f32 = examined.iter().map(|(_, lesson)| nearness(student, lesson)).sum();
        (sum / examined.len().max(1) as f32).clamp(0.0, 1.0)
    };
    let (before, after) = (nearness(builtin), nearness(&tried));
    if after <= before {
        return Fitted { student: Arc::clone(builtin), rows: 0, fidelity: before };
    }
    let (student, rows) = fit_to(lessons);
    Fitted { student: Arc::new(student), rows, fidelity: after }
}

fn fit_to<'a>(lessons: impl IntoIterator<Item = &'a Lesson>) -> (Student, usize) {
    let mut sample = Sample::default();
    for lesson in lessons {
        sample.push(&lesson.pieces, &lesson.target);
    }
    let builtin = Student::builtin();
    let fitted = fit(&sample, |id| builtin.row(id).unwrap_or([0.0; DIM]), FitOptions::default());
    (builtin.with_rows(fitted.iter()), fitted.ids.len())
}

/// The cosine of what a student makes of a passage with what it should be.
fn nearness(student: &Student, lesson: &Lesson) -> f32 {
    let made = student.embed_tokens(&lesson.pieces).unwrap_or([0.0; DIM]);
    made.iter().zip(&lesson.target).map(|(a, b)| a * b).sum()
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "adaptation was stopped")
}

/// Live chunks whose vector is of a tier, by rising id.
fn by_tier(snapshot: &Snapshot, tier: Tier) -> Vec<ChunkId> {
    snapshot.live().iter().map(ChunkId).filter(|chunk| snapshot.tier(*chunk) == Some(tier)).collect()
}

/// At most `n` of `all`, at even steps.
fn evenly<T: Copy>(all: &[T], n: usize) -> Vec<T> {
    if all.len() <= n {
        return all.to_vec();
    }
    (0..n).map(|i| all[i * all.len() / n]).collect()
}

/// Up to `n` chunks without a teacher's vector, at even steps through the workspace. Chunks lie in the order they came in, folder by folder,
/// so even steps are spread over all of it; spreading them by distance as well was measured to be no better (docs/adr/2026-11-21-adaptation.md).
pub(crate) fn choose(snapshot: &Snapshot, n: usize) -> Vec<ChunkId> {
    evenly(&by_tier(snapshot, Tier::Student), n)
}
