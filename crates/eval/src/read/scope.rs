//! Scope: a set whose queries see only a part of its documents says so in `SOURCE.json`.
//!
//! The rule is a sentence that names a key of the metadata, `... metadata.conv ...`: a query sees the documents that have its own value there.

use super::lines::parse;
use crate::{Error, Result};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

const FILE: &str = "SOURCE.json";
const PREFIX: &str = "metadata.";

#[derive(Deserialize)]
struct About {
    scope: Option<String>,
}

/// The key that parts the collection in `folder`, if one does.
pub(super) fn key(folder: &Path) -> Result<Option<String>> {
    let path = folder.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).map_err(Error::reading(&path))?;
    let about: About = parse(&text).map_err(|reason| Error::file(&path, reason))?;
    let Some(rule) = about.scope else { return Ok(None) };
    let named = key_in(&rule).map(Some);
    named.ok_or_else(|| Error::file(&path, format!("the scope `{rule}` names no `{PREFIX}KEY`")))
}

fn key_in(rule: &str) -> Option<String> {
    let (_, rest) = rule.split_once(PREFIX)?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
    (end > 0).then(|| rest[..end].to_owned())
}

/// The value of the key, or why there is none. Without a key there is no scope.
pub(super) fn of(
    key: Option<&str>,
    metadata: Option<&Map<String, Value>>,
) -> std::result::Result<Option<String>, String> {
    let Some(key) = key else { return Ok(None) };
    match metadata.and_then(|metadata| metadata.get(key)) {
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
        _ => Err(format!("no `{PREFIX}{key}`, which {FILE} makes the scope")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_sentences() {
        for (rule, expected) in [
            ("repo: only docs whose metadata.repo equals the query's", Some("repo")),
            ("metadata.conv_id", Some("conv_id")),
            ("same metadata.a-b, and metadata.c", Some("a-b")),
            ("metadata. nothing", None),
            ("everything", None),
        ] {
            assert_eq!(key_in(rule).as_deref(), expected, "{rule}");
        }
    }
}
