//! Files as resources.
//!
//! Invariant: what is listed may be read, in the order of the paths. A part of a message or an archive is its text; a file is its bytes, as text
//! where they are that.
//! Not here: changes (`listening`).

use super::tools::{joined, media_most};
use super::{mime, uri};
use crate::access::Access;
use crate::refusal::{Kind, Refusal, Result};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, CompleteRequestParams, CompleteResult, CompletionInfo, ReadResourceResponse,
    ReadResourceResult, Reference, Resource, ResourceContents, ResourceTemplate,
};
use std::io::Read;
use workroom::{Entry, Page};

/// Resources of one page.
const PAGE: usize = 200;
/// The name of the template's variable.
const VARIABLE: &str = "path";

/// The path after which a page begins.
pub(super) fn after(cursor: Option<String>) -> std::result::Result<Option<String>, ErrorData> {
    let Some(cursor) = cursor else { return Ok(None) };
    let path = URL_SAFE_NO_PAD.decode(&cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    path.map(Some).ok_or_else(|| ErrorData::invalid_params("the cursor is not one that was given out", None))
}

/// A page of documents, and the cursor of the next.
pub(super) fn list(access: &Access, after: Option<&str>) -> Result<(Vec<Resource>, Option<String>)> {
    let documents = access.documents()?;
    let first = after.map_or(0, |after| documents.partition_point(|path| path.as_str() <= after));
    let page: Vec<&String> = documents.iter().skip(first).take(PAGE).collect();
    let more = first + page.len() < documents.len();
    let next = page.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(last));
    let resource = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        Resource::new(uri::of(path), name).with_title(path.as_str()).with_mime_type(mime::of(path))
    };
    Ok((page.iter().map(resource).collect(), next))
}

/// How any file is named.
pub(super) fn template() -> ResourceTemplate {
    ResourceTemplate::new(uri::TEMPLATE, "file")
        .with_title("A file of the workspace")
        .with_description("Any file of the workspace by its path, such as notes/today.md")
}

/// What a resource holds.
pub(super) fn read(access: &Access, uri: &str) -> Result<Vec<ResourceContents>> {
    let nothing = || Refusal::new(Kind::NotFound, format!("no such resource: `{uri}`"));
    let path = uri::path(&access.room().name, uri).ok_or_else(nothing)?;
    let opened = match access.open(&path) {
        Ok(opened) => opened,
        Err(refusal) if refusal.kind == Kind::NotFound => {
            let shown = access.show(&path, None).map_err(|_| refusal)?;
            return Ok(vec![ResourceContents::text(joined(&shown.chunks), uri).with_mime_type("text/plain")]);
        }
        Err(refusal) => return Err(refusal),
    };
    too_large(&opened.entry)?;
    let mut bytes = Vec::new();
    opened.file.take(media_most()).read_to_end(&mut bytes).map_err(|error| {
        tracing::error!(%error, path, "a file cannot be read");
        Refusal::new(Kind::Internal, format!("`{path}` cannot be read"))
    })?;
    let mime = mime::of(&path);
    Ok(vec![match String::from_utf8(bytes) {
        Ok(text) => {
            let mime = if mime == "application/octet-stream" { "text/plain" } else { mime };
            ResourceContents::text(text, uri).with_mime_type(mime)
        }
        Err(error) => ResourceContents::blob(STANDARD.encode(error.as_bytes()), uri).with_mime_type(mime),
    }])
}

fn too_large(entry: &Entry) -> Result<()> {
    if entry.bytes <= media_most() {
        return Ok(());
    }
    let detail = format!(
        "`{}` has {} bytes, more than the {} that are read at once",
        entry.path,
        entry.bytes,
        media_most()
    );
    Err(Refusal::new(Kind::TooLarge, detail)
        .hint("its text can be read with `read_text_file`, a part at a time"))
}

/// The answer that holds them.
pub(super) fn result(contents: Vec<ResourceContents>) -> ReadResourceResponse {
    ReadResourceResult::new(contents).with_ttl_ms(0).with_cache_scope(CacheScope::Private).into()
}

/// What is begun, if it is a path in our template.
pub(super) fn completes(request: &CompleteRequestParams) -> Option<String> {
    let is_ours = matches!(&request.r#ref, Reference::Resource(reference) if reference.uri == uri::TEMPLATE);
    (is_ours && request.argument.name == VARIABLE).then(|| request.argument.value.clone())
}

/// Paths that begin so: the entries of the folder that is named so far.
pub(super) fn complete(access: &Access, begun: &str) -> Result<CompleteResult> {
    /// Entries to look through.
    const MOST: usize = 10_000;
    let folder = begun.rsplit_once('/').map_or("", |(folder, _)| folder);
    let found = match access.list(folder, &Page::first(MOST)) {
        Ok(found) => found,
        // What is not there goes on with nothing.
        Err(refusal) if refusal.kind == Kind::NotFound || refusal.kind == Kind::Invalid => {
            return Ok(CompleteResult::default());
        }
        Err(refusal) => return Err(refusal),
    };
    let named = |entry: &Entry| match entry.kind {
        workroom::Kind::Folder => format!("{}/", entry.path),
        _ => entry.path.clone(),
    };
    let mut values: Vec<String> =
        found.entries.iter().map(named).filter(|path| path.starts_with(begun)).collect();
    let total = values.len() as u32;
    let more = values.len() > CompletionInfo::MAX_VALUES;
    values.truncate(CompletionInfo::MAX_VALUES);
    let completion = CompletionInfo::with_pagination(values, Some(total), more);
    completion.map(CompleteResult::new).map_err(|error| Refusal::new(Kind::Internal, error))
}
