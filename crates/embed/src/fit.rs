//! Fits the student's rows to a sample of the teacher's vectors.
//!
//! Invariant: the result depends on the sample, the start and the options only, not on the number of threads.
//! Not here: choosing the sample, and running the teacher on it.
//!
//! Ridge regression: among all tables, the one whose mean rows come nearest to the teacher's vectors, with a price on moving away from
//! the start. Each passage weighs one over the square root of its length. The normal equations are solved by conjugate gradients
//! (Hestenes and Stiefel 1952), which needs the word counts only, never a matrix of vocabulary squared. Components do not interact, so
//! blocks of them are solved independently: that is what runs in parallel, and what keeps the memory small.

use corpus::{DIM, MAX_INPUT_TOKENS, Token};
use rayon::prelude::*;

/// Components solved together: one cache line of every row.
const BLOCK: usize = 16;
type Lanes = [f32; BLOCK];

/// A block stops before its last iteration when every component's residual fell to this part of the first (squared).
const CONVERGED: f64 = 1e-10;

/// Passages, as counts of word pieces, with the teacher's vector of each.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// For each passage: where its pieces end in `pieces`.
    ends: Vec<usize>,
    /// Distinct pieces of each passage with their weight.
    pieces: Vec<(u16, f32)>,
    targets: Vec<[f32; DIM]>,
}

/// How far a fit may go.
#[derive(Clone, Copy, Debug)]
pub struct FitOptions {
    /// Price on leaving the start.
    pub ridge: f32,
    /// At most so many steps.
    pub iterations: usize,
}

impl Default for FitOptions {
    /// Measured best, or within .002 of it, for a broad sample from the word pieces' own vectors and for samples of one workspace from a
    /// fitted table (docs/adr/2026-11-21-adaptation.md).
    fn default() -> Self {
        Self { ridge: 1.0, iterations: 60 }
    }
}

/// The rows a fit has changed: those of the pieces that occur in the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedRows {
    /// Pieces, ascending.
    pub ids: Vec<u16>,
    /// Their rows.
    pub rows: Vec<[f32; DIM]>,
}

impl FittedRows {
    /// Each piece with its row, as `Student::with_rows` takes them.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &[f32; DIM])> {
        self.ids.iter().copied().zip(&self.rows)
    }
}

impl Sample {
    /// Adds a passage. One without pieces, or with a target that is not finite, teaches nothing and is left out. Only as many pieces
    /// count as the teacher reads.
    pub fn push(&mut self, tokens: &[Token], target: &[f32; DIM]) {
        let read = &tokens[..tokens.len().min(MAX_INPUT_TOKENS - 2)];
        if read.is_empty() || !target.iter().all(|x| x.is_finite()) {
            return;
        }
        let mut ids: Vec<u16> = read.iter().map(|token| token.id).collect();
        ids.sort_unstable();
        let weight = 1.0 / (ids.len() as f32).sqrt();
        self.pieces.extend(ids.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f32 * weight)));
        self.ends.push(self.pieces.len());
        self.targets.push(*target);
    }

    /// Number of passages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether it holds no passage.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
}

/// Fits the rows of the pieces that occur in `sample`. `start` gives the row each begins at and is held to.
///
/// Memory: about 400 bytes a word and passage of the sample for each thread, and the result.
#[must_use]
pub fn fit(sample: &Sample, start: impl Fn(u16) -> [f32; DIM] + Sync, options: FitOptions) -> FittedRows {
    let mut ids: Vec<u16> = sample.pieces.iter().map(|&(id, _)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut rows: Vec<[f32; DIM]> = ids.iter().map(|&id| start(id)).collect();
    let counts = Counts::new(sample, &ids);
    let blocks: Vec<usize> = (0..DIM / BLOCK).collect();
    let moved: Vec<Vec<Lanes>> =
        blocks.par_iter().map(|&block| solve(&counts, sample, &rows, block, options)).collect();
    for (block, moves) in moved.iter().enumerate() {
        for (row, moved) in rows.iter_mut().zip(moves) {
            row[block * BLOCK..][..BLOCK].iter_mut().zip(moved).for_each(|(row, moved)| *row += moved);
        }
    }
    FittedRows { ids, rows }
}

/// The rows to begin a broad fit with, from the teacher's vector of each word piece alone, in the order of the vocabulary: centred, of
/// one length, and the shorter the more frequent the piece is (vocabularies are sorted by frequency, so that is its rank).
#[must_use]
pub fn start_rows(pieces: &[[f32; DIM]]) -> Vec<[f32; DIM]> {
    /// About the length of rows in a fitted table: passages of usual length are right from the start.
    const LENGTH: f32 = 0.15;
    let n = pieces.len() as f32;
    let mut mean = [0.0_f32; DIM];
    for piece in pieces {
        mean.iter_mut().zip(piece).for_each(|(mean, x)| *mean += x / n);
    }
    let row = |(rank, piece): (usize, &[f32; DIM])| {
        let centred: [f32; DIM] = std::array::from_fn(|at| piece[at] - mean[at]);
        let norm = centred.iter().map(|x| x * x).sum::<f32>().sqrt();
        let length = LENGTH * (1.0 + rank as f32).ln() / n.max(2.0).ln();
        centred.map(|x| if norm > 0.0 { x / norm * length } else { 0.0 })
    };
    pieces.iter().enumerate().map(row).collect()
}

/// The weighted counts as a sparse matrix, by passage and by word.
struct Counts {
    by_passage: Sparse,
    by_word: Sparse,
}

struct Sparse {
    ends: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl Counts {
    fn new(sample: &Sample, ids: &[u16]) -> Self {
        let mut column_of = vec![0_u32; usize::from(u16::MAX) + 1];
        ids.iter().zip(0..).for_each(|(&id, column)| column_of[usize::from(id)] = column);
        let entries =
            sample.pieces.iter().map(|&(id, weight)| (column_of[usize::from(id)], weight)).collect();
        let by_passage = Sparse { ends: sample.ends.clone(), entries };
        let by_word = by_passage.transposed(ids.len());
        Self { by_passage, by_word }
    }
}

impl Sparse {
    fn rows(&self) -> impl Iterator<Item = &[(u32, f32)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.entries[start..end])
    }

    fn transposed(&self, n_columns: usize) -> Self {
        let mut ends = vec![0; n_columns];
        self.entries.iter().for_each(|&(column, _)| ends[column as usize] += 1);
        let mut total = 0;
        // First each column's start, which filling moves to its end.
        for end in &mut ends {
            total += std::mem::replace(end, total);
        }
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for (row, in_row) in (0..).zip(self.rows()) {
            for &(column, weight) in in_row {
                let place = &mut ends[column as usize];
                entries[*place] = (row, weight);
                *place += 1;
            }
        }
        Self { ends, entries }
    }

    /// `out = self * x`.
    fn multiply(&self, x: &[Lanes], out: &mut Vec<Lanes>) {
        out.clear();
        out.extend(self.rows().map(|row| {
            let mut sum = [0.0; BLOCK];
            for &(column, weight) in row {
                add_scaled(&mut sum, weight, &x[column as usize]);
            }
            sum
        }));
    }
}

/// How far each word's row moves from its start, for one block of components.
fn solve(
    counts: &Counts,
    sample: &Sample,
    start: &[[f32; DIM]],
    block: usize,
    options: FitOptions,
) -> Vec<Lanes> {
    let lanes = |row: &[f32; DIM]| -> Lanes { std::array::from_fn(|lane| row[block * BLOCK + lane]) };
    let start: Vec<Lanes> = start.iter().map(lanes).collect();
    let (mut predicted, mut residual) = (Vec::new(), Vec::new());
    counts.by_passage.multiply(&start, &mut predicted);
    for (predicted, target) in predicted.iter_mut().zip(&sample.targets) {
        let target = lanes(target);
        *predicted = std::array::from_fn(|lane| target[lane] - predicted[lane]);
    }
    counts.by_word.multiply(&predicted, &mut residual);

    let mut moved = vec![[0.0; BLOCK]; start.len()];
    let mut direction = residual.clone();
    let mut through = Vec::new();
    let first = dots(&residual, &residual);
    let mut energy = first;
    for _ in 0..options.iterations {
        if energy.iter().zip(&first).all(|(now, first)| *now <= first * CONVERGED) {
            break;
        }
        counts.by_passage.multiply(&direction, &mut predicted);
        counts.by_word.multiply(&predicted, &mut through);
        through.iter_mut().zip(&direction).for_each(|(through, d)| add_scaled(through, options.ridge, d));
        let step = ratios(&energy, &dots(&direction, &through));
        add_lanes(&mut moved, &step, &direction);
        add_lanes(&mut residual, &step.map(|step| -step), &through);
        let now = dots(&residual, &residual);
        let keep = ratios(&now, &energy);
        for (direction, residual) in direction.iter_mut().zip(&residual) {
            *direction = std::array::from_fn(|lane| residual[lane] + keep[lane] * direction[lane]);
        }
        energy = now;
    }
    moved
}

/// Sums in double precision: over 30,000 words, single precision loses the last third of its digits.
fn dots(a: &[Lanes], b: &[Lanes]) -> [f64; BLOCK] {
    let mut sum = [0.0; BLOCK];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..BLOCK {
            sum[lane] += f64::from(a[lane]) * f64::from(b[lane]);
        }
    }
    sum
}

/// `a / b` a lane, and 0 where `b` has vanished: that component is solved.
fn ratios(a: &[f64; BLOCK], b: &[f64; BLOCK]) -> Lanes {
    std::array::from_fn(|lane| if b[lane] > f64::MIN_POSITIVE { (a[lane] / b[lane]) as f32 } else { 0.0 })
}

fn add_scaled(sum: &mut Lanes, factor: f32, x: &Lanes) {
    for lane in 0..BLOCK {
        sum[lane] += factor * x[lane];
    }
}

fn add_lanes(sum: &mut [Lanes], factor: &Lanes, x: &[Lanes]) {
    for (sum, x) in sum.iter_mut().zip(x) {
        for lane in 0..BLOCK {
            sum[lane] += factor[lane] * x[lane];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tokens(ids: &[u16]) -> Vec<Token> {
        ids.iter().map(|&id| Token { id, start: 0, end: 0, continues: false }).collect()
    }

    /// A table with values one can tell apart.
    fn planted(id: u16) -> [f32; DIM] {
        std::array::from_fn(|at| ((f32::from(id) + 1.0) * (at as f32 + 1.0)).sin())
    }

    /// Passages whose targets are the weighted sums that the model itself would give with the planted table.
    fn sample(passages: &[Vec<u16>]) -> Sample {
        let mut sample = Sample::default();
        for ids in passages {
            let mut target = [0.0; DIM];
            let weight = 1.0 / (ids.len() as f32).sqrt();
            for &id in ids {
                planted(id).iter().zip(&mut target).for_each(|(x, sum)| *sum += x * weight);
            }
            sample.push(&tokens(ids), &target);
        }
        sample
    }

    fn distance(a: &[f32; DIM], b: &[f32; DIM]) -> f32 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn finds_a_planted_table() {
        let mut state = 1_u32;
        let mut piece = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as u16 % 50
        };
        let passages: Vec<Vec<u16>> = (0..400).map(|_| (0..12).map(|_| piece()).collect()).collect();
        let found = fit(&sample(&passages), |_| [0.0; DIM], FitOptions { ridge: 1e-4, iterations: 200 });
        assert_eq!(found.ids, (0..50).collect::<Vec<u16>>());
        for (id, row) in found.iter() {
            assert!(
                distance(row, &planted(id)) < 0.01,
                "piece {id} is off by {}",
                distance(row, &planted(id))
            );
        }
    }

    #[test]
    fn an_endless_ridge_keeps_the_start() {
        let start = |id: u16| planted(id + 1000);
        let kept =
            fit(&sample(&[vec![1, 2, 3], vec![2, 4]]), start, FitOptions { ridge: 1e9, iterations: 60 });
        assert!(kept.iter().all(|(id, row)| distance(row, &start(id)) < 1e-5));
    }

    #[test]
    fn start_rows_grow_with_rank() {
        let pieces: Vec<[f32; DIM]> = (0..100).map(planted).collect();
        let rows = start_rows(&pieces);
        let norms: Vec<f32> = rows.iter().map(|row| row.iter().map(|x| x * x).sum::<f32>().sqrt()).collect();
        assert!(norms[0] == 0.0 && norms.is_sorted() && (norms[99] - 0.15).abs() < 1e-5, "{norms:?}");
        assert!(start_rows(&[]).is_empty());
        assert_eq!(start_rows(&[[1.0; DIM]]), [[0.0; DIM]]);
    }

    #[test]
    fn what_teaches_nothing_is_left_out() {
        let mut nothing = Sample::default();
        nothing.push(&[], &[1.0; DIM]);
        nothing.push(&tokens(&[1]), &[f32::NAN; DIM]);
        assert!(nothing.is_empty());
        assert!(fit(&nothing, planted, FitOptions::default()).ids.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn same_result_on_any_number_of_threads_and_never_worse(
            passages in prop::collection::vec(prop::collection::vec(0_u16..40, 1..30), 1..40),
        ) {
            let sample = sample(&passages);
            let run = |n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
                pool.install(|| fit(&sample, |_| [0.0; DIM], FitOptions::default()))
            };
            let fitted = run(1);
            prop_assert_eq!(&fitted, &run(3));
            let error = |row_of: &dyn Fn(u16) -> [f32; DIM]| -> f64 {
                let counts = Counts::new(&sample, &fitted.ids);
                counts.by_passage.rows().zip(&sample.targets).map(|(row, target)| {
                    let mut sum = *target;
                    for &(column, weight) in row {
                        let x = row_of(fitted.ids[column as usize]);
                        sum.iter_mut().zip(x).for_each(|(sum, x)| *sum -= weight * x);
                    }
                    sum.iter().map(|&x| f64::from(x * x)).sum::<f64>()
                }).sum()
            };
            let fitted_row = |id: u16| fitted.iter().find(|(at, _)| *at == id).map_or([0.0; DIM], |(_, row)| *row);
            prop_assert!(error(&fitted_row) <= error(&|_| [0.0; DIM]) + 1e-3);
        }
    }
}
