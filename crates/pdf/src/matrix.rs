//! Affine maps of the plane, as PDF writes them: `[a b c d e f]`.
//!
//! Invariant: numbers that are no numbers become zero, so that what follows can be ordered.

/// A map from `(x, y)` to `(a x + c y + e, b x + d y + f)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix(pub(crate) [f64; 6]);

impl Matrix {
    pub(crate) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// A map that shifts.
    pub(crate) fn shift(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// This map first, `then` the other.
    pub(crate) fn then(self, then: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = then.0;
        let product = [
            a * p + b * r,
            a * q + b * s,
            c * p + d * r,
            c * q + d * s,
            e * p + f * r + t,
            e * q + f * s + u,
        ];
        Self(product.map(|n| if n.is_finite() { n } else { 0.0 }))
    }

    /// Where a point goes.
    pub(crate) fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_follow_one_another() {
        let double = Matrix([2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        let both = double.then(Matrix::shift(1.0, 3.0));
        assert_eq!(both.apply(1.0, 1.0), (3.0, 5.0));
        assert_eq!(Matrix([f64::MAX; 6]).then(double).0, [0.0; 6]);
    }
}
