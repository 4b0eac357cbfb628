//! Reading text: of one file or of several, whole or some lines.
//!
//! Not here: pictures and sounds (`media`), what a search found (`fetch`).

use super::action::{Action, Call, Effect, Needs, Reply};
use super::lines::{self, Which};
use super::{fetch, path};
use crate::access::Opened;
use crate::mcp::passage;
use crate::refusal::{Kind, NextCall, Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is read of one file at once: more than most models take in one piece.
const MOST: u64 = 1 << 20;
/// Files in one call.
const MOST_FILES: usize = 64;
/// Of all files of one call together.
const MOST_TOGETHER: usize = 4 << 20;

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "read_text_file",
            "Read a text file",
            "Read a file's text: all of it, its first lines (head), its last (tail), or some from the middle (offset and limit). \
             Of a PDF, an Office document or a message it is the text that was extracted. The version returned says which bytes were read, \
             for if_match.",
            (Effect::Reads, Needs::Read),
            |call, input: Input| read(call, &input),
        ),
        Action::new(
            "read_multiple_files",
            "Read several text files",
            "Read several files in one call. One that cannot be read says why in its place, and the others are read all the same.",
            (Effect::Reads, Needs::Read),
            |call, input: Several| read_several(call, &input),
        ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file, relative to the workspace.
    path: String,
    /// Only so many lines from the beginning.
    head: Option<u64>,
    /// Only so many lines from the end.
    tail: Option<u64>,
    /// Only from this line on, counted from 1.
    offset: Option<u64>,
    /// Only so many lines from `offset` on.
    limit: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// The text.
    content: String,
    /// BLAKE3 of the file's bytes; absent for a part of another file.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Whether the text was extracted from something that is no plain text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    extracted: bool,
    /// What to know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

fn read(call: &Call<'_>, input: &Input) -> Result<Reply<Output>> {
    let output = text(call, &path::file(call.access, &input.path)?, input.which()?)?;
    let notes = (!output.notes.is_empty()).then(|| format!("note: {}", output.notes.join("; ")));
    Ok(Reply::new(output.content.clone(), output).and(notes))
}

impl Input {
    fn which(&self) -> Result<Which> {
        Ok(match (self.head, self.tail, self.offset, self.limit) {
            (None, None, None, None) => Which::All,
            (Some(n), None, None, None) => Which::Head(n),
            (None, Some(n), None, None) => Which::Tail(n),
            (None, None, first, n) => Which::From(first.unwrap_or(1).max(1), n.unwrap_or(u64::MAX)),
            _ => {
                return Err(Refusal::invalid("`head`, `tail` and `offset` with `limit` exclude each other")
                    .hint("give one of them"));
            }
        })
    }
}

/// A file's text, or what was extracted from it.
fn text(call: &Call<'_>, path: &str, which: Which) -> Result<Output> {
    let mut opened = match call.access.open(path) {
        Ok(opened) => opened,
        // A part of a message or an archive has no file of its own.
        Err(refusal) if refusal.kind == Kind::NotFound => {
            return extracted(call, path, which, None).map_err(|_| refusal);
        }
        Err(refusal) => return Err(refusal),
    };
    let lines = lines(&mut opened, which)?;
    let mut notes = Vec::new();
    if lines.cut {
        notes.push(format!(
            "this is {} of {} bytes; read on with `offset` and `limit`",
            lines.bytes.len(),
            opened.entry.bytes
        ));
    }
    match plain(lines.bytes, lines.cut) {
        Some(content) => {
            notes.extend(passage::warning(path, &content));
            Ok(Output { content, version: Some(opened.version), extracted: false, notes })
        }
        None => extracted(call, path, which, Some(opened.version)),
    }
}

fn lines(opened: &mut Opened, which: Which) -> Result<lines::Lines> {
    lines::read(&mut opened.file, which, MOST).map_err(|error| {
        tracing::error!(%error, path = opened.entry.path, "a file cannot be read");
        Refusal::new(Kind::Internal, format!("`{}` cannot be read", opened.entry.path))
    })
}

/// The text that bytes are, if they are any; a character may have been cut in two at the end.
fn plain(bytes: Vec<u8>, cut: bool) -> Option<String> {
    const LONGEST_CHARACTER: usize = 4;
    if bytes.contains(&0) {
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error)
            if cut && error.as_bytes().len() - error.utf8_error().valid_up_to() < LONGEST_CHARACTER =>
        {
            let end = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(end);
            String::from_utf8(bytes).ok()
        }
        Err(_) => None,
    }
}

/// The text that the index has of a document.
fn extracted(call: &Call<'_>, path: &str, which: Which, version: Option<String>) -> Result<Output> {
    let shown = call.access.show(path, None).map_err(|refusal| match (&version, refusal.kind) {
        (Some(_), _) => Refusal::new(
            Kind::Unprocessable,
            format!("`{path}` holds no text that can be read: {}", refusal.detail),
        )
        .hint("`read_media_file` returns the bytes of any file")
        .next(NextCall::Problems),
        (None, _) => refusal,
    })?;
    let whole = fetch::joined(&shown.chunks);
    let (content, cut) = some_lines(&whole, which);
    let mut notes = vec![format!("this is the text that was extracted from the file ({})", shown.format)];
    if cut {
        notes.push("there is more; read on with `offset` and `limit`".to_owned());
    }
    if !shown.fresh && version.is_some() {
        notes.push("the file has changed since".to_owned());
    }
    notes.extend(passage::warning(path, &content));
    Ok(Output { content, version, extracted: true, notes })
}

fn some_lines(text: &str, which: Which) -> (String, bool) {
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (skipped, taken) = match which {
        Which::All => (0, usize::MAX),
        Which::Head(n) => (0, size(n)),
        Which::Tail(n) => (all.len().saturating_sub(size(n)), usize::MAX),
        Which::From(first, n) => (size(first.saturating_sub(1)), size(n)),
    };
    let mut some = String::new();
    for line in all.into_iter().skip(skipped).take(taken) {
        if some.len() + line.len() > size(MOST) {
            return (some, true);
        }
        some.push_str(line);
    }
    (some, false)
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Several {
    /// The files, relative to the workspace; at most 64.
    #[schemars(length(min = 1, max = 64))]
    paths: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Files {
    /// In the order in which they were asked for.
    files: Vec<OneOf>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct OneOf {
    /// The file, as it was asked for.
    path: String,
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// BLAKE3 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// What to know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

fn read_several(call: &Call<'_>, input: &Several) -> Result<Reply<Files>> {
    if input.paths.is_empty() || input.paths.len() > MOST_FILES {
        return Err(Refusal::invalid(format!("{} files were asked for", input.paths.len()))
            .hint(format!("name 1 to {MOST_FILES} files in one call")));
    }
    let (mut files, mut together) = (Vec::new(), 0);
    for path in &input.paths {
        let read = if call.cancel.is_set() || together > MOST_TOGETHER {
            Err(Refusal::new(Kind::TooLarge, "this is too much for one call").hint("read it in another one"))
        } else {
            path::file(call.access, path).and_then(|path| text(call, &path, Which::All))
        };
        let path = path.clone();
        files.push(match read {
            Ok(Output { content, version, notes, .. }) => {
                together += content.len();
                OneOf { path, content: Some(content), version, error: None, notes }
            }
            Err(refusal) => {
                let error = crate::mcp::reply::refusal_text(&refusal);
                OneOf { path, content: None, version: None, error: Some(error), notes: Vec::new() }
            }
        });
    }
    let texts: Vec<String> = files.iter().map(shown).collect();
    Ok(Reply::new(texts.join("\n"), Files { files }))
}

fn shown(file: &OneOf) -> String {
    match (&file.content, &file.error) {
        (Some(content), _) => passage::delimited(&[("path", &file.path)], content),
        (_, error) => format!("{}: {}", file.path, error.as_deref().unwrap_or_default()),
    }
}
