//! Fusion: one ranking from words and vectors.
//!
//! A convex sum of two scores that are both bounded without looking at the candidate list: the cosine, and the square root of the BM25 score
//! over its theoretical maximum for the query. Bruch, Gai and Ingber ("An Analysis of Fusion Functions for Hybrid Retrieval", 2022) found such
//! sums ahead of reciprocal rank fusion; measurements on our own sets agree (docs/adr/2026-11-21-fusion.md).
//!
//! Invariant: scores fall along the list; equal scores are ordered by chunk id, so one snapshot gives one ranking.

use corpus::{ChunkId, DocId, QuantizedVector, Tier};
use index::{Allowed, Error, Filter, Snapshot};
use std::collections::{BTreeMap, HashMap};

/// What ranks the chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The query's vector, in the space of the index. Without one, hybrid falls back to words and dense finds nothing.
    pub vector: Option<&'a [f32]>,
    /// What ranks.
    pub mode: Mode,
    /// How many chunks to return.
    pub limit: usize,
    /// Which documents may be returned.
    pub filter: &'a Filter,
}

/// A chunk with its place in the ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// The chunk.
    pub chunk: ChunkId,
    /// What it is ranked by: the fused score, or the mode's own.
    pub score: f32,
    /// BM25, if the words were searched and found in it.
    pub lexical: Option<f32>,
    /// Cosine with the query, if the chunk has a vector and the query too.
    pub dense: Option<f32>,
    /// Which model the chunk's vector is from.
    pub tier: Option<Tier>,
}

/// Share of the cosine in the hybrid score. See the ADR for the sweep it comes from.
const DENSE_SHARE: f32 = 0.6;

/// How much of the cosine's share a query of nothing but rare words takes away.
const SPECIFICITY_SHARE: f32 = 0.6;

/// Candidates each side brings, at the least: what is below that in both lists does not reach the first ten after fusion.
const CANDIDATES: usize = 100;

/// Ranks the chunks of a snapshot.
///
/// # Errors
/// When the full-text files cannot be read.
pub fn rank(snapshot: &Snapshot, query: &Query<'_>) -> Result<Vec<Ranked>, Error> {
    let allowed = snapshot.allowed(query.filter);
    if allowed.is_empty() || query.limit == 0 {
        return Ok(Vec::new());
    }
    let wanted = match query.mode {
        Mode::Hybrid => CANDIDATES.max(query.limit * 2),
        Mode::Lexical | Mode::Dense => query.limit,
    };
    let mut candidates = BTreeMap::new();
    let mut words = Words { bound: 0.0, specificity: 0.0 };
    if query.mode != Mode::Dense {
        words = add_lexical(&mut candidates, snapshot, query.text, wanted, &allowed)?;
    }
    if let Some(vector) = query.vector.filter(|_| query.mode != Mode::Lexical) {
        add_dense(&mut candidates, snapshot, vector, wanted, &allowed);
    }
    let mut list = scored(candidates, query, words);
    if query.mode == Mode::Hybrid {
        support_by_document(&mut list, |chunk| snapshot.docs().of_chunk(chunk).map(|doc| doc.id));
    }
    list.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.chunk.cmp(&b.chunk)));
    list.truncate(query.limit);
    Ok(list)
}

/// What is known of a query's words.
#[derive(Clone, Copy)]
struct Words {
    /// The largest BM25 score that any chunk could have.
    bound: f32,
    /// How much of the bound comes from words that hardly any chunk holds, 0..=1.
    specificity: f32,
}

fn add_lexical(
    candidates: &mut BTreeMap<ChunkId, Ranked>,
    snapshot: &Snapshot,
    text: &str,
    wanted: usize,
    allowed: &Allowed,
) -> Result<Words, Error> {
    let found = snapshot.search_text(text, wanted, allowed)?;
    for (chunk, bm25) in found.hits {
        candidates.insert(chunk, Ranked { lexical: Some(bm25), ..unranked(chunk) });
    }
    let rare: f32 = found
        .terms
        .iter()
        .map(|term| rarity(term.doc_freq as f32, snapshot.live().len() as f32) * term.bound)
        .sum();
    Ok(Words {
        bound: found.bound,
        specificity: if found.bound > 0.0 { (rare / found.bound).min(1.0) } else { 0.0 },
    })
}

/// 0 for a word in more than one chunk of 400, 1 for a word in fewer than one of 20,000, by its idf in between. In a small workspace no
/// word is rare in this sense: that one of a few hundred chunks holds it says little.
fn rarity(doc_freq: f32, n_chunks: f32) -> f32 {
    let idf = (1.0 + (n_chunks - doc_freq + 0.5).max(0.0) / (doc_freq + 0.5)).ln();
    ((idf - 6.0) / 4.0).clamp(0.0, 1.0)
}

fn add_dense(
    candidates: &mut BTreeMap<ChunkId, Ranked>,
    snapshot: &Snapshot,
    vector: &[f32],
    wanted: usize,
    allowed: &Allowed,
) {
    let Some(vector) = QuantizedVector::from_f32(vector) else { return };
    // What only the words found gets its cosine too: no candidate is judged on half the evidence.
    for ranked in candidates.values_mut() {
        if let Some((tier, row)) = snapshot.vector(ranked.chunk) {
            (ranked.dense, ranked.tier) = (Some(row.dot(&vector)), Some(tier));
        }
    }
    for found in snapshot.search_vectors(&vector, wanted, allowed) {
        let ranked = candidates.entry(found.chunk).or_insert_with(|| unranked(found.chunk));
        (ranked.dense, ranked.tier) = (Some(found.cosine), Some(found.tier));
    }
}

fn unranked(chunk: ChunkId) -> Ranked {
    Ranked { chunk, score: 0.0, lexical: None, dense: None, tier: None }
}

fn scored(candidates: BTreeMap<ChunkId, Ranked>, query: &Query<'_>, words: Words) -> Vec<Ranked> {
    let score = |ranked: &Ranked| match query.mode {
        Mode::Lexical => ranked.lexical.unwrap_or(0.0),
        Mode::Dense => ranked.dense.unwrap_or(0.0),
        Mode::Hybrid => fuse(ranked.lexical, ranked.dense, words, query.vector.is_some()),
    };
    candidates.into_values().map(|ranked| Ranked { score: score(&ranked), ..ranked }).collect()
}

/// What the other good chunks of its document add to a chunk, as a share of their mean.
const DOCUMENT_SHARE: f32 = 0.25;
/// How many other chunks are looked at. A document with fewer has nothing to show for the rest.
const DOCUMENT_CHUNKS: usize = 3;

/// Raises each chunk by how well its document speaks to the query elsewhere: of two chunks as good, the one from the document that is about
/// the matter is meant.
fn support_by_document(list: &mut [Ranked], document: impl Fn(ChunkId) -> Option<DocId>) {
    let mut best: HashMap<DocId, Vec<(f32, ChunkId)>> = HashMap::new();
    let documents: Vec<Option<DocId>> = list.iter().map(|ranked| document(ranked.chunk)).collect();
    for (ranked, document) in list.iter().zip(&documents) {
        if let Some(document) = document {
            best.entry(*document).or_default().push((ranked.score, ranked.chunk));
        }
    }
    for scores in best.values_mut() {
        scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        scores.truncate(DOCUMENT_CHUNKS + 1);
    }
    for (ranked, document) in list.iter_mut().zip(documents) {
        let others = document.and_then(|document| best.get(&document)).into_iter().flatten();
        let others = others.filter(|(_, chunk)| *chunk != ranked.chunk).take(DOCUMENT_CHUNKS);
        let sum: f32 = others.map(|(score, _)| score.max(0.0)).sum();
        ranked.score += DOCUMENT_SHARE * sum / DOCUMENT_CHUNKS as f32;
    }
}

/// The hybrid score: in 0..=1 for any text that has something to do with the query. The rarer the query's words, the more the words count:
/// who types an identifier or a name means it.
fn fuse(lexical: Option<f32>, dense: Option<f32>, words: Words, has_vector: bool) -> f32 {
    let by_words = lexical.map_or(0.0, |bm25| normalise(bm25, words.bound));
    if !has_vector {
        return by_words;
    }
    let share = DENSE_SHARE * (1.0 - SPECIFICITY_SHARE * words.specificity);
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
            let words = Words { bound, specificity };
            let score = fuse(Some(a), Some(cos), words, true);
            prop_assert!((-1.0..=1.0).contains(&score));
            prop_assert!(fuse(Some(a + more), Some(cos), words, true) >= score);
            prop_assert!(fuse(Some(a), Some((cos + closer).min(1.0)), words, true) >= score);
            prop_assert!(fuse(Some(a), None, words, false) >= 0.0);
        }
    }

    #[test]
    fn a_word_that_one_chunk_of_a_million_holds_beats_a_vague_likeness() {
        // One occurrence of the rare word in a long chunk, beside a chunk that shares no word but looks alike.
        let words = Words { bound: 40.0, specificity: 0.75 };
        assert!(fuse(Some(14.0), Some(0.1), words, true) > fuse(None, Some(0.56), words, true));
        assert_eq!([rarity(1.0, 300.0), rarity(50.0, 10_000.0), rarity(1.0, 1_000_000.0)], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_document_that_is_about_the_matter_lifts_its_chunks() {
        let ranked = |chunk, score| Ranked { score, ..unranked(ChunkId(chunk)) };
        let mut list = vec![ranked(1, 0.5), ranked(10, 0.5), ranked(11, 0.4), ranked(12, 0.4)];
        support_by_document(&mut list, |chunk| Some(DocId(chunk.0 / 10)));
        assert!((list[0].score - 0.5).abs() < 1e-6, "alone in its document");
        assert!(list[1].score > list[0].score && list[1].score > list[2].score, "{list:?}");
    }
}
