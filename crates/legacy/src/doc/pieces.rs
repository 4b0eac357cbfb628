//! The pieces that the text lies in.

use super::header::{Header, PIECES};
use crate::bytes::{u16_at, u32_at};

/// The text of a document, character by character, with the place of each in the file.
#[derive(Debug, Default)]
pub(super) struct Characters {
    /// UTF-16, as Word counts.
    pub(super) units: Vec<u16>,
    /// Runs of units: the first unit, where it stands in the file, how many bytes each takes.
    runs: Vec<(u32, u32, u32)>,
}

/// Where the pieces are.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: Vec<Piece>,
}

#[derive(Debug)]
struct Piece {
    characters: u32,
    start: u32,
    /// Whether each character is a byte of windows-1252.
    is_narrow: bool,
}

impl Pieces {
    pub(super) fn new(main: &[u8], table: &[u8], header: &Header) -> Self {
        let list = piece_table(header.part(table, PIECES)).unwrap_or_default();
        let count = list.len().saturating_sub(4) / 12;
        let piece = |i: usize| {
            let (from, to) = (u32_at(list, 4 * i)?, u32_at(list, 4 * i + 4)?);
            let place = u32_at(list, 4 * (count + 1) + 8 * i + 2)?;
            let is_narrow = place & 0x4000_0000 != 0;
            let start = place & 0x3fff_ffff;
            let start = if is_narrow { start / 2 } else { start };
            Some(Piece { characters: to.checked_sub(from)?, start, is_narrow })
        };
        let mut pieces: Vec<_> = (0..count).map_while(piece).collect();
        if pieces.is_empty() {
            // Without its table the text is where simple documents have it.
            let start = u32_at(main, 0x18).unwrap_or(0);
            pieces.push(Piece { characters: header.boxes.1, start, is_narrow: true });
        }
        Self { pieces }
    }

    /// The text, piece by piece. Pieces may lie in each other: no more is read than the stream could hold.
    pub(super) fn read(&self, main: &[u8]) -> Characters {
        let mut characters = Characters::default();
        for piece in &self.pieces {
            let room = main.len().saturating_sub(characters.units.len());
            let width = if piece.is_narrow { 1 } else { 2 };
            let start = piece.start as usize;
            let length = (piece.characters as usize).min(room);
            let end = start.saturating_add(length * width).min(main.len());
            let bytes = main.get(start..end).unwrap_or_default();
            characters.runs.push((characters.units.len() as u32, piece.start, width as u32));
            if piece.is_narrow {
                characters.units.extend(bytes.iter().map(|&byte| narrow(byte)));
            } else {
                characters
                    .units
                    .extend(bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])));
            }
        }
        characters
    }
}

impl Characters {
    /// Where the unit at `at` stands in the file.
    pub(super) fn place(&self, at: u32) -> u32 {
        let run = self.runs.partition_point(|run| run.0 <= at).checked_sub(1).and_then(|i| self.runs.get(i));
        run.map_or(0, |&(first, start, width)| start.saturating_add((at - first).saturating_mul(width)))
    }

    /// The units from `from` to `to`, as far as there are.
    pub(super) fn range(&self, (from, to): (u32, u32)) -> &[u16] {
        let end = (to as usize).min(self.units.len());
        self.units.get(from as usize..end).unwrap_or_default()
    }
}

/// The list of pieces, which comes after changes to them that were saved in haste.
fn piece_table(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        match bytes.first()? {
            1 => bytes = bytes.get(3 + usize::from(u16_at(bytes, 1)?)..)?,
            2 => {
                let length = u32_at(bytes, 1)? as usize;
                return bytes.get(5..5_usize.saturating_add(length).min(bytes.len()));
            }
            _ => return None,
        }
    }
}

/// A byte of windows-1252.
fn narrow(byte: u8) -> u16 {
    const UPPER: [u16; 32] = [
        0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152,
        0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
        0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
    ];
    byte.checked_sub(0x80)
        .and_then(|at| UPPER.get(usize::from(at)))
        .copied()
        .unwrap_or_else(|| u16::from(byte))
}
