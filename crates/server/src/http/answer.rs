//! The forms of what searching answers: the library serialises it, these describe it.
//!
//! Invariant: a real answer can be read into them whole, with no member unknown (tests/it).
//! Not here: the forms of this interface's own (`schema`).

use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where a text stands in the original of its document.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    /// `page`, `slide`, `row`, `cell`, `chapter` or `message`.
    pub(super) unit: String,
    /// The first, from 1.
    pub(super) first: u32,
    /// The last, included.
    pub(super) last: u32,
    /// The name of the sheet, slide or chapter.
    pub(super) name: Option<String>,
    /// The cells of a sheet, as `B2:F14`.
    pub(super) cells: Option<String>,
    /// All of it in words.
    pub(super) label: String,
}

/// A chunk that was found, with everything a citation needs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hit {
    /// The file.
    pub(super) path: String,
    /// Number of the chunk in its document, from 0.
    pub(super) chunk: u64,
    /// What the list is ordered by; comparable within one list only.
    pub(super) score: f32,
    /// BM25 of the words.
    pub(super) lexical_score: Option<f32>,
    /// Cosine with the query.
    pub(super) dense_score: Option<f32>,
    /// Which model the chunk's vector is from.
    pub(super) tier: Option<String>,
    /// Title of the document.
    pub(super) title: Option<String>,
    /// Headings that lead to the chunk, outermost first.
    pub(super) headings: Vec<String>,
    /// The header row of the table whose rows these are.
    pub(super) header: Option<String>,
    /// Where in the original.
    pub(super) place: Option<Place>,
    /// The page alone.
    pub(super) page: Option<u32>,
    /// First byte of the text.
    pub(super) start_byte: u32,
    /// One past the last byte.
    pub(super) end_byte: u32,
    /// First character.
    pub(super) start_char: u32,
    /// One past the last character.
    pub(super) end_char: u32,
    /// First line, from 1.
    pub(super) start_line: u32,
    /// Last line, included.
    pub(super) end_line: u32,
    /// The text of that version at that range, byte for byte.
    pub(super) quote: String,
    /// Who wrote the document, by its own account.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) authors: Vec<String>,
    /// When the document was made, by its own account.
    pub(super) created: Option<String>,
    /// The language of its text.
    pub(super) language: Option<String>,
    /// The file that the document is a part of.
    pub(super) container: Option<String>,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub(super) version: String,
    /// When the file was modified, RFC 3339, UTC.
    pub(super) modified: String,
    /// When it was indexed.
    pub(super) indexed_at: String,
    /// Whether the file still has those bytes.
    pub(super) fresh: bool,
    /// When it was so, if the search was not of now.
    pub(super) as_of: Option<String>,
    /// Of a search that was not of now: whether the file holds the same bytes now.
    pub(super) is_current: Option<bool>,
    /// Who wrote that version; absent for what was not written through the program.
    pub(super) origin: Option<Origin>,
    /// How far it is to be believed; absent where nobody has said.
    pub(super) trust: Option<Trust>,
}

/// Whose a version is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Origin {
    /// Who wrote it.
    pub(super) by: Actor,
    /// When, RFC 3339, UTC.
    pub(super) at: String,
    /// `written`, `edited`, `copied`, `fetched` or `derived`.
    pub(super) source: String,
    /// Where it was fetched, by its writer's account.
    pub(super) source_url: Option<String>,
}

/// Who did something.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Actor {
    /// The id of the token, or `owner`, or `anonymous`.
    pub(super) principal: String,
    /// What people call whoever has it.
    pub(super) name: String,
    /// `library`, `cli`, `http` or `mcp`.
    pub(super) via: String,
    /// What the program said of itself.
    pub(super) client: Option<String>,
}

/// How far a file is to be believed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Trust {
    /// The owner vouches for it.
    Trusted,
    /// Whoever it is from may mean harm.
    Untrusted,
}

/// What was found, best first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Hits {
    /// The hits.
    pub(super) hits: Vec<Hit>,
    /// Places that were not searched, because indexing is switched off there; `/` is the whole workspace.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) not_searched: Vec<String>,
    /// The instant that was searched, if it was not now.
    pub(super) as_of: Option<AsOf>,
}

/// An instant, and what is known of the files there were.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AsOf {
    /// By which it is asked for again: the id of a checkpoint, or a time.
    pub(super) as_of: String,
    /// When that was, RFC 3339, UTC.
    pub(super) at: String,
    /// How many files there were.
    pub(super) files: u64,
    /// Files that were there and were not searched, since what they held is no longer kept: the first hundred by their paths.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) not_kept: Vec<String>,
    /// How many such files there are.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) n_not_kept: u64,
    /// What else there is to be said of it.
    pub(super) note: Option<String>,
}

/// A quoted sentence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Citation {
    /// Which passage it is from, from 0.
    pub(super) passage: u64,
    /// The file.
    pub(super) path: String,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub(super) version: String,
    /// First byte of the document's text.
    pub(super) start_byte: u32,
    /// One past the last byte.
    pub(super) end_byte: u32,
    /// First character.
    pub(super) start_char: u32,
    /// One past the last character.
    pub(super) end_char: u32,
    /// First line, from 1.
    pub(super) start_line: u32,
    /// Last line, included.
    pub(super) end_line: u32,
    /// Where in the original.
    pub(super) place: Option<Place>,
    /// The sentence, byte for byte.
    pub(super) quote: String,
}

/// Passages for a question, and an answer made of their sentences.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    /// The question.
    pub(super) question: String,
    /// The sentences, joined; absent when no passage answers the question.
    pub(super) answer: Option<String>,
    /// How near the best sentence is to the question, 0 to 1; not a probability.
    pub(super) support: f32,
    /// The sentences with their citations.
    pub(super) sentences: Vec<Citation>,
    /// The passages, best first.
    pub(super) passages: Vec<Hit>,
    /// Word pieces of all passages together.
    pub(super) tokens: u64,
    /// Places that were not searched, because indexing is switched off there; `/` is the whole workspace.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) not_searched: Vec<String>,
    /// The instant that was asked about, if it was not now.
    pub(super) as_of: Option<AsOf>,
    /// What the language model made of the passages, where the question was asked with `generate`.
    pub(super) generated: Option<Generated>,
}

/// An answer by a language model, checked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Generated {
    /// The model.
    pub(super) model: String,
    /// What came of it.
    pub(super) outcome: Outcome,
    /// Its sentences, each followed by the numbers of the passages that it cites, from 1, as `[2]`, or by `[unsupported]`. Absent unless it is
    /// checked.
    pub(super) answer: Option<String>,
    /// How many of its sentences are supported.
    pub(super) supported: u64,
    /// How many sentences it said.
    pub(super) said: u64,
    /// The sentences of the answer.
    pub(super) sentences: Vec<GeneratedSentence>,
    /// Whether a limit of the model's ended the answer.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) cut: bool,
    /// Why there is no answer.
    pub(super) why: Option<String>,
    /// What can be done about it.
    pub(super) hint: Option<String>,
    /// What failed, a stable word.
    pub(super) failure: Option<String>,
}

/// What came of asking a language model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// An answer of which at least one sentence is supported.
    Checked,
    /// None of its sentences is supported.
    Unsupported,
    /// The model found no answer in the passages.
    NoAnswer,
    /// No passage answers the question, so it was not asked.
    NotAsked,
    /// The model could not be asked, or did not come to an end.
    Failed,
}

/// A sentence of a language model.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GeneratedSentence {
    /// The sentence, without its citations.
    pub(super) text: String,
    /// Whether at least one of its citations stands where it says.
    pub(super) supported: bool,
    /// Its citations that stand: those of quoted sentences, and what the model got wrong.
    pub(super) citations: Vec<GeneratedCitation>,
    /// Those that do not.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) rejected: Vec<Rejected>,
}

/// Where a sentence of a language model stands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GeneratedCitation {
    /// Which passage it is from, from 0.
    pub(super) passage: u64,
    /// The file.
    pub(super) path: String,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub(super) version: String,
    /// First byte of the document's text.
    pub(super) start_byte: u32,
    /// One past the last byte.
    pub(super) end_byte: u32,
    /// First character.
    pub(super) start_char: u32,
    /// One past the last character.
    pub(super) end_char: u32,
    /// First line, from 1.
    pub(super) start_line: u32,
    /// Last line, included.
    pub(super) end_line: u32,
    /// Where in the original.
    pub(super) place: Option<Place>,
    /// The words, byte for byte as they stand there.
    pub(super) quote: String,
    /// The number of the passage that the model named, from 1, where the words stand in another one.
    pub(super) claimed: Option<u64>,
    /// Whether the model wrote other white space than stands there.
    #[serde(default)]
    #[schema(required = false)]
    pub(super) folded: bool,
}

/// A citation that does not stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rejected {
    /// The number of the passage that the model named, from 1.
    pub(super) claimed: u64,
    /// The words that it gave for a quote.
    pub(super) quote: String,
    /// `not-there`, `too-short` or `too-many`.
    pub(super) why: String,
}

/// A document's chunks as they are indexed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    /// The file.
    pub(super) path: String,
    /// BLAKE3 of the file's bytes as they were indexed.
    pub(super) version: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(super) format: String,
    /// Its title.
    pub(super) title: Option<String>,
    /// What it says of itself, by name.
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    /// The file that it is a part of.
    pub(super) container: Option<String>,
    /// Whether the file still has those bytes.
    pub(super) fresh: bool,
    /// Who wrote that version; absent for what was not written through the program.
    pub(super) origin: Option<Origin>,
    /// How far it is to be believed; absent where nobody has said.
    pub(super) trust: Option<Trust>,
    /// The chunks, in order.
    pub(super) chunks: Vec<ShownChunk>,
}

/// A chunk as it is indexed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShownChunk {
    /// Its number, from 0.
    pub(super) chunk: u64,
    /// Whether it is the one that was asked for.
    pub(super) asked: bool,
    /// Headings, outermost first.
    pub(super) headings: Vec<String>,
    /// The header row of the table whose rows these are.
    pub(super) header: Option<String>,
    /// Where in the original.
    pub(super) place: Option<Place>,
    /// The page alone.
    pub(super) page: Option<u32>,
    /// First byte.
    pub(super) start_byte: u32,
    /// One past the last byte.
    pub(super) end_byte: u32,
    /// First line, from 1.
    pub(super) start_line: u32,
    /// Last line, included.
    pub(super) end_line: u32,
    /// The text of the range.
    pub(super) text: String,
}

/// A file that was seen and is not searchable.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Unsearchable {
    /// The file.
    pub(super) path: String,
    /// The kind of reason, a stable word.
    pub(super) code: String,
    /// The reason.
    pub(super) reason: String,
    /// The parser that found the reason, with its version.
    pub(super) parser: Option<String>,
    /// When it was seen, RFC 3339, UTC.
    pub(super) seen: String,
}

/// Files that were seen and are not searchable, by path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UnsearchableFiles {
    /// The files.
    pub(super) problems: Vec<Unsearchable>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use workroom::{Claim, Condition, OpenOptions, Query, Question, Sharing, Workspace};

    /// Whether what the library serialises is of the form that is described.
    fn check<T: DeserializeOwned>(answer: &impl serde::Serialize) {
        let value = serde_json::to_value(answer).unwrap();
        if let Err(error) = serde_json::from_value::<T>(value.clone()) {
            panic!("{error}: {value:#}");
        }
    }

    #[test]
    fn real_answers_are_of_these_forms() {
        let folder = tempfile::tempdir().unwrap();
        let alone = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
        let workspace = Workspace::create_with(folder.path(), &alone).unwrap();
        let table = b"---\nauthor: Ann\ndate: 2026-03-01\n---\n# Tides\n\nThe mill turns at ebb.\n\n| gate | state |\n|---|---|\n| north | shut |\n";
        let claim = Claim {
            source_url: Some("https://example.org/tide".into()),
            trust: Some(workroom::Trust::Untrusted),
            ..Claim::default()
        };
        workspace.write_with("tide.md", table, &Condition::Any, &claim).unwrap();
        workspace.write("broken.bin", &[0, 159, 146, 150]).unwrap();
        check::<Vec<Hit>>(&workspace.search(&Query::new("when does the mill turn?")).unwrap());
        check::<Answer>(&workspace.ask(&Question::new("when does the mill turn?")).unwrap());
        check::<Shown>(&workspace.show("tide.md").unwrap());
        let problems = workspace.problems().unwrap();
        assert_eq!(problems.len(), 1);
        check::<Vec<Unsearchable>>(&problems);
    }
}
