//! Vectors as they are stored: one signed byte a component, one scale a vector.

/// Components of a vector. Every model of an index shares it: student and teacher live in one space.
pub const DIM: usize = 384;

/// The float whose unit in the last place is 1.
const ROUND: f32 = 12_582_912.0;

/// How good a vector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// From the static table: made at ingest, in microseconds.
    Student,
    /// From the transformer: replaces the student's vector when it is ready.
    Teacher,
}

impl Tier {
    /// The name in JSON and on screen.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Student => "student",
            Self::Teacher => "teacher",
        }
    }
}

/// A unit vector of [`DIM`] components as `scale * q`, with `q` in -127..=127.
///
/// Dot products of two of them are within 0.01 of the exact ones (measured in this crate's tests), at a quarter of the memory.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedVector {
    /// What a component counts.
    pub scale: f32,
    /// The components; always [`DIM`] of them.
    pub q: Box<[i8; DIM]>,
}

impl QuantizedVector {
    /// Normalises and quantises. `None` when the vector has the wrong length, holds a value that is not finite, or is zero: such a
    /// vector has no direction and must never reach an index.
    #[must_use]
    pub fn from_f32(vector: &[f32]) -> Option<Self> {
        if vector.len() != DIM {
            return None;
        }
        let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        let largest = vector.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
        if !norm.is_finite() || norm <= f32::MIN_POSITIVE {
            return None;
        }
        let step = 127.0 / largest;
        let mut q = Box::new([0_i8; DIM]);
        for (out, x) in q.iter_mut().zip(vector) {
            // Adding and taking away 1.5 * 2^23 rounds to the nearest integer in plain vector code; `round` is a call for each component.
            *out = ((x * step + ROUND) - ROUND) as i8;
        }
        Some(Self { scale: largest / (127.0 * norm), q })
    }

    /// Back to floating point.
    #[must_use]
    pub fn to_f32(&self) -> Vec<f32> {
        self.q.iter().map(|&x| f32::from(x) * self.scale).collect()
    }

    /// Dot product, which for unit vectors is the cosine.
    #[must_use]
    pub fn dot(&self, other: &Self) -> f32 {
        let sum: i32 = self.q.iter().zip(other.q.iter()).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        sum as f32 * self.scale * other.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors_without_direction_are_refused() {
        assert!(QuantizedVector::from_f32(&[0.0; DIM]).is_none());
        assert!(QuantizedVector::from_f32(&[f32::NAN; DIM]).is_none());
        assert!(QuantizedVector::from_f32(&[f32::INFINITY; DIM]).is_none());
        assert!(QuantizedVector::from_f32(&[1.0; 3]).is_none());
    }

    proptest! {
        #[test]
        fn dot_products_survive(a in prop::collection::vec(-1.0_f32..1.0, DIM), b in prop::collection::vec(-1.0_f32..1.0, DIM)) {
            let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
            let exact = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f32>() / (norm(&a) * norm(&b));
            let (qa, qb) = (QuantizedVector::from_f32(&a).unwrap(), QuantizedVector::from_f32(&b).unwrap());
            prop_assert!((qa.dot(&qb) - exact).abs() < 0.01);
            prop_assert!((qa.dot(&qa) - 1.0).abs() < 0.01);
        }
    }
}
