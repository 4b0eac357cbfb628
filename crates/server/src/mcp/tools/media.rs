//! Reading bytes: pictures, sounds, anything.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::mcp::{mime, uri};
use crate::refusal::{Kind, Refusal, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{ContentBlock, ResourceContents};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Read;

/// More than this no model looks at; HTTP gives files of any size.
pub(super) const MOST: u64 = 8 << 20;

/// The most bytes that are read of a file at once.
pub(in crate::mcp) fn most() -> u64 {
    MOST
}

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "read_media_file",
        "Read a picture, a sound or any other bytes",
        "Read a file's bytes, in base64: a picture or a sound as such, anything else as an embedded resource. At most 8 MiB. \
         For text, also that of PDF and Office documents, use read_text_file.",
        (Effect::Reads, Needs::Read),
        |call, input: Input| read(call, &input),
    )]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file, relative to the workspace.
    path: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// The file, relative to the workspace.
    path: String,
    /// Its media type, by its name.
    mime_type: String,
    /// How many bytes.
    bytes: u64,
    /// BLAKE3 of them.
    version: String,
}

fn read(call: &Call<'_>, input: &Input) -> Result<Reply<Output>> {
    let path = path::file(call.access, &input.path)?;
    let opened = call.access.open(&path)?;
    if opened.entry.bytes > MOST {
        let detail =
            format!("`{path}` has {} bytes, more than the {MOST} that are read at once", opened.entry.bytes);
        return Err(Refusal::new(Kind::TooLarge, detail)
            .hint("its text can be read with `read_text_file`, a part at a time"));
    }
    let mut bytes = Vec::new();
    opened.file.take(MOST).read_to_end(&mut bytes).map_err(|error| {
        tracing::error!(%error, path, "a file cannot be read");
        Refusal::new(Kind::Internal, format!("`{path}` cannot be read"))
    })?;
    let mime_type = mime::of(&path);
    let data = STANDARD.encode(&bytes);
    let block = match mime_type.split('/').next() {
        // A drawing in XML is no picture to a model.
        Some("image") if mime_type != "image/svg+xml" => ContentBlock::image(data, mime_type),
        Some("audio") => ContentBlock::audio(data, mime_type),
        _ => ContentBlock::resource(ResourceContents::blob(data, uri::of(&path)).with_mime_type(mime_type)),
    };
    let (bytes, mime_type) = (bytes.len() as u64, mime_type.to_owned());
    Ok(Reply { content: vec![block], structured: Output { path, mime_type, bytes, version: opened.version } })
}
