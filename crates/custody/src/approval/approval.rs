//! An approval that is asked for, and what came of it.
//!
//! Invariant: one that passed [`NewApproval::check`] has a title, at least two options and a time to end, all within bounds.
//! Not here: which there are (`table`).

use crate::text::{self, Lines};
use crate::{Actor, Error, Result};
use corpus::DocPath;
use serde::{Deserialize, Serialize};

/// The most characters of a title and of an option.
const MAX_TITLE: usize = 200;
const MAX_OPTION: usize = 64;
/// The most characters of the details and of what whoever answers adds.
const MAX_DETAILS: usize = 16_000;
const MAX_NOTE: usize = 4_000;
const MAX_PATHS: usize = 64;
const OPTIONS: std::ops::RangeInclusive<usize> = 2..=16;
/// Seconds that one may wait to be answered: a minute to ninety days.
const SECONDS: std::ops::RangeInclusive<u64> = 60..=90 * 86_400;

/// An approval to be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewApproval {
    /// Chosen by whoever asks ([`Approvals::new_id`](super::Approvals::new_id)): asked for twice, it is one.
    pub id: String,
    /// What is to be approved, in a line.
    pub title: String,
    /// What there is to say besides.
    pub details: Option<String>,
    /// The files and folders that it is about: who administers all of them may answer. None for the whole workspace.
    pub paths: Vec<String>,
    /// What can be answered; `approve` and `reject`, if empty.
    pub options: Vec<String>,
    /// Seconds until it ends without an answer.
    pub seconds: u64,
}

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// Names it.
    pub id: String,
    /// What is to be approved, in a line.
    pub title: String,
    /// What there is to say besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// The files and folders that it is about; the empty path is the whole workspace.
    pub paths: Vec<String>,
    /// What can be answered.
    pub options: Vec<String>,
    /// Who asks.
    pub by: Actor,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// When it ends without an answer.
    pub expires_ms: i64,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answered>,
}

/// What somebody answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// One of the options.
    pub option: String,
    /// What there is to say besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who.
    pub by: Actor,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// Whether an approval waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be answered.
    Open,
    /// It was answered.
    Answered,
    /// Its time ended without an answer.
    Expired,
}

impl State {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Expired => "expired",
        }
    }
}

impl Approval {
    /// Whether it waits.
    #[must_use]
    pub fn state(&self, now_ms: i64) -> State {
        match self {
            Self { answer: Some(_), .. } => State::Answered,
            Self { expires_ms, .. } if *expires_ms <= now_ms => State::Expired,
            _ => State::Open,
        }
    }
}

impl NewApproval {
    /// The approval, if it makes sense.
    pub(super) fn check(self, by: &Actor, at_ms: i64) -> Result<Approval> {
        text::check_id(&self.id)?;
        text::check("a title", &self.title, MAX_TITLE, Lines::One)?;
        if let Some(details) = &self.details {
            text::check("the details", details, MAX_DETAILS, Lines::Many)?;
        }
        if !SECONDS.contains(&self.seconds) {
            let (least, most) = (SECONDS.start(), SECONDS.end() / 86_400);
            return Err(Error::invalid(format!("an approval waits {least} seconds to {most} days")));
        }
        Ok(Approval {
            paths: paths(&self.paths)?,
            options: options(self.options)?,
            id: self.id,
            title: self.title,
            details: self.details,
            by: by.clone(),
            at_ms,
            expires_ms: at_ms.saturating_add_unsigned(self.seconds.saturating_mul(1000)),
            answer: None,
        })
    }
}

/// Whether somebody can say that with an answer.
pub(super) fn check_note(note: Option<&str>) -> Result<()> {
    note.map_or(Ok(()), |note| text::check("a note", note, MAX_NOTE, Lines::Many))
}

fn paths(named: &[String]) -> Result<Vec<String>> {
    if named.len() > MAX_PATHS {
        return Err(Error::invalid(format!("an approval is about at most {MAX_PATHS} paths")));
    }
    let plain = |path: &String| match path.trim_end_matches('/') {
        "" | "." => Ok(String::new()),
        path => DocPath::new(path.trim_start_matches("./"))
            .map(|path| path.to_string())
            .map_err(|error| Error::invalid(error.to_string())),
    };
    let mut paths = named.iter().map(plain).collect::<Result<Vec<_>>>()?;
    if paths.is_empty() {
        paths.push(String::new());
    }
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

fn options(named: Vec<String>) -> Result<Vec<String>> {
    if named.is_empty() {
        return Ok(["approve", "reject"].map(str::to_owned).to_vec());
    }
    if !OPTIONS.contains(&named.len()) {
        let (least, most) = (OPTIONS.start(), OPTIONS.end());
        return Err(Error::invalid(format!("an approval has {least} to {most} options")));
    }
    for (n, option) in named.iter().enumerate() {
        text::check("an option", option, MAX_OPTION, Lines::One)?;
        if named.iter().take(n).any(|other| other == option) {
            return Err(Error::invalid(format!("the option `{option}` is named twice")));
        }
    }
    Ok(named)
}
