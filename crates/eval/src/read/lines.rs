//! JSON, a value a line, with the number of the line for whoever must mend it.

use crate::{Error, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What the keys of a file's first line say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Questions about documents in files.
    Golden,
    /// Samples of Ragas.
    Ragas,
    /// Test cases of DeepEval.
    DeepEval,
}

/// An id or the like: text, or a number that stands for its digits.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "an id is neither a text nor a number")]
pub(super) enum Name {
    Text(String),
    Number(serde_json::Number),
}

impl Name {
    pub(super) fn into_string(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

/// Calls `take` with each line that is not blank and its number. What `take` objects to becomes an error at that line.
pub(super) fn each_line(
    path: &Path,
    mut take: impl FnMut(usize, &str) -> std::result::Result<(), String>,
) -> Result<()> {
    let mut file = BufReader::new(std::fs::File::open(path).map_err(Error::reading(path))?);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes).map_err(Error::reading(path))? == 0 {
            break;
        }
        let Ok(line) = std::str::from_utf8(&bytes) else {
            return Err(Error::line(path, number, "the line is not UTF-8"));
        };
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if !line.trim().is_empty() {
            let line = line.trim_end_matches(['\n', '\r']);
            take(number, line).map_err(|reason| Error::line(path, number, reason))?;
        }
    }
    Ok(())
}

/// As [`each_line`], with each line read as a JSON value.
pub(super) fn each<T: DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(usize, T) -> std::result::Result<(), String>,
) -> Result<()> {
    each_line(path, |number, line| take(number, parse(line)?))
}

pub(super) fn parse<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        // The line is one of the string, not of the file.
        let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
        if error.is_data() { reason.to_owned() } else { format!("column {}: {reason}", error.column()) }
    })
}

/// What a JSONL file is, by its first line; `None` when its keys are none we know.
///
/// # Errors
/// When the first line is no JSON at all.
pub(super) fn kind(path: &Path) -> Result<Option<Kind>> {
    let mut first = None;
    each_line(path, |_, line| {
        if first.is_none() {
            first = Some(parse::<Value>(line)?);
        }
        Ok(())
    })?;
    let has = |key| first.as_ref().is_some_and(|value| value.get(key).is_some());
    Ok(if has("user_input") {
        Some(Kind::Ragas)
    } else if has("input") {
        Some(Kind::DeepEval)
    } else if has("question") && (has("path") || has("paths")) {
        Some(Kind::Golden)
    } else {
        None
    })
}
