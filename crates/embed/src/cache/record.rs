//! The bytes of a cache file: one header, then records of one size.
//!
//! Invariant: bytes that were not written by [`encode`] for the same model do not decode: each record's checksum covers the model, too.
//! Not here: where records lie, and reading or writing files.
//! On disk: docs/format.md, "Embeddings".

use corpus::{DIM, QuantizedVector, TextHash};

use crate::ModelInfo;

/// The last two digits are the version.
const MAGIC: &[u8; 8] = b"WRVECS01";
const KIND: usize = 6;
pub(super) const HEADER: usize = 128;
const KEY: std::ops::Range<usize> = 16..48;
const NAME: std::ops::Range<usize> = 48..HEADER - CRC;

const CRC: usize = 4;
const HASH: usize = 16;
const SCALE: usize = 4;
/// Bytes of a record.
pub(super) const RECORD: usize = HASH + SCALE + DIM + CRC;

/// Names the exact weights: BLAKE3 of the model's name and checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelKey([u8; 32]);

impl ModelKey {
    pub(super) fn of(model: &ModelInfo) -> Self {
        let mut hasher = blake3::Hasher::new();
        // With its length, so that no other pair of texts runs together to the same bytes.
        hasher.update(&(model.name.len() as u64).to_le_bytes());
        hasher.update(model.name.as_bytes()).update(model.checksum.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }

    /// A few digits for a file's name.
    pub(super) fn short(&self) -> String {
        self.0[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

pub(super) fn header(model: &ModelInfo) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..MAGIC.len()].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&(DIM as u32).to_le_bytes());
    header[12..16].copy_from_slice(&(RECORD as u32).to_le_bytes());
    header[KEY].copy_from_slice(&ModelKey::of(model).0);
    let name = model.name.as_bytes();
    let shown = &name[..name.len().min(NAME.len())];
    header[NAME.start..NAME.start + shown.len()].copy_from_slice(shown);
    let crc = crc32fast::hash(&header[..HEADER - CRC]);
    header[HEADER - CRC..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// What a header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// Records for the model follow.
    Ours,
    /// Not a header, or a damaged one.
    Damaged,
    /// A whole header of something else; in words.
    Other(String),
}

/// Judges a header. Every version must keep the magic number at the begin and the checksum at the end of these bytes, so that what is
/// newer is told from what is damaged.
pub(super) fn judge(bytes: &[u8; HEADER], model: &ModelInfo) -> Header {
    let (body, crc) = bytes.split_at(HEADER - CRC);
    if crc != crc32fast::hash(body).to_le_bytes() || body[..KIND] != MAGIC[..KIND] {
        return Header::Damaged;
    }
    if body[..MAGIC.len()] != *MAGIC {
        return Header::Other("it was written by a newer program".to_owned());
    }
    let dim = u32::from_le_bytes([body[8], body[9], body[10], body[11]]);
    if dim as usize != DIM || body[12..16] != (RECORD as u32).to_le_bytes() {
        return Header::Other(format!("its vectors have {dim} components, not {DIM}"));
    }
    if body[KEY] != ModelKey::of(model).0 {
        let name = String::from_utf8_lossy(&body[NAME]);
        let name = name.trim_end_matches('\0');
        return Header::Other(format!("it is for other weights ({name:?}) than {:?}", model.name));
    }
    Header::Ours
}

/// Appends a record, unless the vector has no direction.
pub(super) fn encode(key: &ModelKey, hash: &TextHash, vector: &QuantizedVector, out: &mut Vec<u8>) -> bool {
    if !has_direction(vector.scale, vector.q.iter().any(|&x| x != 0)) {
        return false;
    }
    let start = out.len();
    out.extend_from_slice(hash.as_bytes());
    out.extend_from_slice(&vector.scale.to_le_bytes());
    out.extend(vector.q.iter().map(|x| x.cast_unsigned()));
    let crc = checksum(key, &out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
    true
}

/// The text hash of a record, if it is whole.
pub(super) fn hash_of(key: &ModelKey, record: &[u8; RECORD]) -> Option<TextHash> {
    let (body, crc) = record.split_at(RECORD - CRC);
    if crc != checksum(key, body).to_le_bytes() {
        return None;
    }
    Some(TextHash::from_bytes(*body.first_chunk()?))
}

/// The vector of a record for this text, if it is whole and for no other text.
pub(super) fn decode(key: &ModelKey, hash: &TextHash, record: &[u8; RECORD]) -> Option<QuantizedVector> {
    if hash_of(key, record)? != *hash {
        return None;
    }
    let (scale, rest) = record[HASH..].split_first_chunk::<SCALE>()?;
    let scale = f32::from_le_bytes(*scale);
    let q: Box<[i8; DIM]> = Box::new(rest.first_chunk::<DIM>()?.map(u8::cast_signed));
    has_direction(scale, q.iter().any(|&x| x != 0)).then_some(QuantizedVector { scale, q })
}

fn has_direction(scale: f32, has_component: bool) -> bool {
    scale.is_finite() && scale > 0.0 && has_component
}

fn checksum(key: &ModelKey, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&key.0);
    hasher.update(body);
    hasher.finalize()
}
