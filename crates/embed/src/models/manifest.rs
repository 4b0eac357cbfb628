//! The manifest of an installed model.
//!
//! Invariant: names of files are plain names, so that nothing outside the folder is ever read through a manifest.
//! Not here: whether the files match it.

use std::collections::BTreeMap;
use std::path::Path;

use corpus::{DIM, MAX_INPUT_TOKENS};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Name of the manifest in a model's folder.
pub(super) const FILE: &str = "manifest.json";

/// How the vectors of a text's word pieces become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the start mark.
    Cls,
}

/// What an installed model is, as `manifest.json` says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name, which is also its folder's.
    pub name: String,
    /// Components of a vector.
    pub dim: usize,
    /// How pieces become a text.
    pub pooling: Pooling,
    /// Longest input in word pieces, start and end marks included.
    pub max_tokens: usize,
    /// Put before a query.
    #[serde(default)]
    pub query_prefix: String,
    /// Put before a passage.
    #[serde(default)]
    pub passage_prefix: String,
    /// The licence of the weights, by its SPDX name, or `unknown`.
    pub license: String,
    /// Where the files came from.
    pub source: String,
    /// SHA-256 of each file, in hexadecimal.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads and checks a manifest that lies at `path`.
    pub(super) fn parse(path: &Path, json: &[u8]) -> Result<Self> {
        let manifest: Self =
            serde_json::from_slice(json).map_err(|error| Error::corrupt(path, error.to_string()))?;
        check_name(&manifest.name)?;
        if let Some(file) = manifest.files.keys().find(|file| !is_plain(file)) {
            return Err(Error::corrupt(path, format!("{file:?} is no plain file name")));
        }
        if manifest.dim != DIM {
            return Err(Error::unsupported(
                path,
                format!("its vectors have {} components, not {DIM}", manifest.dim),
            ));
        }
        if !(3..=MAX_INPUT_TOKENS).contains(&manifest.max_tokens) {
            return Err(Error::corrupt(path, format!("max_tokens is {}", manifest.max_tokens)));
        }
        Ok(manifest)
    }
}

/// Refuses names that are no folder of their own under the models folder.
pub(super) fn check_name(name: &str) -> Result<()> {
    // "runtime" is where the library is.
    let good = is_plain(name) && name.len() <= 100 && name != "runtime";
    if good { Ok(()) } else { Err(Error::BadName(name.to_owned())) }
}

fn is_plain(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["all-MiniLM-L6-v2", "a", "bge_small.1"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", ".hidden", "a/b", "a\\b", "runtime", "ü", &"x".repeat(101)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn manifests() {
        let check = |from: &str, to: &str| {
            let json = r#"{"name":"m","dim":384,"pooling":"mean","max_tokens":256,"license":"MIT","source":"here","files":{"a.json":"00"}}"#;
            assert!(json.contains(from), "{from}");
            Manifest::parse(Path::new("manifest.json"), json.replace(from, to).as_bytes())
        };
        let manifest = check("{", "{").unwrap();
        assert_eq!((manifest.pooling, &*manifest.query_prefix), (Pooling::Mean, ""));
        assert!(matches!(check("384", "768"), Err(Error::Unsupported { .. })));
        assert!(matches!(check("a.json", "../a.json"), Err(Error::Corrupt { .. })));
        assert!(matches!(check("256", "2"), Err(Error::Corrupt { .. })));
        assert!(matches!(check("256", "257"), Err(Error::Corrupt { .. })));
        assert!(matches!(check("mean", "max"), Err(Error::Corrupt { .. })));
        assert!(matches!(check("\"m\"", "\"..\""), Err(Error::BadName(_))));
        assert!(matches!(check("}}", "}"), Err(Error::Corrupt { .. })));
    }
}
