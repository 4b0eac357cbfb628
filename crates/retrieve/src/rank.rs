//! Candidates: the chunks that a query's words and its vector bring, ranked.
//!
//! Invariant: scores fall along the list; equal scores are ordered by their place in the view, so one view gives one ranking, and only what
//! the view shows has a part in it. No candidate is judged on half the evidence: what only the words found gets its cosine too.
//! Not here: how the two scores become one (`fuse`).

use crate::fuse::{Asked, Candidate, Term, cosines, hopes, scores};
use corpus::{ChunkId, QuantizedVector, Tier};
use index::{Allowed, Error, Filter, View};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What ranks the chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Words and meaning together.
    #[default]
    Hybrid,
    /// Words alone (BM25).
    Lexical,
    /// Meaning alone (cosine).
    Dense,
}

/// A query, resolved.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The words.
    pub text: &'a str,
    /// The query's vector, in the space of the index, and the tier of the model that made it. Without one, hybrid falls back to words and
    /// dense finds nothing.
    pub vector: Option<(Tier, &'a [f32])>,
    /// Mean cosine of the student's vectors with the teacher's in this workspace; [`STUDENT_FIDELITY`](crate::STUDENT_FIDELITY) where it
    /// was not measured.
    pub fidelity: f32,
    /// Letters of the text for each word piece that the vector's model cuts it into: tells a language that the model can only spell.
    pub letters_per_piece: Option<f32>,
    /// What ranks.
    pub mode: Mode,
    /// How many chunks to return.
    pub limit: usize,
    /// Which documents may be returned.
    pub filter: &'a Filter,
    /// Whether recent documents are preferred, and how much.
    pub recency: Option<Recency>,
}

/// A preference for recent documents: the score of one that has just been modified stays, that of a very old one is halved, and in between
/// half of the preference is gone after each half-life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recency {
    /// The time that counts as now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Age at which half of the preference is gone, in milliseconds; more than 0.
    pub half_life_ms: i64,
}

impl Recency {
    /// What the score of a document is multiplied by: 0.5..=1.
    fn factor(self, modified_ms: i64) -> f32 {
        let age = self.now_ms.saturating_sub(modified_ms).max(0) as f64;
        (0.5 + 0.5 * (-age / self.half_life_ms.max(1) as f64).exp2()) as f32
    }
}

/// A chunk with its place in the ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The chunk.
    pub chunk: ChunkId,
    /// Where it stands among others with the same score.
    pub place: u64,
    /// What it is ranked by: the fused score, or the mode's own.
    pub score: f32,
    /// BM25, if the words were searched and found in it.
    pub lexical: Option<f32>,
    /// Cosine with the query, if the chunk has a vector and the query too.
    pub dense: Option<f32>,
    /// Which model the chunk's vector is from.
    pub tier: Option<Tier>,
}

/// Candidates each side brings, at the least: what is below that in both lists does not reach the first ten after fusion.
const CANDIDATES: usize = 200;

/// The chunks that a query's words and vector bring. Better vectors may be given to some of them before they are ranked.
pub struct Candidates {
    found: BTreeMap<ChunkId, Candidate>,
    /// What scores are multiplied by, where recency counts.
    factors: HashMap<ChunkId, f32>,
    vector: Option<QuantizedVector>,
    asked: Asked,
    mode: Mode,
    limit: usize,
}

impl Candidates {
    /// Finds what may rank high.
    ///
    /// # Errors
    /// When the full-text files cannot be read.
    pub fn gather(view: &View<'_>, query: &Query<'_>) -> Result<Self, Error> {
        let vector = query.vector.filter(|_| query.mode != Mode::Lexical);
        let mut candidates = Self {
            found: BTreeMap::new(),
            factors: HashMap::new(),
            vector: vector.and_then(|(_, vector)| QuantizedVector::from_f32(vector)),
            asked: Asked {
                bound: 0.0,
                terms: Vec::new(),
                n_chunks: 0.0,
                tier: vector.map(|(tier, _)| tier),
                fidelity: query.fidelity,
                letters_per_piece: query.letters_per_piece,
            },
            mode: query.mode,
            limit: query.limit,
        };
        let allowed = view.allowed(query.filter);
        if allowed.is_empty() || query.limit == 0 {
            return Ok(candidates);
        }
        let wanted = match query.mode {
            Mode::Hybrid => CANDIDATES.max(query.limit * 2),
            Mode::Lexical | Mode::Dense => query.limit,
        };
        if query.mode != Mode::Dense {
            candidates.add_lexical(view, query.text, wanted, &allowed)?;
        }
        candidates.add_dense(view, wanted, &allowed);
        candidates.look_up(view, query.recency);
        Ok(candidates)
    }

    /// Finds the documents of the candidates, and their places by them.
    fn look_up(&mut self, view: &View<'_>, recency: Option<Recency>) {
        let mut places = Vec::with_capacity(self.found.len());
        let mut doc_of = view.snapshot().docs().of_chunks();
        for candidate in self.found.values_mut() {
            let doc = doc_of(candidate.chunk);
            places.push(view.place(candidate.chunk, doc));
            let Some(doc) = doc else { continue };
            candidate.doc = Some(doc.id);
            candidate.chunk_bytes = Some(doc.size as f32 / doc.n_chunks.max(1) as f32);
            if let Some(recency) = recency {
                self.factors.insert(candidate.chunk, recency.factor(doc.mtime_ns / 1_000_000));
            }
        }
        places.sort_unstable();
        for (n, place) in (0..).zip(places) {
            self.found.entry(place.chunk()).and_modify(|candidate| candidate.place = n);
        }
    }

    /// The best of them, best first, as many as the query wants.
    #[must_use]
    pub fn ranked(&self) -> Vec<Ranked> {
        self.ordered(self.limit, |found| match self.mode {
            Mode::Hybrid => scores(found, &self.asked),
            Mode::Lexical => found.iter().map(|found| found.lexical.unwrap_or(0.0)).collect(),
            Mode::Dense => cosines(found, &self.asked),
        })
    }

    /// Candidates with a student's vector for which the teacher's would be worth its time: those among the best `n` by what they could come
    /// to, best first.
    #[must_use]
    pub fn hopeful(&self, n: usize) -> Vec<ChunkId> {
        let ranked = self.ordered(n, |found| hopes(found, &self.asked));
        let by_student = ranked.iter().filter(|ranked| ranked.tier == Some(Tier::Student));
        by_student.map(|ranked| ranked.chunk).collect()
    }

    fn ordered(&self, n: usize, scores: impl Fn(&[Candidate]) -> Vec<f32>) -> Vec<Ranked> {
        let found: Vec<Candidate> = self.found.values().copied().collect();
        let scores = scores(&found);
        let ranked = |(found, score): (Candidate, f32)| {
            let Candidate { chunk, place, lexical, dense, tier, .. } = found;
            let factor = self.factors.get(&chunk).copied().unwrap_or(1.0);
            Ranked { chunk, place, score: score * factor, lexical, dense, tier }
        };
        let mut list: Vec<Ranked> = found.into_iter().zip(scores).map(ranked).collect();
        list.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        list.truncate(n);
        list
    }

    /// Gives a candidate the teacher's vector. Others are ignored.
    pub fn rescore(&mut self, chunk: ChunkId, vector: &QuantizedVector) {
        if let (Some(query), Some(found)) = (&self.vector, self.found.get_mut(&chunk)) {
            (found.dense, found.tier) = (Some(vector.dot(query)), Some(Tier::Teacher));
        }
    }

    fn add_lexical(
        &mut self,
        view: &View<'_>,
        text: &str,
        wanted: usize,
        allowed: &Allowed,
    ) -> Result<(), Error> {
        let found = view.search_text(text, wanted, allowed)?;
        for (chunk, bm25) in found.hits {
            self.found.insert(chunk, Candidate { lexical: Some(bm25), ..unknown(chunk) });
        }
        self.asked.bound = found.bound;
        let terms = found.terms.iter();
        self.asked.terms =
            terms.map(|term| Term { doc_freq: term.doc_freq as f32, bound: term.bound }).collect();
        self.asked.n_chunks = view.n_chunks() as f32;
        Ok(())
    }

    fn add_dense(&mut self, view: &View<'_>, wanted: usize, allowed: &Allowed) {
        let Some(vector) = &self.vector else { return };
        for candidate in self.found.values_mut() {
            if let Some((tier, row)) = view.snapshot().vector(candidate.chunk) {
                (candidate.dense, candidate.tier) = (Some(row.dot(vector)), Some(tier));
            }
        }
        for found in view.search_vectors(vector, wanted, allowed) {
            let candidate = self.found.entry(found.chunk).or_insert_with(|| unknown(found.chunk));
            (candidate.dense, candidate.tier) = (Some(found.cosine), Some(found.tier));
        }
    }
}

fn unknown(chunk: ChunkId) -> Candidate {
    Candidate { chunk, place: chunk.0, doc: None, lexical: None, dense: None, tier: None, chunk_bytes: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_takes_up_to_half_of_a_score() {
        const DAY: i64 = 86_400_000;
        let recency = Recency { now_ms: 1000 * DAY, half_life_ms: 7 * DAY };
        for (days_old, factor) in [(0, 1.0), (7, 0.75), (14, 0.625), (900, 0.5), (-3, 1.0)] {
            assert!((recency.factor((1000 - days_old) * DAY) - factor).abs() < 1e-6, "{days_old}");
        }
        assert!((recency.factor(i64::MIN) - 0.5).abs() < 1e-6);
    }
}
