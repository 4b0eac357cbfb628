//! A ranking: what a search found for one query, document by document.
//!
//! Invariant: each document once, at its first place, with scores that fall strictly as 32-bit numbers. So whoever sorts by score, whatever
//! they do with ties, gets this order.

use std::collections::HashSet;

/// Documents that a ranking holds at the most: as deep as the deepest metric looks.
pub const DEPTH: usize = 100;

/// How far a score is put below the one before when it is not smaller, relative to its size: some steps of a 32-bit number.
const STEP: f32 = 1e-6;
/// Scores beyond are as good as infinite; their differences still are numbers.
const MOST: f32 = 1e30;

/// What a search found for one query, best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ranking {
    ranked: Vec<(String, f32)>,
}

impl Ranking {
    /// The ranking that hits make, best first: a document counts with its best hit, which is its first.
    pub fn of_hits(hits: impl IntoIterator<Item = (String, f32)>) -> Self {
        let mut seen = HashSet::new();
        let mut ranked: Vec<(String, f32)> = Vec::new();
        for (id, score) in hits {
            if ranked.len() == DEPTH {
                break;
            }
            if seen.insert(id.clone()) {
                let score = falling(ranked.last().map(|(_, before)| *before), score);
                ranked.push((id, score));
            }
        }
        Self { ranked }
    }

    /// The documents with their scores.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f32)> {
        self.ranked.iter().map(|(id, score)| (id.as_str(), *score))
    }

    /// The documents.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.ranked.iter().map(|(id, _)| id.as_str()).collect()
    }

    /// Number of documents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranked.len()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranked.is_empty()
    }
}

/// `score` if it is below the score before, else a little less than that.
fn falling(before: Option<f32>, score: f32) -> f32 {
    let score = if score.is_nan() { MOST } else { score.clamp(-MOST, MOST) };
    match before {
        Some(before) if score >= before => before - before.abs().max(1.0) * STEP,
        None if score == MOST => 0.0,
        _ => score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_counts_once_with_its_best_hit() {
        let hits = [("a", 0.9), ("b", 0.5), ("a", 0.4), ("c", 0.5), ("b", 0.1), ("d", 0.2)];
        let ranking = Ranking::of_hits(hits.map(|(id, score)| (id.to_owned(), score)));
        assert_eq!(ranking.ids(), ["a", "b", "c", "d"]);
        assert_eq!(ranking.iter().map(|(_, score)| score).collect::<Vec<_>>(), [0.9, 0.5, 0.499999, 0.2]);
    }

    proptest! {
        #[test]
        fn order_is_kept_and_scores_fall(scores in prop::collection::vec(any::<f32>(), 0..150)) {
            let ids: Vec<String> = (0..scores.len()).map(|n| n.to_string()).collect();
            let ranking = Ranking::of_hits(ids.iter().cloned().zip(scores));
            prop_assert_eq!(ranking.ids(), ids.iter().take(DEPTH).collect::<Vec<_>>());
            let scores: Vec<f32> = ranking.iter().map(|(_, score)| score).collect();
            prop_assert!(scores.is_sorted_by(|a, b| a > b), "{:?}", scores);
        }
    }
}
