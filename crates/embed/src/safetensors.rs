//! The table of contents of a safetensors file: which tensor lies where.
//!
//! Invariant: every range given out lies inside the file.
//! Not here: what the numbers mean.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::{Error, Result};

/// The header is JSON; real ones are kilobytes.
const MAX_HEADER: usize = 16 << 20;

/// Where the tensors of one file are.
pub(crate) struct Contents {
    tensors: BTreeMap<String, Tensor>,
}

/// One tensor of 32-bit floating point numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<u64>,
    /// First byte in the file.
    pub(crate) offset: u64,
    /// Its bytes.
    pub(crate) length: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

impl Contents {
    /// Reads the header of `bytes`, the whole file at `path`. Tensors of other kinds than `F32` are left out.
    pub(crate) fn read(path: &Path, bytes: &[u8]) -> Result<Self> {
        let corrupt = |reason: &str| Error::corrupt(path, reason);
        let (length, rest) = bytes.split_first_chunk().ok_or_else(|| corrupt("too short"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let header = rest.get(..length.min(MAX_HEADER)).filter(|header| header.len() == length);
        let header = header.ok_or_else(|| corrupt("the header goes beyond the file"))?;
        let raw: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header)
            .map_err(|error| corrupt(&format!("the header is not JSON: {error}")))?;
        let base = (8 + length) as u64;
        let size = bytes.len() as u64;
        let mut tensors = BTreeMap::new();
        for (name, value) in raw.into_iter().filter(|(name, _)| name != "__metadata__") {
            let entry: Entry = serde_json::from_value(value)
                .map_err(|error| corrupt(&format!("the entry of {name:?}: {error}")))?;
            if entry.dtype == "F32" {
                let tensor =
                    entry.place(base, size).ok_or_else(|| corrupt(&format!("{name:?} does not fit")))?;
                tensors.insert(name, tensor);
            }
        }
        Ok(Self { tensors })
    }

    /// The tensor of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }
}

impl Tensor {
    /// Its bytes in `file`, the whole file whose contents it was found in.
    pub(crate) fn bytes<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        let rest = file.get(self.offset as usize..).unwrap_or_default();
        rest.get(..self.length as usize).unwrap_or_default()
    }

    /// Its numbers, likewise.
    pub(crate) fn floats(&self, file: &[u8]) -> Vec<f32> {
        self.bytes(file).as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    }
}

impl Entry {
    fn place(self, base: u64, size: u64) -> Option<Tensor> {
        let (from, to) = self.data_offsets;
        let length = to.checked_sub(from)?;
        let elements = self.shape.iter().try_fold(1_u64, |n, &side| n.checked_mul(side))?;
        let offset = base.checked_add(from)?;
        let fits = elements.checked_mul(4)? == length && offset.checked_add(length)? <= size;
        fits.then_some(Tensor { shape: self.shape, offset, length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(header: &str, n_data: usize) -> Vec<u8> {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.resize(bytes.len() + n_data, 0);
        bytes
    }

    #[test]
    fn finds_tensors_and_refuses_what_does_not_fit() {
        let read = |header: &str, n_data| Contents::read(Path::new("x"), &file(header, n_data));
        let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},"b":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}"#;
        let contents = read(header, 28).unwrap();
        assert_eq!(
            contents.get("a"),
            Some(&Tensor { shape: vec![2, 3], offset: 12 + header.len() as u64, length: 24 })
        );
        assert_eq!(contents.get("b"), None);
        assert!(read(header, 27).is_err());
        for bad in [
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            r#"{"a":{"dtype":"F32","shape":[18446744073709551615,18446744073709551615],"data_offsets":[0,4]}}"#,
            r#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[18446744073709551615,18446744073709551615]}}"#,
            "[]",
            "{",
        ] {
            assert!(matches!(read(bad, 8), Err(Error::Corrupt { .. })), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..60), length in 0_u64..80) {
            let mut file = length.to_le_bytes().to_vec();
            file.extend(bytes);
            drop(Contents::read(Path::new("x"), &file));
        }
    }
}
