//! Metrics, as trec_eval and `ir_measures` define them.
//!
//! Invariant: every figure lies in 0 to 1; a perfect ranking has 1 everywhere (recall as far as its cut-off allows).
//! Not here: how a ranking came about.
//!
//! nDCG takes the gains as they are judged (no exponential) and discounts by the logarithm to base 2 of rank + 1. What is not judged has
//! gain zero, and so has a negative judgment. The ideal ranking is made of the judgments, whether or not the documents exist.

use crate::Judgments;

/// The figures of one query, or the means of several.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// Normalised discounted cumulative gain of the first 10.
    pub ndcg_10: f64,
    /// Share of the relevant documents that are among the first 10.
    pub recall_10: f64,
    /// Share of the relevant documents that are among the first 100.
    pub recall_100: f64,
    /// One over the rank of the first relevant document, 0 if that is not among the first 10.
    pub mrr_10: f64,
}

/// The figures of one query: `ranking` is the documents found, best first, each once. `None` when no document is relevant.
#[must_use]
pub fn figures(ranking: &[&str], judged: &Judgments) -> Option<Figures> {
    let mut ideal: Vec<i32> = judged.values().copied().filter(|gain| *gain > 0).collect();
    if ideal.is_empty() {
        return None;
    }
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let gains: Vec<i32> =
        ranking.iter().map(|id| judged.get(*id).copied().unwrap_or_default().max(0)).collect();
    let found = |cut: usize| gains.iter().take(cut).filter(|gain| **gain > 0).count() as f64;
    let first = gains.iter().take(10).position(|gain| *gain > 0);
    Some(Figures {
        ndcg_10: discounted(&gains) / discounted(&ideal),
        recall_10: found(10) / ideal.len() as f64,
        recall_100: found(100) / ideal.len() as f64,
        mrr_10: first.map_or(0.0, |at| 1.0 / (at + 1) as f64),
    })
}

/// The means of the figures; `None` of nothing.
#[must_use]
pub fn mean(all: &[Figures]) -> Option<Figures> {
    let of = |figure: fn(&Figures) -> f64| all.iter().map(figure).sum::<f64>() / all.len() as f64;
    (!all.is_empty()).then(|| Figures {
        ndcg_10: of(|figures| figures.ndcg_10),
        recall_10: of(|figures| figures.recall_10),
        recall_100: of(|figures| figures.recall_100),
        mrr_10: of(|figures| figures.mrr_10),
    })
}

fn discounted(gains: &[i32]) -> f64 {
    gains.iter().take(10).zip(2_u32..).map(|(gain, rank)| f64::from(*gain) / f64::from(rank).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(ranking: &str, judged: &[(&str, i32)], expected: Option<[f64; 4]>) {
        let judged = judged.iter().map(|(id, gain)| ((*id).to_owned(), *gain)).collect();
        let found = figures(&ranking.split_whitespace().collect::<Vec<_>>(), &judged);
        let rounded = |value: f64| (value * 1e6).round() / 1e6;
        let found = found.map(|f| [f.ndcg_10, f.recall_10, f.recall_100, f.mrr_10].map(rounded));
        assert_eq!(found, expected, "{ranking}");
    }

    #[test]
    fn computed_by_hand() {
        check("a b c", &[("a", 1)], Some([1.0, 1.0, 1.0, 1.0]));
        // 1 / log2(3)
        check("b a c", &[("a", 1)], Some([0.63093, 1.0, 1.0, 0.5]));
        // (1 / log2(2) + 3 / log2(4)) / (3 / log2(2) + 1 / log2(3)) = 2.5 / 3.63093
        check("b x a", &[("a", 3), ("b", 1)], Some([0.688529, 1.0, 1.0, 1.0]));
        // Judged irrelevant is as good as not judged.
        check("n x a", &[("a", 1), ("n", -2), ("x", 0)], Some([0.5, 1.0, 1.0, 0.333333]));
        check("x y z", &[("a", 1), ("b", 1)], Some([0.0, 0.0, 0.0, 0.0]));
        check("", &[("a", 1)], Some([0.0, 0.0, 0.0, 0.0]));
        check("a", &[("a", 0)], None);
        check("a", &[], None);
        // The eleventh counts for the second recall only.
        check("0 1 2 3 4 5 6 7 8 9 a", &[("a", 1), ("gone", 1)], Some([0.0, 0.0, 0.5, 0.0]));
    }

    #[test]
    fn means() {
        let half = Figures { ndcg_10: 0.5, recall_10: 1.0, recall_100: 1.0, mrr_10: 0.25 };
        let found = mean(&[half, Figures::default()]);
        assert_eq!(found, Some(Figures { ndcg_10: 0.25, recall_10: 0.5, recall_100: 0.5, mrr_10: 0.125 }));
        assert_eq!(mean(&[]), None);
    }

    fn ids(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("d{n}")).collect()
    }

    fn values(figures: &Figures) -> [f64; 4] {
        [figures.ndcg_10, figures.recall_10, figures.recall_100, figures.mrr_10]
    }

    proptest! {
        #[test]
        fn bounded_and_perfect_at_best(gains in prop::collection::vec(-1..5_i32, 1..130), seed in any::<u64>()) {
            let ids = ids(gains.len());
            let judged: Judgments = ids.iter().cloned().zip(gains).collect();
            let mut order: Vec<&str> = ids.iter().map(String::as_str).collect();
            order.sort_by_key(|id| blake3::hash(format!("{seed}{id}").as_bytes()).to_string());
            let n_relevant = judged.values().filter(|gain| **gain > 0).count();
            let Some(found) = figures(&order, &judged) else {
                prop_assert_eq!(n_relevant, 0);
                return Ok(());
            };
            prop_assert!(values(&found).iter().all(|value| (0.0..=1.0 + 1e-12).contains(value)), "{:?}", found);
            order.sort_by_key(|id| -judged[*id]);
            let best = figures(&order, &judged).unwrap();
            let reachable = |cut: f64| (cut / n_relevant as f64).min(1.0);
            let expected = [1.0, reachable(10.0), reachable(100.0), 1.0];
            prop_assert!(values(&best).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", best);
        }

        #[test]
        fn a_better_document_one_place_down_never_raises(gains in prop::collection::vec(0..4_i32, 2..130), at in any::<prop::sample::Index>()) {
            let ids = ids(gains.len());
            let judged: Judgments = ids.iter().cloned().zip(gains.iter().copied()).collect();
            let mut order: Vec<&str> = ids.iter().map(String::as_str).collect();
            let at = at.index(order.len() - 1);
            if judged[order[at]] < judged[order[at + 1]] {
                order.swap(at, at + 1);
            }
            if let Some(before) = figures(&order, &judged) {
                order.swap(at, at + 1);
                let after = figures(&order, &judged).unwrap();
                prop_assert!(values(&after).iter().zip(values(&before)).all(|(a, b)| *a <= b + 1e-12));
            }
        }
    }
}
