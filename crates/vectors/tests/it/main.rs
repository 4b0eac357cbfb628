//! The store and its views against plain lists, and the graph against the exact scan.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod exact;
mod graph;

use corpus::{DIM, QuantizedVector};

/// Seeded numbers (splitmix64): the same on every machine.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// About normal: the sum of four uniform numbers.
    fn normal(&mut self) -> f32 {
        (0..4).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
    }

    fn direction(&mut self) -> Vec<f32> {
        (0..DIM).map(|_| self.normal()).collect()
    }

    /// A point near one of `centres`.
    fn near(&mut self, centres: &[Vec<f32>]) -> QuantizedVector {
        let centre = &centres[self.next() as usize % centres.len()];
        let values: Vec<f32> = centre.iter().map(|x| x + 0.7 * self.normal()).collect();
        QuantizedVector::from_f32(&values).unwrap()
    }
}
