//! What an endpoint answers, read as it comes: server-sent events of pieces, or one JSON document from an endpoint that does not stream.
//!
//! Invariant: bounded in bytes, whatever comes. An answer is whole only if its end was told: by `[DONE]`, by a reason to finish, or by being one
//! document. Whether somebody still waits is asked before each line.
//! Not here: connections and their time (`endpoint`).

use crate::error::{Error, Failure, Result};
use serde::Deserialize;
use std::io::{self, BufRead, Read};

/// The most bytes of an answer.
const LONGEST: usize = 256 << 10;
/// The most bytes of one line: an event with a piece of the answer, or a whole document with it.
const LONGEST_LINE: u64 = 2 << 20;
/// The most bytes in all: of an event a few per cent are text.
const MOST: u64 = 64 << 20;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) text: String,
    /// Whether a limit of the endpoint's ended it.
    pub(crate) cut: bool,
}

/// Who hears an answer while it is made.
pub(crate) struct Ear<'a> {
    pub(crate) said: &'a mut dyn FnMut(&str),
    pub(crate) is_gone: &'a dyn Fn() -> bool,
}

/// Why an answer could not be read.
pub(crate) enum Broken {
    /// As the endpoint or the bounds have it.
    Error(Error),
    /// The connection.
    Io(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default, alias = "message")]
    delta: Option<Piece>,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    content: Option<String>,
}

/// Reads an answer to its end.
pub(crate) fn read(body: impl Read, ear: &mut Ear<'_>) -> std::result::Result<Completion, Broken> {
    let mut body = io::BufReader::new(body.take(MOST));
    let mut reading = Reading::default();
    let mut line = Vec::new();
    while !reading.is_done {
        if (ear.is_gone)() {
            return Err(Error::cancelled().into());
        }
        line.clear();
        let read = (&mut body).take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if read as u64 == LONGEST_LINE || body.get_ref().limit() == 0 {
            return Err(too_long().into());
        }
        if read == 0 {
            break;
        }
        if line.starts_with(b"{") {
            // No event, but a document, perhaps of many lines.
            (&mut body).take(LONGEST_LINE).read_to_end(&mut line)?;
            reading.is_done = true;
            reading.take(&line, ear)?;
        } else if let Some(data) = line.strip_prefix(b"data:") {
            reading.event(data.trim_ascii(), ear)?;
        } else if !is_other_field(&line) {
            return Err(not_understood(&line).into());
        }
    }
    Ok(reading.ended()?)
}

#[derive(Default)]
struct Reading {
    answer: Completion,
    is_done: bool,
    is_finished: bool,
}

impl Reading {
    fn event(&mut self, data: &[u8], ear: &mut Ear<'_>) -> Result<()> {
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        self.take(data, ear)
    }

    fn take(&mut self, json: &[u8], ear: &mut Ear<'_>) -> Result<()> {
        let document: Document = serde_json::from_slice(json).map_err(|_| not_understood(json))?;
        if let Some(error) = document.error.filter(|error| !error.is_null()) {
            let said = message(&error).unwrap_or_default();
            let detail = format!("the language model's endpoint ended with an error: {}", shortened(&said));
            return Err(Error::new(Failure::Refused, detail, "the endpoint's own log says more"));
        }
        let Some(choice) = document.choices.into_iter().next() else { return Ok(()) };
        if let Some(text) = choice.delta.and_then(|piece| piece.content).filter(|text| !text.is_empty()) {
            self.answer.text.push_str(&text);
            if self.answer.text.len() > LONGEST {
                return Err(too_long());
            }
            (ear.said)(&text);
        }
        if let Some(reason) = choice.finish_reason {
            self.is_finished = true;
            self.answer.cut = reason == "length";
        }
        Ok(())
    }

    fn ended(self) -> Result<Completion> {
        if !self.is_done && !self.is_finished {
            let said = self.answer.text.len();
            let detail =
                format!("the language model's answer broke off after {said} bytes, before its end was told");
            return Err(Error::new(Failure::CutOff, detail, "ask again; the endpoint's own log says more"));
        }
        if self.answer.text.trim().is_empty() {
            let hint = "it may have spent all its tokens on thinking, or the model is none for chat";
            return Err(Error::new(
                Failure::NotUnderstood,
                "the language model answered without a word",
                hint,
            ));
        }
        Ok(self.answer)
    }
}

/// Blank lines, comments, and fields of events that say nothing to us.
fn is_other_field(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || [&b":"[..], b"event:", b"id:", b"retry:"].iter().any(|field| line.starts_with(field))
}

fn too_long() -> Error {
    let hint =
        "the model does not come to an end; another one, or a limit of tokens at the endpoint, may help";
    Error::new(
        Failure::TooLong,
        format!("the language model's answer is longer than {} KiB", LONGEST >> 10),
        hint,
    )
}

fn not_understood(bytes: &[u8]) -> Error {
    let begins = shortened(&String::from_utf8_lossy(bytes));
    let detail = format!("what the endpoint answered is not a chat completion: it begins `{begins}`");
    Error::new(
        Failure::NotUnderstood,
        detail,
        "the address must be that of an endpoint that speaks OpenAI's chat completions, such as http://127.0.0.1:11434/v1",
    )
}

/// What an endpoint says went wrong, in whichever of the usual places.
pub(crate) fn message(error: &serde_json::Value) -> Option<String> {
    let inner = ["error", "message", "detail"].iter().find_map(|name| error.get(name));
    match inner {
        Some(inner) => message(inner),
        None => Some(error.as_str().map_or_else(|| error.to_string(), str::to_owned)),
    }
}

/// The beginning of what somebody else says, on one line.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    let line: String = text.trim().chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(MOST).is_some() { line + "…" } else { line }
}
