//! Fusion: one score from words and vectors.
//!
//! A convex sum of two scores that are both bounded without looking at the candidate list: the cosine, and the square root of the BM25 score
//! over its theoretical maximum for the query. Bruch, Gai and Ingber ("An Analysis of Fusion Functions for Hybrid Retrieval", 2022) found such
//! sums ahead of reciprocal rank fusion; measurements on our own sets agree (docs/adr/2026-11-21-fusion.md).
//!
//! Invariant: pure; the score of a candidate grows with each of its two sides, all else being equal.
//! Not here: how candidates are found (`rank`).

use corpus::{ChunkId, DocId, Tier};
use std::collections::HashMap;

/// A chunk that words or vectors brought, with all that is known of how it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) chunk: ChunkId,
    pub(crate) doc: Option<DocId>,
    /// BM25, if the words found it.
    pub(crate) lexical: Option<f32>,
    /// Cosine with the query, if the chunk has a vector and the query too.
    pub(crate) dense: Option<f32>,
    /// Which model the chunk's vector is from.
    pub(crate) tier: Option<Tier>,
}

/// What is known of a query beside its candidates.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// The largest BM25 score that any chunk could have.
    pub(crate) bound: f32,
    /// Its words.
    pub(crate) terms: Vec<Term>,
    /// Chunks in the index.
    pub(crate) n_chunks: f32,
    /// Which model the query's vector is from, if it has one.
    pub(crate) tier: Option<Tier>,
}

/// A word of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Term {
    /// Chunks that hold it.
    pub(crate) doc_freq: f32,
    /// The largest BM25 score it can add.
    pub(crate) bound: f32,
}

/// Share of the cosine in the hybrid score. See the ADR for the sweep it comes from.
const DENSE_SHARE: f32 = 0.6;

/// How much of the cosine's share a query of nothing but rare words takes away.
const SPECIFICITY_SHARE: f32 = 0.6;

/// The hybrid score of each candidate, in their order.
pub(crate) fn scores(candidates: &[Candidate], asked: &Asked) -> Vec<f32> {
    let specificity = asked.specificity();
    let mut scores: Vec<f32> = candidates
        .iter()
        .map(|found| fuse(found.lexical, found.dense, asked.bound, specificity, asked.tier.is_some()))
        .collect();
    support_by_document(&mut scores, candidates);
    scores
}

impl Asked {
    /// How much of the bound comes from words that hardly any chunk holds, 0..=1.
    fn specificity(&self) -> f32 {
        let rare: f32 = self.terms.iter().map(|term| rarity(term.doc_freq, self.n_chunks) * term.bound).sum();
        if self.bound > 0.0 { (rare / self.bound).min(1.0) } else { 0.0 }
    }
}

/// 0 for a word in more than one chunk of 400, 1 for a word in fewer than one of 20,000, by its idf in between. In a small workspace no
/// word is rare in this sense: that one of a few hundred chunks holds it says little.
fn rarity(doc_freq: f32, n_chunks: f32) -> f32 {
    let idf = (1.0 + (n_chunks - doc_freq + 0.5).max(0.0) / (doc_freq + 0.5)).ln();
    ((idf - 6.0) / 4.0).clamp(0.0, 1.0)
}

/// What the other good chunks of its document add to a chunk, as a share of their mean.
const DOCUMENT_SHARE: f32 = 0.25;
/// How many other chunks are looked at. A document with fewer has nothing to show for the rest.
const DOCUMENT_CHUNKS: usize = 3;

/// Raises each chunk by how well its document speaks to the query elsewhere: of two chunks as good, the one from the document that is about
/// the matter is meant.
fn support_by_document(scores: &mut [f32], candidates: &[Candidate]) {
    let mut best: HashMap<DocId, Vec<(f32, ChunkId)>> = HashMap::new();
    for (score, found) in scores.iter().zip(candidates) {
        if let Some(doc) = found.doc {
            best.entry(doc).or_default().push((*score, found.chunk));
        }
    }
    for of_doc in best.values_mut() {
        of_doc.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        of_doc.truncate(DOCUMENT_CHUNKS + 1);
    }
    for (score, found) in scores.iter_mut().zip(candidates) {
        let others = found.doc.and_then(|doc| best.get(&doc)).into_iter().flatten();
        let others = others.filter(|(_, chunk)| *chunk != found.chunk).take(DOCUMENT_CHUNKS);
        let sum: f32 = others.map(|(score, _)| score.max(0.0)).sum();
        *score += DOCUMENT_SHARE * sum / DOCUMENT_CHUNKS as f32;
    }
}

/// The hybrid score: in 0..=1 for any text that has something to do with the query. The rarer the query's words, the more the words count:
/// who types an identifier or a name means it.
fn fuse(lexical: Option<f32>, dense: Option<f32>, bound: f32, specificity: f32, has_vector: bool) -> f32 {
    let by_words = lexical.map_or(0.0, |bm25| normalise(bm25, bound));
    if !has_vector {
        return by_words;
    }
    let share = DENSE_SHARE * (1.0 - SPECIFICITY_SHARE * specificity);
    (1.0 - share) * by_words + share * dense.unwrap_or(0.0)
}

/// BM25 over its maximum, stretched: a passage rarely has half of what is possible, and the square root spreads the part that is used.
fn normalise(bm25: f32, bound: f32) -> f32 {
    if bound > 0.0 { (bm25 / bound).clamp(0.0, 1.0).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fused_score_is_bounded_and_grows_with_either_side(
            a in 0.0_f32..50.0, more in 0.0_f32..10.0, cos in -1.0_f32..1.0, closer in 0.0_f32..0.5, bound in 0.0_f32..60.0,
            specificity in 0.0_f32..1.0,
        ) {
            let score = fuse(Some(a), Some(cos), bound, specificity, true);
            prop_assert!((-1.0..=1.0).contains(&score));
            prop_assert!(fuse(Some(a + more), Some(cos), bound, specificity, true) >= score);
            prop_assert!(fuse(Some(a), Some((cos + closer).min(1.0)), bound, specificity, true) >= score);
            prop_assert!(fuse(Some(a), None, bound, specificity, false) >= 0.0);
        }
    }

    #[test]
    fn a_word_that_one_chunk_of_a_million_holds_beats_a_vague_likeness() {
        // One occurrence of the rare word in a long chunk, beside a chunk that shares no word but looks alike.
        assert!(fuse(Some(14.0), Some(0.1), 40.0, 0.75, true) > fuse(None, Some(0.56), 40.0, 0.75, true));
        assert_eq!([rarity(1.0, 300.0), rarity(50.0, 10_000.0), rarity(1.0, 1_000_000.0)], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_document_that_is_about_the_matter_lifts_its_chunks() {
        let found = |chunk| Candidate {
            chunk: ChunkId(chunk),
            doc: Some(DocId(chunk / 10)),
            lexical: None,
            dense: None,
            tier: None,
        };
        let mut scores = [0.5, 0.5, 0.4, 0.4];
        support_by_document(&mut scores, &[1, 10, 11, 12].map(found));
        assert!((scores[0] - 0.5).abs() < 1e-6, "alone in its document");
        assert!(scores[1] > scores[0] && scores[1] > scores[2], "{scores:?}");
    }
}
