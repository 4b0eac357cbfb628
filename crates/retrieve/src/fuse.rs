//! Fusion: one score from words and vectors.
//!
//! BM25 has a scale of its own, how much the words of the query tell, so it is kept: a chunk scores `words + points * cosine`, over the most
//! that it could score. The more a query's words tell (the higher its bound), the less of the score is left to the cosine, without a weight
//! to be chosen for each query. A cosine counts for less, the more of it comes from the student. Measured against fixed shares, other
//! normalisations and learned weights in docs/adr/2026-11-21-fusion.md.
//!
//! Invariant: pure; the score of a candidate grows with each of its two sides, all else being equal.
//! Not here: how candidates are found (`rank`).

use corpus::{ChunkId, DocId, Tier};
use std::collections::HashMap;

/// A chunk that words or vectors brought, with all that is known of how it fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) chunk: ChunkId,
    /// Where it stands among others that are as good.
    pub(crate) place: u64,
    pub(crate) doc: Option<DocId>,
    /// BM25, if the words found it.
    pub(crate) lexical: Option<f32>,
    /// Cosine with the query, if the chunk has a vector and the query too.
    pub(crate) dense: Option<f32>,
    /// Which model the chunk's vector is from.
    pub(crate) tier: Option<Tier>,
    /// Bytes of a chunk of its document, on average, if the document is known.
    pub(crate) chunk_bytes: Option<f32>,
}

/// What is known of a query beside its candidates.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// The largest BM25 score that any chunk could have.
    pub(crate) bound: f32,
    /// Its words.
    pub(crate) terms: Vec<Term>,
    /// Chunks in the index.
    pub(crate) n_chunks: f32,
    /// Which model the query's vector is from, if it has one.
    pub(crate) tier: Option<Tier>,
    /// How near the student's vectors are to the teacher's in this workspace.
    pub(crate) fidelity: f32,
    /// Letters of the query for each word piece that its model cuts it into, if they were counted.
    pub(crate) letters_per_piece: Option<f32>,
}

/// A word of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Term {
    /// Chunks that hold it.
    pub(crate) doc_freq: f32,
    /// The largest BM25 score it can add.
    pub(crate) bound: f32,
}

/// What a cosine of 1 between two vectors of the teacher is worth, in points of BM25.
const DENSE_POINTS: f32 = 46.0;

/// How much of these points a query of nothing but rare words takes away: who types an identifier or a name means it.
const SPECIFICITY_SHARE: f32 = 0.85;

/// Bytes of a text that is long enough for a model to tell what it is about: two lines.
const MEANINGFUL_BYTES: f32 = 180.0;
/// How fast a cosine loses worth below that: a text of some words (a line of a chat, a stub) looks like almost anything, and BM25 alone
/// knows its size.
const BREVITY_POWER: f32 = 0.25;

/// Letters for each word piece where a model can only spell a text: its vector says nothing.
const SPELLED: f32 = 1.0;
/// Letters for each word piece where a model knows the words, at the least. English has four, German cut by an English vocabulary 2.5.
const FLUENT: f32 = 3.0;

/// Bends BM25 over its bound: a chunk with half of what the words can say has three eighths of it left, one with a tenth hardly anything,
/// for that is a word or two met by chance.
const LEXICAL_BEND: f32 = 1.4;

/// Mean cosine of the built-in student's vector of a chunk with the teacher's, in text of any kind: what to expect of a workspace where
/// it has not been measured.
pub const STUDENT_FIDELITY: f32 = 0.65;
/// The same for queries, which are short.
const QUERY_FIDELITY: f32 = 0.46;
/// Where an expected cosine starts when nothing is known of one side.
const PRIOR_COSINE: f32 = 0.17;

/// How far a teacher's cosine may lie above what was to be expected of a student's that knew nothing: one standard deviation or so.
const HOPE: f32 = 0.2;

/// What a cosine says of the one that two teacher vectors would have. A student's vector is the teacher's, shortened to its fidelity, and
/// noise: so is the cosine, and what is lost is made up by what two texts have in common on average. So a chunk neither gains nor loses
/// by getting its better vector, but for what that vector says.
fn expected_cosine(cosine: f32, query: Tier, chunk: Tier, fidelity: f32) -> f32 {
    let (slope, start) = match (query, chunk) {
        (Tier::Teacher, Tier::Teacher) => (1.0, 0.0),
        (Tier::Teacher, Tier::Student) => (fidelity, PRIOR_COSINE * (1.0 - fidelity)),
        (Tier::Student, Tier::Teacher) => (STUDENT_FIDELITY, PRIOR_COSINE * (1.0 - STUDENT_FIDELITY)),
        (Tier::Student, Tier::Student) => (fidelity * QUERY_FIDELITY, 0.04),
    };
    (start + slope * cosine).clamp(0.0, 1.0)
}

/// The hybrid score of each candidate, in their order: 0 for what has nothing to do with the query, 1 for the most that words and vector
/// can say, and beyond that what a document adds that speaks to the query throughout.
pub(crate) fn scores(candidates: &[Candidate], asked: &Asked) -> Vec<f32> {
    let points = asked.dense_points();
    let mut scores: Vec<f32> = candidates.iter().map(|found| fuse(found, asked, points)).collect();
    support_by_document(&mut scores, candidates);
    scores
}

/// As [`scores`], but what a student's vector leaves open is taken for the better: what a candidate could come to with the teacher's. The
/// best by this are worth the teacher's time. By their expected scores alone they would not be looked at where many others have
/// teacher vectors already, whose cosines are spread wider.
pub(crate) fn hopes(candidates: &[Candidate], asked: &Asked) -> Vec<f32> {
    let open = HOPE * (1.0 - asked.fidelity * asked.fidelity).max(0.0).sqrt();
    let points = asked.dense_points();
    let share = if asked.bound + points > 0.0 { points / (asked.bound.max(0.0) + points) } else { 0.0 };
    let hope = |found: &Candidate| match found.tier {
        Some(Tier::Student) => open * share * brevity_factor(found.chunk_bytes),
        _ => 0.0,
    };
    scores(candidates, asked).into_iter().zip(candidates).map(|(score, found)| score + hope(found)).collect()
}

/// The expected cosine of each candidate with the query, 0 where one of both has no vector.
pub(crate) fn cosines(candidates: &[Candidate], asked: &Asked) -> Vec<f32> {
    candidates.iter().map(|found| meaning(found, asked)).collect()
}

fn meaning(found: &Candidate, asked: &Asked) -> f32 {
    match (found.dense, asked.tier, found.tier) {
        (Some(cosine), Some(query), Some(chunk)) => expected_cosine(cosine, query, chunk, asked.fidelity),
        _ => 0.0,
    }
}

fn fuse(found: &Candidate, asked: &Asked, points: f32) -> f32 {
    let bound = asked.bound.max(0.0);
    let by_meaning = points * meaning(found, asked) * brevity_factor(found.chunk_bytes);
    if bound + points > 0.0 { (by_words(found.lexical, bound) + by_meaning) / (bound + points) } else { 0.0 }
}

/// What is left of a cosine with a text of that size, 0..=1.
fn brevity_factor(bytes: Option<f32>) -> f32 {
    bytes.map_or(1.0, |bytes| (bytes / MEANINGFUL_BYTES).clamp(0.0, 1.0).powf(BREVITY_POWER))
}

/// What BM25 is worth, 0..=`bound`.
fn by_words(bm25: Option<f32>, bound: f32) -> f32 {
    let share = if bound > 0.0 { bm25.unwrap_or(0.0) / bound } else { 0.0 };
    bound * share.clamp(0.0, 1.0).powf(LEXICAL_BEND)
}

impl Asked {
    /// What a cosine of 1 is worth beside this query's words.
    fn dense_points(&self) -> f32 {
        if self.tier.is_none() {
            return 0.0;
        }
        DENSE_POINTS * (1.0 - SPECIFICITY_SHARE * self.specificity()) * self.fluency()
    }

    /// How well the model reads the query's language, 0..=1.
    fn fluency(&self) -> f32 {
        self.letters_per_piece
            .map_or(1.0, |letters| ((letters - SPELLED) / (FLUENT - SPELLED)).clamp(0.0, 1.0))
    }

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

/// Chunks of a document that add nothing to it, from its best on: up to three good ones may be one passage, cut and overlapping.
const PASSAGE_CHUNKS: usize = 3;
/// How many chunks after those add something.
const SUPPORT_CHUNKS: usize = 3;
/// The candidate whose score is the background: what is below it says nothing of its document.
const BACKGROUND_RANK: usize = 40;

/// Raises the chunks of documents that speak to the query throughout: of two chunks as good, the one from the document that is about the
/// matter is meant. What is added is a mean, so that it never outweighs what a chunk itself gains by rising; the order within a document
/// stays.
fn support_by_document(scores: &mut [f32], candidates: &[Candidate]) {
    let mut order: Vec<usize> = (0..scores.len().min(candidates.len())).collect();
    order.sort_unstable_by(|&a, &b| {
        scores[b].total_cmp(&scores[a]).then(candidates[a].place.cmp(&candidates[b].place))
    });
    let Some(&at) = order.get(BACKGROUND_RANK).or(order.last()) else { return };
    let background = scores[at];
    let mut seen: HashMap<DocId, (usize, f32)> = HashMap::new();
    for &at in order.iter().take(BACKGROUND_RANK) {
        let Some(doc) = candidates[at].doc else { continue };
        let (n_chunks, support) = seen.entry(doc).or_default();
        if (PASSAGE_CHUNKS..PASSAGE_CHUNKS + SUPPORT_CHUNKS).contains(n_chunks) {
            *support += (scores[at] - background) / SUPPORT_CHUNKS as f32;
        }
        *n_chunks += 1;
    }
    for (score, found) in scores.iter_mut().zip(candidates) {
        *score += found.doc.and_then(|doc| seen.get(&doc)).map_or(0.0, |(_, support)| *support);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TIERS: [Tier; 2] = [Tier::Student, Tier::Teacher];

    fn asked(bound: f32, tier: Option<Tier>) -> Asked {
        Asked {
            bound,
            tier,
            terms: Vec::new(),
            n_chunks: 0.0,
            fidelity: STUDENT_FIDELITY,
            letters_per_piece: None,
        }
    }

    fn found(chunk: u64, lexical: Option<f32>, dense: Option<f32>, tier: Tier) -> Candidate {
        // Ten chunks a document.
        let (place, chunk, doc) = (chunk, ChunkId(chunk), Some(DocId(chunk / 10)));
        Candidate { chunk, place, doc, lexical, dense, tier: Some(tier), chunk_bytes: None }
    }

    fn candidate(chunk: u64) -> impl Strategy<Value = Candidate> {
        let (lexical, dense) = (prop::option::of(0.0_f32..60.0), prop::option::of(-1.0_f32..1.0));
        let tier = prop::sample::select(TIERS.to_vec());
        (lexical, dense, tier, prop::option::of(0.0_f32..2000.0)).prop_map(
            move |(lexical, dense, tier, chunk_bytes)| Candidate {
                chunk_bytes,
                ..found(chunk, lexical, dense, tier)
            },
        )
    }

    fn candidates() -> impl Strategy<Value = Vec<Candidate>> {
        prop::collection::vec(any::<()>(), 1..60)
            .prop_flat_map(|list| (0..list.len() as u64).map(candidate).collect::<Vec<_>>())
    }

    fn query() -> impl Strategy<Value = Asked> {
        let term = (0.0_f32..5000.0, 0.0_f32..30.0).prop_map(|(doc_freq, bound)| Term { doc_freq, bound });
        let tier = prop::sample::select(vec![None, Some(Tier::Student), Some(Tier::Teacher)]);
        (prop::collection::vec(term, 0..6), tier).prop_map(|(terms, tier)| Asked {
            bound: terms.iter().map(|term| term.bound).sum(),
            terms,
            n_chunks: 100_000.0,
            tier,
            fidelity: STUDENT_FIDELITY,
            letters_per_piece: None,
        })
    }

    proptest! {
        #[test]
        fn scores_are_bounded(list in candidates(), asked in query()) {
            for score in scores(&list, &asked) {
                prop_assert!((0.0..=2.0).contains(&score), "{score}");
            }
        }

        #[test]
        fn a_score_grows_with_either_side(
            list in candidates(), asked in query(), at in any::<prop::sample::Index>(), more in 0.0_f32..20.0, closer in 0.0_f32..0.5,
        ) {
            let at = at.index(list.len());
            let before = scores(&list, &asked)[at];
            let mut better = list.clone();
            better[at].lexical = Some(list[at].lexical.unwrap_or(0.0) + more);
            prop_assert!(scores(&better, &asked)[at] >= before - 1e-5);
            better[at].dense = list[at].dense.map(|cosine| (cosine + closer).min(1.0));
            prop_assert!(scores(&better, &asked)[at] >= before - 1e-5);
        }

        #[test]
        fn the_order_of_the_candidates_changes_nothing(list in candidates(), asked in query()) {
            let mut reversed: Vec<Candidate> = list.clone();
            reversed.reverse();
            let mut backward = scores(&reversed, &asked);
            backward.reverse();
            prop_assert_eq!(scores(&list, &asked), backward);
        }

        #[test]
        fn a_noisier_cosine_moves_a_score_less(cosine in 0.0_f32..0.9, step in 0.01_f32..0.1) {
            let gain = |query, chunk| {
                expected_cosine(cosine + step, query, chunk, STUDENT_FIDELITY) - expected_cosine(cosine, query, chunk, STUDENT_FIDELITY)
            };
            let [weak, strong] = TIERS;
            prop_assert!(gain(weak, weak) < gain(strong, weak));
            prop_assert!(gain(strong, weak) < gain(strong, strong));
        }
    }

    #[test]
    fn without_a_vector_the_words_rank() {
        let list = [0.0, 6.0, 12.0].map(|bm25| found(0, Some(bm25), Some(0.5), Tier::Teacher));
        let half = scores(&list, &asked(12.0, None))[1];
        assert_eq!(scores(&list, &asked(12.0, None)), [0.0, half, 1.0]);
        assert!((0.3..0.5).contains(&half), "{half}");
        assert_eq!(scores(&list, &asked(0.0, None)), [0.0; 3], "no word of the query occurs");
        assert_eq!(scores(&[], &asked(12.0, None)), [0.0; 0]);
    }

    #[test]
    fn a_query_that_says_more_leaves_less_to_the_cosine() {
        // Two thirds of what the words can say, beside a chunk that only looks alike.
        for (bound, words_win) in [(15.0, false), (60.0, true)] {
            let list = [
                found(0, Some(bound * 2.0 / 3.0), Some(0.2), Tier::Teacher),
                found(10, None, Some(0.6), Tier::Teacher),
            ];
            let scores = scores(&list, &asked(bound, Some(Tier::Teacher)));
            assert_eq!(scores[0] > scores[1], words_win, "{bound} {scores:?}");
        }
    }

    #[test]
    fn a_word_that_one_chunk_of_a_million_holds_beats_a_vague_likeness() {
        // One occurrence of the rare word in a long chunk, beside a chunk that shares no word but looks alike.
        let rare = Term { doc_freq: 1.0, bound: 30.0 };
        let common = Term { doc_freq: 20_000.0, bound: 10.0 };
        for query in TIERS {
            let asked =
                Asked { bound: 40.0, terms: vec![rare, common], n_chunks: 1e6, ..asked(40.0, Some(query)) };
            for tier in TIERS {
                let list = [found(0, Some(14.0), Some(0.1), tier), found(10, None, Some(0.56), tier)];
                let scores = scores(&list, &asked);
                assert!(scores[0] > scores[1], "{query:?} {tier:?} {scores:?}");
            }
        }
        assert_eq!([rarity(1.0, 300.0), rarity(50.0, 10_000.0), rarity(1.0, 1_000_000.0)], [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_language_that_the_model_can_only_spell_is_left_to_the_words() {
        let list = [found(0, Some(3.0), Some(0.1), Tier::Teacher), found(10, None, Some(0.9), Tier::Teacher)];
        for (letters_per_piece, words_win) in [(None, false), (Some(4.0), false), (Some(0.9), true)] {
            let scores = scores(&list, &Asked { letters_per_piece, ..asked(20.0, Some(Tier::Teacher)) });
            assert_eq!(scores[0] > scores[1], words_win, "{letters_per_piece:?} {scores:?}");
        }
    }

    #[test]
    fn a_text_of_some_words_looks_like_anything() {
        // Each in a document of its own.
        let like = |(chunk, bytes): (u64, Option<f32>)| Candidate {
            chunk_bytes: bytes,
            ..found(chunk * 10, None, Some(0.5), Tier::Teacher)
        };
        let sizes = [None, Some(5000.0), Some(180.0), Some(45.0), Some(0.0)];
        let list: Vec<Candidate> = (0..).zip(sizes).map(like).collect();
        let scores = scores(&list, &asked(20.0, Some(Tier::Teacher)));
        assert!(scores[0] == scores[1] && scores[1] == scores[2], "{scores:?}");
        assert!(scores[3] < 0.8 * scores[2] && scores[3] > 0.6 * scores[2] && scores[4] == 0.0, "{scores:?}");
    }

    #[test]
    fn a_document_that_is_about_the_matter_lifts_its_chunks() {
        let list = [1, 10, 11, 12, 20, 21, 22, 23, 24].map(|chunk| found(chunk, None, None, Tier::Teacher));
        let mut scores = [0.5, 0.5, 0.4, 0.4, 0.5, 0.4, 0.4, 0.4, 0.1];
        support_by_document(&mut scores, &list);
        assert_eq!(scores[..4], [0.5, 0.5, 0.4, 0.4], "three good chunks may be one passage");
        assert!(scores[4] > 0.5 && scores[4] > scores[5], "{scores:?}");
    }
}
