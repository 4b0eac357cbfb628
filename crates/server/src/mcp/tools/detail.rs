//! How much a result tells: each token costs the model that reads it.

use rmcp::schemars::JsonSchema;
use serde::Deserialize;

/// How much a result tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
pub(super) enum Detail {
    /// What is needed to go on.
    #[default]
    Terse,
    /// And where it comes from: titles, headings, times.
    Standard,
    /// And everything that a citation can be checked by.
    Full,
}

/// A member that only a result of at least that detail has.
pub(super) fn from<T>(at_least: Detail, detail: Detail, value: impl FnOnce() -> Option<T>) -> Option<T> {
    if detail >= at_least { value() } else { None }
}
