//! How a set of paths is written: as the list of its prefixes, in which the empty string is the whole workspace. For `#[serde(with)]`.
//!
//! Invariant: what does not say which paths it is limited to is not limited, and what names none sees none.

use corpus::PathSet;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes the prefixes.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(set: &PathSet, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(set.prefixes())
}

/// Reads the prefixes.
///
/// # Errors
/// Those of the deserializer.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathSet, D::Error> {
    Ok(PathSet::under(Vec::<String>::deserialize(deserializer)?))
}
