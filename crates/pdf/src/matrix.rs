//! Affine maps of the plane, as PDF writes them: `[a b c d e f]`.
//!
//! Invariant: numbers that are no numbers become zero, so that what follows can be ordered.

/// A map from `(x, y)` to `(a x + c y + e, b x + d y + f)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix(pub(crate) [f64; 6]);

impl Matrix {
    pub(crate) const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// This map behind a shift: where it takes `(0, 0)` now, it took `(x, y)` before.
    #[inline]
    pub(crate) fn shifted(self, x: f64, y: f64) -> Self {
        let [a, b, c, d, ..] = self.0;
        let (e, f) = self.apply(x, y);
        Self([a, b, c, d, finite(e), finite(f)])
    }

    /// This map first, `then` the other.
    #[inline]
    pub(crate) fn then(self, then: Self) -> Self {
        let [a, b, c, d, e, f] = self.0;
        let [p, q, r, s, t, u] = then.0;
        Self([
            finite(a * p + b * r),
            finite(a * q + b * s),
            finite(c * p + d * r),
            finite(c * q + d * s),
            finite(e * p + f * r + t),
            finite(e * q + f * s + u),
        ])
    }

    /// Where a point goes.
    #[inline]
    pub(crate) fn apply(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }
}

#[inline]
fn finite(n: f64) -> f64 {
    if n.is_finite() { n } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_follow_one_another() {
        let double = Matrix([2.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
        let turn = Matrix([0.0, 1.0, -1.0, 0.0, 1.0, 3.0]);
        assert_eq!(double.then(turn).apply(1.0, 2.0), (-3.0, 5.0));
        let shift = Matrix([1.0, 0.0, 0.0, 1.0, 4.0, 5.0]);
        assert_eq!(turn.shifted(4.0, 5.0), shift.then(turn));
        assert_eq!(Matrix([f64::MAX; 6]).then(double).0, [0.0; 6]);
        assert_eq!(Matrix([f64::MAX; 6]).shifted(2.0, 2.0).apply(0.0, 0.0), (0.0, 0.0));
    }
}
