//! Percentiles, the way they are reported: median, 99th, largest.

use serde_json::{Value, json};
use std::time::Duration;

/// Durations of one kind of operation.
#[derive(Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which a share of the samples lies (nearest rank).
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    pub(crate) fn line(&self, name: &str) -> String {
        let ms = |share| self.percentile(share).as_secs_f64() * 1e3;
        format!(
            "  {name:<10} p50 {:>8.2} ms   p99 {:>8.2} ms   max {:>8.2} ms   n {}",
            ms(0.5),
            ms(0.99),
            ms(1.0),
            self.0.len()
        )
    }

    pub(crate) fn json(&self) -> Value {
        let ms = |share| (self.percentile(share).as_secs_f64() * 1e5).round() / 100.0;
        json!({ "p50_ms": ms(0.5), "p90_ms": ms(0.9), "p99_ms": ms(0.99), "max_ms": ms(1.0), "n": self.0.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let mut samples = Samples::default();
        (1..=200).rev().for_each(|ms| samples.add(Duration::from_millis(ms)));
        let ms = |share| samples.percentile(share).as_millis();
        assert_eq!([ms(0.5), ms(0.99), ms(1.0)], [100, 198, 200]);
        assert_eq!(Samples::default().percentile(0.5), Duration::ZERO);
    }
}
