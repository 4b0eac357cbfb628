//! Predictors: rows kept as differences from their neighbours (PDF 32000-1, 7.4.4.4; PNG, 9).
//!
//! Invariant: what comes out is no longer than what goes in.
//! Not here: samples of other than eight bits in TIFF's way, which only images have.

use hayro_syntax::object::Dict;

/// A row of more bytes is no row.
const ROW: usize = 1 << 20;

/// How rows are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Predictor {
    /// PNG's way, in which each row begins with a byte that says how; else TIFF's.
    png: bool,
    /// Bytes of a row, and of a sample of all colours.
    row: usize,
    step: usize,
}

impl Predictor {
    /// What a filter's parameters say, if they name one.
    pub(crate) fn new(parameters: &Dict<'_>) -> Option<Self> {
        let number = |key: &str, usual: usize| parameters.get::<i32>(key).map_or(Some(usual), positive);
        let kind = parameters.get::<i32>("Predictor").filter(|&kind| kind == 2 || kind >= 10)?;
        let bits = number("Colors", 1)?.checked_mul(number("BitsPerComponent", 8)?)?;
        let row = bits.checked_mul(number("Columns", 1)?)?.div_ceil(8);
        (row <= ROW).then(|| Self { png: kind >= 10, row, step: bits.div_ceil(8) })
    }

    /// The rows as they were.
    pub(crate) fn undo(self, mut data: Vec<u8>) -> Vec<u8> {
        if !self.png {
            for row in data.chunks_mut(self.row) {
                add_left(row, self.step);
            }
            return data;
        }
        let mut out = Vec::with_capacity(data.len());
        let mut above = vec![0; self.row];
        for packed in data.chunks(self.row + 1) {
            let Some((&how, bytes)) = packed.split_first() else {
                break;
            };
            let mut row = bytes.to_vec();
            self.undo_row(how, &mut row, &above);
            out.extend_from_slice(&row);
            row.resize(self.row, 0);
            above = row;
        }
        out
    }

    fn undo_row(self, how: u8, row: &mut [u8], above: &[u8]) {
        match how {
            1 => add_left(row, self.step),
            2 => row.iter_mut().zip(above).for_each(|(byte, up)| *byte = byte.wrapping_add(*up)),
            3 | 4 => {
                for at in 0..row.len() {
                    let of = |row: &[u8]| at.checked_sub(self.step).and_then(|at| row.get(at).copied());
                    let (left, corner) = (of(row).unwrap_or(0), of(above).unwrap_or(0));
                    let up = above.get(at).copied().unwrap_or(0);
                    let guess = if how == 3 {
                        (u16::from(left).midpoint(u16::from(up))) as u8
                    } else {
                        paeth(left, up, corner)
                    };
                    if let Some(byte) = row.get_mut(at) {
                        *byte = byte.wrapping_add(guess);
                    }
                }
            }
            _ => {}
        }
    }
}

fn positive(number: i32) -> Option<usize> {
    usize::try_from(number).ok().filter(|&number| number > 0)
}

fn add_left(row: &mut [u8], step: usize) {
    for at in step..row.len() {
        let left = at.checked_sub(step).and_then(|at| row.get(at).copied()).unwrap_or(0);
        if let Some(byte) = row.get_mut(at) {
            *byte = byte.wrapping_add(left);
        }
    }
}

/// Of the three neighbours the one nearest to where they lead.
fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let lead = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |byte: u8| (lead - i16::from(byte)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_of_every_kind() {
        let png = Predictor { png: true, row: 3, step: 1 };
        let packed = [0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1, 1, 9];
        let plain = [1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5, 9];
        assert_eq!(png.undo(packed.to_vec()), plain);
        let tiff = Predictor { png: false, row: 4, step: 2 };
        assert_eq!(tiff.undo(vec![1, 2, 3, 4, 5, 6, 255]), [1, 2, 4, 6, 5, 6, 4]);
    }

    proptest! {
        #[test]
        fn any_bytes_keep_their_length(
            data in prop::collection::vec(any::<u8>(), 0..200), png in any::<bool>(), row in 1..40_usize, step in 1..9_usize
        ) {
            let length = data.len();
            let undone = Predictor { png, row, step }.undo(data);
            prop_assert!(undone.len() <= length);
        }
    }
}
