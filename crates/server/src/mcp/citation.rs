//! Citations: one record for each hit, from which the shapes that others expect are made.
//!
//! Invariant: `quote` is byte for byte the text of version `version` from `start_byte` to `end_byte`, and as many characters from
//! `start_char` to `end_char`; every shape has the quote untouched and a URL that is not empty. Of a file that is plain UTF-8 text the
//! text is the file, so anybody can check it there.
//! Not here: what was found.

use super::uri;
use rmcp::model::JsonObject;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use workroom::{Actor, Hit, Trust};

/// Whose shape a citation is wanted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
pub(crate) enum Shape {
    /// `{id, title, url}`, as the tools `search` and `fetch` have it.
    Openai,
    /// A `search_result` block of the Messages API.
    Anthropic,
    /// A document with `page_content` and `metadata`.
    Langchain,
}

/// Where a quote stands, and in which version.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct Citation {
    /// For `fetch`: the file and the number of the chunk.
    pub(crate) id: String,
    /// A URI that names the workspace, the file, and the page or lines.
    pub(crate) url: String,
    /// The document's title; the file's name where it has none.
    pub(crate) title: String,
    /// The file, relative to the workspace.
    pub(crate) path: String,
    /// BLAKE3 of the file's bytes as they were indexed, in hexadecimal.
    pub(crate) version: String,
    /// First byte of the quote in the document's text.
    pub(crate) start_byte: u32,
    /// One past the last byte.
    pub(crate) end_byte: u32,
    /// First character (Unicode scalar value).
    pub(crate) start_char: u32,
    /// One past the last character.
    pub(crate) end_char: u32,
    /// First line, from 1.
    pub(crate) start_line: u32,
    /// Last line, included.
    pub(crate) end_line: u32,
    /// Page, slide, cells or chapter in the original, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<String>,
    /// When the file was modified, RFC 3339, UTC.
    pub(crate) modified: String,
    /// Who wrote it, by its own account.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) authors: Vec<String>,
    /// The file that it is a part of: the message of an attachment, the archive of a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<String>,
    /// Whether the file still has the bytes that were indexed.
    pub(crate) fresh: bool,
    /// When it was so, RFC 3339, UTC, if the search was not of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<String>,
    /// What the writer of that version is called; absent for what was not written through the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written_by: Option<String>,
    /// The writer's id: of a token, or `owner`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) writer: Option<String>,
    /// When it was written, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written_at: Option<String>,
    /// By which way: `library`, `cli`, `http` or `mcp`, and what the program said of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) written_via: Option<String>,
    /// How it came about: `written`, `edited`, `copied`, `fetched` or `derived`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) made: Option<String>,
    /// Where it was fetched, by its writer's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_url: Option<String>,
    /// How far it is to be believed: `trusted` or `untrusted`; absent where nobody has said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<String>,
}

impl Citation {
    /// The record of a hit in `workspace`.
    pub(crate) fn of(workspace: &str, hit: &Hit) -> Self {
        let origin = hit.origin.as_ref();
        Self {
            id: id_in(&hit.path, hit.chunk, hit.as_of.as_ref().map(|_| hit.version.as_str())),
            url: uri::of_hit(workspace, hit),
            title: title(hit.title.as_deref(), &hit.path),
            path: hit.path.clone(),
            version: hit.version.clone(),
            start_byte: hit.start_byte,
            end_byte: hit.end_byte,
            start_char: hit.start_char,
            end_char: hit.end_char,
            start_line: hit.start_line,
            end_line: hit.end_line,
            place: hit.place.as_ref().map(|place| place.label.clone()),
            modified: hit.modified.clone(),
            authors: hit.authors.clone(),
            container: hit.container.clone(),
            fresh: hit.fresh,
            as_of: hit.as_of.clone(),
            written_by: origin.map(|origin| origin.by.name.clone()),
            writer: origin.map(|origin| origin.by.principal.clone()),
            written_at: origin.map(|origin| origin.at.clone()),
            written_via: origin.map(|origin| via(&origin.by)),
            made: origin.map(|origin| origin.source.name().to_owned()),
            source_url: origin.and_then(|origin| origin.source_url.clone()),
            trust: label(hit.trust).map(str::to_owned),
        }
    }

    /// Somebody else's shape of it, with the quote.
    pub(crate) fn shaped(&self, shape: Shape, quote: &str) -> JsonObject {
        let shaped = match shape {
            Shape::Openai => json!({"id": self.id, "title": self.title, "url": self.url}),
            Shape::Anthropic => json!({
                "type": "search_result",
                "source": self.url,
                "title": self.title,
                "content": [{"type": "text", "text": quote}],
                "citations": {"enabled": true},
            }),
            Shape::Langchain => {
                let mut metadata = object(serde_json::to_value(self).unwrap_or_default());
                metadata.insert("source".into(), self.url.clone().into());
                // As the splitters of LangChain count: in characters.
                metadata.insert("start_index".into(), self.start_char.into());
                json!({"id": self.id, "type": "Document", "page_content": quote, "metadata": metadata})
            }
        };
        object(shaped)
    }

    /// `12` or `12-18`.
    pub(crate) fn lines(&self) -> String {
        lines(self.start_line, self.end_line)
    }
}

/// How somebody came: `mcp, claude-code 2.1`.
pub(crate) fn via(by: &Actor) -> String {
    let client = by.client.as_ref().map(|client| format!(", {client}")).unwrap_or_default();
    format!("{}{client}", by.via.name())
}

/// A label, where somebody has given one.
pub(crate) fn label(trust: Trust) -> Option<&'static str> {
    (!trust.is_unknown()).then(|| trust.name())
}

/// What is an object by its making.
fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

/// What `fetch` takes: a chunk of a file as it is; or, with a version, as it was.
pub(crate) fn id_in(path: &str, chunk: u64, version: Option<&str>) -> String {
    version.map_or_else(|| format!("{path}#{chunk}"), |version| format!("{path}#{chunk}@{version}"))
}

/// What an id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) path: &'a str,
    /// None where no number follows the path.
    pub(crate) chunk: Option<u64>,
    /// None for the file as it is.
    pub(crate) version: Option<&'a str>,
}

/// Digits of a version.
const DIGITS: usize = 64;

/// The file, the chunk and the version that an id names.
pub(crate) fn parse_id(id: &str) -> Named<'_> {
    let whole = Named { path: id, chunk: None, version: None };
    let Some((path, rest)) = id.rsplit_once('#').filter(|(path, _)| !path.is_empty()) else { return whole };
    let is_version = |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (chunk, version) = match rest.split_once('@') {
        Some((chunk, version)) if is_version(version) => (chunk, Some(version)),
        Some(_) => return whole,
        None => (rest, None),
    };
    let is_number = chunk.bytes().all(|byte| byte.is_ascii_digit());
    match chunk.parse() {
        Ok(chunk) if is_number => Named { path, chunk: Some(chunk), version },
        _ => whole,
    }
}

/// A title is never empty.
pub(crate) fn title(title: Option<&str>, path: &str) -> String {
    let title = title.map(str::trim).filter(|title| !title.is_empty());
    title.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(path)).to_owned()
}

/// `12` or `12-18`.
pub(crate) fn lines(first: u32, last: u32) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workroom::{OpenOptions, Parsing, Query, Sharing, Workspace};

    const TEXT: &str = "# Gezeitenmühle\n\nDas Tor schließt bei Flut.\n\n## Räder\n\nDrei Räder drehen sich; 水車 heißt Wasserrad.\n";

    /// What anybody can do who has the file: finds the quote there by each of the three ways to count, and nowhere else.
    fn verify(citation: &Citation, quote: &str, file: &[u8]) {
        assert_eq!(citation.version, workroom::version_of(file));
        let text = std::str::from_utf8(file).unwrap();
        let bytes = citation.start_byte as usize..citation.end_byte as usize;
        assert_eq!(text.get(bytes), Some(quote));
        let chars = text.chars().skip(citation.start_char as usize);
        let chars: String = chars.take((citation.end_char - citation.start_char) as usize).collect();
        assert_eq!(chars, quote);
        let lines: Vec<&str> = text.lines().collect();
        let lines = lines[citation.start_line as usize - 1..citation.end_line as usize].join("\n");
        assert!(lines.contains(quote.trim_end()));
    }

    #[test]
    fn every_shape_can_be_checked_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let options =
            OpenOptions { sharing: Sharing::Alone, parsing: Parsing::Off, ..OpenOptions::default() };
        let workspace = Workspace::create_with(folder.path(), &options).unwrap();
        workspace.write("mühle/tor & rad.md", TEXT.as_bytes()).unwrap();
        let hits = workspace.search(&Query::new("wann schließt das Tor?")).unwrap();
        assert!(!hits.is_empty());
        for hit in &hits {
            let citation = Citation::of("the mill", hit);
            verify(&citation, &hit.quote, TEXT.as_bytes());
            assert_eq!(uri::path("the mill", &citation.url).as_deref(), Some("mühle/tor & rad.md"));
            let named = Named { path: "mühle/tor & rad.md", chunk: Some(hit.chunk), version: None };
            assert_eq!(parse_id(&citation.id), named);

            let openai = citation.shaped(Shape::Openai, &hit.quote);
            assert_eq!(
                Value::Object(openai),
                json!({"id": citation.id, "title": "Gezeitenmühle", "url": citation.url})
            );
            let anthropic = citation.shaped(Shape::Anthropic, &hit.quote);
            assert_eq!(anthropic["content"][0]["text"], json!(hit.quote));
            assert_eq!(anthropic["source"], json!(citation.url));
            let langchain = citation.shaped(Shape::Langchain, &hit.quote);
            assert_eq!(langchain["page_content"], json!(hit.quote));
            assert_eq!(langchain["metadata"]["start_index"], json!(hit.start_char));
            assert_eq!(langchain["metadata"]["version"], json!(citation.version));
        }
    }

    #[test]
    fn ids_are_taken_apart() {
        let version = "0123456789abcdef".repeat(4);
        let check = |text: &str, path: &str, chunk: Option<u64>| {
            assert_eq!(parse_id(text), Named { path, chunk, version: None }, "{text}");
        };
        check("a.md#3", "a.md", Some(3));
        check("c#/a.md", "c#/a.md", None);
        check("a#b.md#12", "a#b.md", Some(12));
        check("a.md", "a.md", None);
        check("#3", "#3", None);
        check("a#99999999999999999999999", "a#99999999999999999999999", None);
        check("a.md#3@abc", "a.md#3@abc", None);
        check("a.md#+3", "a.md#+3", None);
        let named = Named { path: "a@b.md", chunk: Some(3), version: Some(&version) };
        assert_eq!(parse_id(&id_in("a@b.md", 3, Some(&version))), named);
    }

    #[test]
    fn a_title_is_never_empty() {
        assert_eq!(title(None, "a/b.md"), "b.md");
        assert_eq!(title(Some(" "), "b.md"), "b.md");
        assert_eq!(title(Some("Mill"), "b.md"), "Mill");
    }
}
