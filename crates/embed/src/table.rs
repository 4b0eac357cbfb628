//! The student's table in memory and in a file.
//!
//! Invariant: a table in memory has one finite row for each piece of the built-in vocabulary.
//! Not here: vectors of texts.
//! Fails with: `Error::Corrupt` on bytes that are not a whole, undamaged table for this vocabulary.
//!
//! The file, version 1, all numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `WRSTUD01` |
//! | 8..12 | number of rows, `u32` |
//! | 12..16 | components of a row, `u32` |
//! | 16..48 | BLAKE3 of the body |
//! | 48..80 | BLAKE3 of the vocabulary, as shipped in `vocab.txt` |
//! | 80..128 | name of the model it was fitted to, UTF-8, filled up with zero bytes |
//! | body | one `f32` scale a row, then the rows, one signed byte a component; a component is `scale * byte` |

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use corpus::DIM;

use crate::{Error, Result, wordpiece};

const MAGIC: &[u8; 8] = b"WRSTUD01";
const HEADER: usize = 128;
const NAME: std::ops::Range<usize> = 80..HEADER;

static BUILTIN: &[u8] = include_bytes!("../../../data/student/student.bin");

static VOCABULARY_HASH: LazyLock<blake3::Hash> =
    LazyLock::new(|| blake3::hash(wordpiece::VOCABULARY.as_bytes()));

/// Quantised rows, borrowed when compiled in.
#[derive(Clone)]
pub(crate) struct Table {
    space: String,
    checksum: blake3::Hash,
    scales: Vec<f32>,
    rows: Cow<'static, [[u8; DIM]]>,
}

/// A file taken apart but not yet copied.
struct Parts<'a> {
    space: &'a str,
    checksum: blake3::Hash,
    body: &'a [u8],
    scales: Vec<f32>,
    rows: &'a [[u8; DIM]],
}

impl Table {
    /// The one compiled in. Its checksum is taken from its header; that it fits is checked in the tests, not at every start.
    pub(crate) fn builtin() -> Result<Self> {
        let Parts { space, checksum, scales, rows, .. } = Parts::read(BUILTIN)?;
        Ok(Self { space: space.to_owned(), checksum, scales, rows: Cow::Borrowed(rows) })
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let Parts { space, checksum, body, scales, rows } = Parts::read(bytes)?;
        if blake3::hash(body) != checksum {
            return Err(corrupt("checksum does not match"));
        }
        Ok(Self { space: space.to_owned(), checksum, scales, rows: Cow::Owned(rows.to_vec()) })
    }

    pub(crate) fn from_rows(space: &str, rows: &[[f32; DIM]]) -> Option<Self> {
        let fits = rows.len() == wordpiece::n_pieces() && (1..=NAME.len()).contains(&space.len());
        if !fits || space.contains('\0') || !rows.as_flattened().iter().all(|x| x.is_finite()) {
            return None;
        }
        let mut table = Self {
            space: space.to_owned(),
            checksum: blake3::hash(b""),
            scales: vec![0.0; rows.len()],
            rows: Cow::Owned(vec![[0; DIM]; rows.len()]),
        };
        for (id, row) in (0..).zip(rows) {
            table.set_row(id, row);
        }
        table.seal();
        Some(table)
    }

    /// Replaces a row. [`Self::seal`] must follow.
    pub(crate) fn set_row(&mut self, id: u16, row: &[f32; DIM]) {
        let id = usize::from(id);
        if id >= self.scales.len() || !row.iter().all(|x| x.is_finite()) {
            return;
        }
        let largest = row.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let step = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        // A step that overflows would come from a row too small to matter.
        let step = if step.is_finite() { step } else { 0.0 };
        self.scales[id] = if step > 0.0 { largest / 127.0 } else { 0.0 };
        self.rows.to_mut()[id] = row.map(|x| ((x * step).round() as i8).cast_unsigned());
    }

    /// Takes the checksum anew.
    pub(crate) fn seal(&mut self) {
        self.checksum = blake3::hash(&self.body());
    }

    #[inline]
    pub(crate) fn row(&self, id: u16) -> Option<(f32, &[u8; DIM])> {
        let id = usize::from(id);
        Some((*self.scales.get(id)?, self.rows.get(id)?))
    }

    pub(crate) fn space(&self) -> &str {
        &self.space
    }

    pub(crate) fn checksum(&self) -> blake3::Hash {
        self.checksum
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + body_len(self.scales.len()));
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(self.scales.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&(DIM as u32).to_le_bytes());
        bytes.extend_from_slice(self.checksum.as_bytes());
        bytes.extend_from_slice(VOCABULARY_HASH.as_bytes());
        bytes.extend_from_slice(self.space.as_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend_from_slice(&self.body());
        bytes
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(body_len(self.scales.len()));
        body.extend(self.scales.iter().flat_map(|scale| scale.to_le_bytes()));
        body.extend_from_slice(self.rows.as_flattened());
        body
    }
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self> {
        let (header, body) = bytes.split_at_checked(HEADER).ok_or_else(|| corrupt("too short"))?;
        if !header.starts_with(MAGIC) {
            return Err(corrupt("not a student table, or of another version"));
        }
        let (n_rows, dim) = (u32_at(header, 8), u32_at(header, 12));
        if dim != DIM || n_rows != wordpiece::n_pieces() || header[48..80] != *VOCABULARY_HASH.as_bytes() {
            return Err(corrupt("made for another vocabulary or number of components"));
        }
        if body.len() != body_len(n_rows) {
            return Err(corrupt(format!("{} bytes of {}", body.len(), body_len(n_rows))));
        }
        let (scales, rows) = body.split_at(n_rows * size_of::<f32>());
        let (scales, _) = scales.as_chunks();
        let scales: Vec<f32> = scales.iter().map(|&scale| f32::from_le_bytes(scale)).collect();
        if !scales.iter().all(|scale| scale.is_finite()) {
            return Err(corrupt("a scale is not finite"));
        }
        let name = &header[NAME];
        let name = &name[..name.iter().position(|&byte| byte == 0).unwrap_or(name.len())];
        let space = str::from_utf8(name).map_err(|_| corrupt("the model's name is not text"))?;
        let mut checksum = [0; 32];
        checksum.copy_from_slice(&header[16..48]);
        Ok(Self { space, checksum: checksum.into(), body, scales, rows: rows.as_chunks().0 })
    }
}

fn body_len(n_rows: usize) -> usize {
    n_rows * (size_of::<f32>() + DIM)
}

fn u32_at(header: &[u8], at: usize) -> usize {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&header[at..at + 4]);
    u32::from_le_bytes(bytes) as usize
}

fn corrupt(reason: impl Into<String>) -> Error {
    Error::corrupt(Path::new("student table"), reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_is_sound() {
        let read = Table::from_bytes(BUILTIN).unwrap();
        assert_eq!(read.to_bytes(), BUILTIN);
        assert_eq!(read.space(), "all-MiniLM-L6-v2");
        assert!(BUILTIN.len() < 12_000_000);
        assert_eq!(Table::builtin().unwrap().checksum(), read.checksum());
    }

    #[test]
    fn damage_is_found() {
        let check = |what: &str, damage: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = BUILTIN.to_vec();
            damage(&mut bytes);
            assert!(matches!(Table::from_bytes(&bytes), Err(Error::Corrupt { .. })), "{what}");
        };
        check("empty", &|bytes| bytes.clear());
        check("header only", &|bytes| bytes.truncate(HEADER));
        check("short", &|bytes| bytes.truncate(bytes.len() - 1));
        check("long", &|bytes| bytes.push(0));
        check("name", &|bytes| bytes[80] = 0xff);
        check("scale", &|bytes| bytes[HEADER..HEADER + 4].copy_from_slice(&f32::NAN.to_le_bytes()));
        // Any bit of a header field or the body, but for the name, which has no check of its own.
        for at in [0, 7, 8, 12, 16, 47, 48, 79, HEADER, HEADER + 130_000, BUILTIN.len() - 1] {
            check(&format!("byte {at}"), &|bytes| bytes[at] ^= 1);
        }
    }

    #[test]
    fn rows_survive() {
        let n = wordpiece::n_pieces();
        let mut rows = vec![[0.0; DIM]; n];
        for (i, x) in rows.as_flattened_mut().iter_mut().enumerate().step_by(7) {
            *x = (i % 1000) as f32 * 1e-4 - 0.03;
        }
        let table = Table::from_rows("m", &rows).unwrap();
        let read = Table::from_bytes(&table.to_bytes()).unwrap();
        for (id, row) in (0..).zip(&rows) {
            let (scale, bytes) = read.row(id).unwrap();
            for (x, byte) in row.iter().zip(bytes) {
                assert!((x - f32::from(byte.cast_signed()) * scale).abs() <= scale * 0.51);
            }
        }
        assert!(read.row(n as u16).is_none());
        assert!(Table::from_rows("m", &rows[1..]).is_none());
        assert!(Table::from_rows("", &rows).is_none());
        rows[5][5] = f32::NAN;
        assert!(Table::from_rows("m", &rows).is_none());
    }
}
