//! 8-bit numbers for weights and for what flows into them.
//!
//! Invariant: every magnitude stays within its scale; a zero stays a zero. Nothing here depends on a text: the same text gives the same
//! numbers in any company.
//! Not here: how magnitudes are measured; the graph.
//!
//! A few channels of a transformer carry magnitudes many times those of the others, and one scale over all would leave a few steps to the
//! rest. A product `x * w` stays the same when `x` is divided and `w` multiplied by one number, or when both are there several times, each
//! with its share of `x`. The second is the more exact, as it leaves the weights alone, and is free where the channel is the output of
//! another matrix, which then gives it several times.

/// Signed bytes reach from -127 to 127, so that the steps are the same on both sides of zero.
const STEPS: f32 = 127.0;

/// Of the channels of an input, those beyond this share, by magnitude, are shrunk to the others. Measured
/// with shrinking alone, mean cosine of 300 passages to the exact vectors: .9923 for 1, .9943 for .998, .9956 for .98, .9958 for .95.
const ORDINARY: f32 = 0.98;

/// The most often that a channel is there.
const MOST_TIMES: f32 = 16.0;

/// A magnitude that divides safely.
const SMALLEST: f32 = 1e-6;

/// Rows of signed bytes, and by which number to multiply each row.
#[derive(Debug, PartialEq)]
pub(crate) struct Rows {
    pub(crate) values: Vec<i8>,
    pub(crate) scales: Vec<f32>,
}

/// Rounds each row of `width` numbers to the steps that its largest magnitude leaves.
pub(crate) fn rows(numbers: &[f32], width: usize) -> Rows {
    let mut rows = Rows { values: Vec::with_capacity(numbers.len()), scales: Vec::new() };
    for row in numbers.chunks_exact(width) {
        let largest = row.iter().fold(SMALLEST, |largest, x| largest.max(x.abs()));
        rows.scales.push(largest / STEPS);
        // A conversion to a byte saturates, and makes zero of what is no number.
        rows.values.extend(row.iter().map(|x| (x * (STEPS / largest)).round() as i8));
    }
    rows
}

impl Rows {
    /// Columns as rows, as bytes: the form in which the runtime multiplies.
    pub(crate) fn turned(&self) -> Vec<u8> {
        let n_rows = self.scales.len();
        let width = self.values.len().checked_div(n_rows).unwrap_or(0);
        let mut turned = vec![0; self.values.len()];
        // In tiles that stay in the fastest cache: a whole column at a time takes ten times as long.
        const TILE: usize = 64;
        for top in (0..n_rows).step_by(TILE) {
            for left in (0..width).step_by(TILE) {
                for row in top..(top + TILE).min(n_rows) {
                    for column in left..(left + TILE).min(width) {
                        turned[column * n_rows + row] = self.values[row * width + column].cast_unsigned();
                    }
                }
            }
        }
        turned
    }

    /// The bytes as they are.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.values.iter().map(|value| value.cast_unsigned()).collect()
    }
}

/// How one input of a matrix becomes unsigned bytes: `round(x * shrink / scale) + zero`.
#[derive(Debug, PartialEq)]
pub(crate) struct Input {
    /// For each channel; 1 for ordinary ones.
    pub(crate) shrink: Vec<f32>,
    /// What to multiply the weights of each channel with in return.
    pub(crate) grow: Vec<f32>,
    pub(crate) scale: f32,
    pub(crate) zero: u8,
}

/// The form of an input whose channels reach these magnitudes, in which a channel is shrunk to the others.
pub(crate) fn shrunk(magnitudes: &[f32]) -> Input {
    let ordinary = ordinary(magnitudes);
    let grow: Vec<f32> = magnitudes.iter().map(|magnitude| (magnitude / ordinary).max(1.0)).collect();
    Input::new(grow.iter().map(|grow| grow.recip()).collect(), grow, ordinary, -ordinary)
}

/// The form of an input in which a channel is there as often as makes its shares no larger than the others, and which channel each one
/// is: first each of them once, then the repeated ones. No value is below `lowest`.
pub(crate) fn repeated(magnitudes: &[f32], lowest: f32) -> (Input, Vec<usize>) {
    let ordinary = ordinary(magnitudes);
    let times = |channel: usize| (magnitudes[channel] / ordinary).ceil().clamp(1.0, MOST_TIMES);
    let more =
        (0..magnitudes.len()).flat_map(|channel| std::iter::repeat_n(channel, times(channel) as usize - 1));
    let channels: Vec<usize> = (0..magnitudes.len()).chain(more).collect();
    let shares: Vec<f32> = channels.iter().map(|&channel| times(channel).recip()).collect();
    let high = channels
        .iter()
        .zip(&shares)
        .fold(SMALLEST, |high, (&channel, share)| high.max(magnitudes[channel] * share));
    let grow = vec![1.0; channels.len()];
    (Input::new(shares, grow, high, lowest.max(-high)), channels)
}

/// The magnitude that all channels keep to but the few largest.
fn ordinary(magnitudes: &[f32]) -> f32 {
    let mut sorted = magnitudes.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let place = (sorted.len().saturating_sub(1) as f32 * ORDINARY) as usize;
    sorted.get(place).map_or(SMALLEST, |magnitude| magnitude.max(SMALLEST))
}

impl Input {
    fn new(shrink: Vec<f32>, grow: Vec<f32>, high: f32, low: f32) -> Self {
        let scale = (high - low) / f32::from(u8::MAX);
        Self { shrink, grow, scale, zero: (-low / scale).round() as u8 }
    }
}

/// A matrix and what is added to its product.
pub(crate) struct Dense {
    /// Of each output, one for each input channel.
    pub(crate) weights: Vec<f32>,
    /// Of each output.
    pub(crate) bias: Vec<f32>,
}

impl Dense {
    /// Lets the weights of each input channel grow.
    pub(crate) fn grow(&mut self, grow: &[f32]) {
        for row in self.weights.chunks_exact_mut(grow.len().max(1)) {
            row.iter_mut().zip(grow).for_each(|(weight, grow)| *weight *= grow);
        }
    }

    /// With these of its outputs, of `from` input channels each.
    pub(crate) fn with_outputs(&self, outputs: &[usize], from: usize) -> Self {
        let weights = outputs.iter().flat_map(|&at| &self.weights[at * from..][..from]).copied().collect();
        Self { weights, bias: outputs.iter().map(|&at| self.bias[at]).collect() }
    }

    /// With these of its `from` input channels.
    pub(crate) fn with_inputs(&self, inputs: &[usize], from: usize) -> Self {
        let rows = self.weights.chunks_exact(from);
        let weights = rows.flat_map(|row| inputs.iter().map(|&at| row[at])).collect();
        Self { weights, bias: self.bias.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_have_scales_of_their_own() {
        let rows = rows(&[1.0, -2.0, 0.0, 0.0, 254.0, 3.0], 2);
        assert_eq!(rows.values, [64, -127, 0, 0, 127, 2]);
        assert_eq!(rows.scales, [2.0 / 127.0, SMALLEST / 127.0, 2.0]);
        assert_eq!(rows.turned(), [64, 0, 127, 129, 0, 2].map(|x: u8| x));
        assert_eq!(super::rows(&[f32::NAN, 1.0], 2).values, [0, 127]);
        assert!(super::rows(&[], 3).turned().is_empty());
    }

    #[test]
    fn outliers_come_down_to_the_others() {
        let mut magnitudes = vec![2.0; 100];
        magnitudes[7] = 39.0;
        magnitudes[9] = 5.0;
        let input = shrunk(&magnitudes);
        assert_eq!(
            (input.grow[7], input.grow[8], input.shrink[9], input.scale),
            (19.5, 1.0, 0.4, 4.0 / 255.0)
        );
        let (input, channels) = repeated(&magnitudes, -0.17);
        assert_eq!(
            (channels.len(), channels[7], channels[100], channels[114], channels[116]),
            (117, 7, 7, 7, 9)
        );
        assert_eq!(
            (input.shrink[7], input.shrink[8], input.shrink[116], input.grow[7]),
            (1.0 / 16.0, 1.0, 1.0 / 3.0, 1.0)
        );
        assert_eq!((input.scale, input.zero), ((39.0 / 16.0 + 0.17) / 255.0, 17));
        assert!(shrunk(&[]).shrink.is_empty() && repeated(&[], -1.0).1.is_empty());
        assert_eq!(shrunk(&[0.0, f32::NAN]).shrink, [1.0, 1.0]);
    }

    /// The product as the runtime computes it: with whole numbers.
    fn product(x: &[f32], input: &Input, mut dense: Dense) -> Vec<f32> {
        dense.grow(&input.grow);
        let rows = rows(&dense.weights, x.len());
        let zero = i32::from(input.zero);
        let byte = |x: f32| (x / input.scale).round() as i32 + zero;
        let bytes: Vec<i32> =
            x.iter().zip(&input.shrink).map(|(x, shrink)| byte(x * shrink).clamp(0, 255) - zero).collect();
        let sum = |row: &[i8]| row.iter().zip(&bytes).map(|(w, x)| i32::from(*w) * x).sum::<i32>() as f32;
        let sums = rows.values.chunks(x.len()).map(sum).zip(&rows.scales);
        sums.map(|(sum, scale)| sum * scale * input.scale).collect()
    }

    proptest! {
        #[test]
        fn products_stay_near(
            x in prop::collection::vec(-1.0_f32..9.0, 24),
            weights in prop::collection::vec(-3.0_f32..3.0, 48),
        ) {
            let magnitudes: Vec<f32> = x.iter().map(|x| x.abs()).collect();
            let dense = || Dense { weights: weights.clone(), bias: vec![0.0; 2] };
            let exact: Vec<f32> = weights.chunks(24).map(|row| row.iter().zip(&x).map(|(w, x)| w * x).sum()).collect();
            let (input, channels) = repeated(&magnitudes, -1.0);
            let wide: Vec<f32> = channels.iter().map(|&channel| x[channel]).collect();
            let shrunk = product(&x, &shrunk(&magnitudes), dense());
            let repeated = product(&wide, &input, dense().with_inputs(&channels, 24));
            for found in [shrunk, repeated] {
                for (found, exact) in found.iter().zip(&exact) {
                    // Half a step of the one times the other, for each channel.
                    prop_assert!((found - exact).abs() < 24.0 * (9.0 / 127.0 * 3.0 + 3.0 / 127.0 * 9.0) / 2.0 + 1.0);
                }
            }
        }
    }

    #[test]
    fn outputs_can_be_had_several_times() {
        let dense = Dense { weights: vec![1.0, 2.0, 3.0, 4.0], bias: vec![5.0, 6.0] };
        let more = dense.with_outputs(&[0, 1, 1], 2);
        assert_eq!((more.weights, more.bias), (vec![1.0, 2.0, 3.0, 4.0, 3.0, 4.0], vec![5.0, 6.0, 6.0]));
        assert_eq!(dense.with_inputs(&[0, 1, 0], 2).weights, [1.0, 2.0, 1.0, 3.0, 4.0, 3.0]);
    }
}
