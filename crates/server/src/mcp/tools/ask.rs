//! `ask`: quoted sentences as an answer, and where the server has a language model, one by that, checked.
//!
//! Invariant: every passage and quote is byte for byte part of the file that is named beside it; where nothing answers a question, that is
//! said, and nothing made up.
//! Not here: the model (`generation`), the check (`generate`).

use super::action::{Action, Call, Effect, Needs, Reply};
use super::detail::Detail;
use super::instant::AsOf;
use super::search::{Passage, Ranking, Scope, left_out, shown};
use crate::generation;
use crate::mcp::citation::{self, Shape};
use crate::mcp::passage;
use crate::refusal::Result;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use workroom::{Hit, Question};

/// Word pieces of all passages where the caller does not say how many, and the most.
const BUDGET: usize = 1500;
const MOST_BUDGET: usize = 100_000;

pub(super) fn actions() -> Vec<Action> {
    let action = |description| {
        let rights = (Effect::Reads, Needs::Read);
        Action::new("ask", "Ask a question", description, rights, |call, input: Ask| ask(call, &input))
    };
    let quoted = action(
        "Answer a question with sentences quoted from the documents, each with its source, or say that nothing answers it and what comes \
         nearest. Nothing is made up. detail `standard` adds the passages, `full` all that a citation is checked by.",
    );
    let generated = action(
        "Answer a question with sentences quoted from the documents, each with its source, or say that nothing answers it and what comes \
         nearest. Nothing is made up. detail `standard` adds the passages, `full` all that a citation is checked by. With `generate`, a \
         language model answers from the passages too, and each of its sentences says whether what it quotes stands there.",
    );
    vec![quoted.without_model("generate", "generated"), generated.with_model()]
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Ask {
    /// The question.
    question: String,
    /// How many tokens the passages may hold together; 1500 unless told.
    #[schemars(range(min = 50, max = 100000))]
    budget: Option<usize>,
    /// Only this file, or files below this folder.
    path: Option<String>,
    /// Only files of these types, such as `markdown`, `pdf`, `rust`.
    #[serde(default)]
    types: Vec<String>,
    /// As for `semantic_search`.
    #[serde(default)]
    filters: Vec<String>,
    /// As for `semantic_search`.
    as_of: Option<String>,
    /// How much is told.
    #[serde(default)]
    detail: Detail,
    /// Adds to each passage a citation in that form: `openai`, `anthropic` or `langchain`.
    cite_as: Option<Shape>,
    /// Whether a language model is to answer from the passages too.
    generate: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Answered {
    /// The quoted sentences together; absent when no passage answers the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// How near the best sentence is to the question, 0 to 1; not a probability.
    support: f32,
    /// The sentences of the answer.
    sentences: Vec<Sentence>,
    /// The passages, best first; without an answer, the nearest misses.
    passages: Vec<Passage>,
    /// What the language model made of the passages, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    generated: Option<Generated>,
    /// Places that were not searched, because indexing is switched off there; `/` is the whole workspace.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_searched: Vec<String>,
    /// The instant that was asked about, if it was not now.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<AsOf>,
}

/// An answer by a language model, whose quotes were held against the passages.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Generated {
    /// The model.
    model: String,
    /// `checked`, or why there is no answer: `unsupported`, `no-answer`, `not-asked`, `failed`.
    outcome: String,
    /// Its sentences, each followed by the numbers of its passages, as `[2]`, or by `[unsupported]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// How many of its sentences are supported.
    supported: usize,
    /// How many sentences it said.
    said: usize,
    /// The sentences of the answer.
    sentences: Vec<GeneratedSentence>,
    /// A limit of the model's ended the answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// Why there is no answer, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// What a language model said.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct GeneratedSentence {
    /// The sentence.
    text: String,
    /// Whether at least one of its quotes stands in a passage.
    supported: bool,
    /// Those that do.
    citations: Vec<Sentence>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Sentence {
    /// The sentence, byte for byte.
    quote: String,
    /// Which of the passages it is from, from 1.
    passage: usize,
    /// The file, relative to the workspace.
    path: String,
    /// The lines, as in `12-18`.
    lines: String,
    /// Page, slide, cells or chapter in the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

fn ask(call: &Call<'_>, input: &Ask) -> Result<Reply<Answered>> {
    let wants_model = input.generate.unwrap_or_default();
    let model = wants_model.then(|| generation::model_of(call.access.room())).transpose()?;
    let scope = Scope {
        path: &input.path,
        types: &input.types,
        filters: &input.filters,
        as_of: &input.as_of,
        mode: Ranking::Hybrid,
    };
    let (query, as_of) = call.access.dated(scope.query(call, &input.question)?)?;
    let budget = input.budget.unwrap_or(BUDGET).min(MOST_BUDGET);
    let not_searched = call.access.not_searched(&query)?;
    let answer = call.access.ask(&Question { query, budget })?;
    let generated = model.map(|model| generation::answer(&model, &answer, &mut |_| {}, call.cancel).into());
    let sentences: Vec<Sentence> = answer.sentences.iter().map(sentence).collect();
    let texts = input.detail >= Detail::Standard;
    let passages = answer.passages.iter().map(|hit| {
        let passage = Passage::of(call, hit, input.detail, input.cite_as);
        // An answer stands for its passages, unless there is none.
        if texts || answer.answer.is_none() { passage } else { passage.without_text() }
    });
    let passages: Vec<Passage> = passages.collect();
    let text = said(generated.as_ref(), &sentences, &answer.passages, input.detail);
    let (answer, support) = (answer.answer, answer.support);
    let (note, as_of) = (left_out(&not_searched), as_of.map(AsOf::from));
    let then = as_of.as_ref().map(AsOf::shown);
    let answered = Answered { answer, support, sentences, passages, generated, not_searched, as_of };
    Ok(Reply::new(text, answered).and(note).and(then))
}

impl From<generate::Generated> for Generated {
    fn from(generated: generate::Generated) -> Self {
        let told = |said: &generate::Sentence| GeneratedSentence {
            text: said.text.clone(),
            supported: said.supported,
            citations: said.citations.iter().map(|cited| sentence(&cited.citation)).collect(),
        };
        Self {
            sentences: generated.sentences.iter().map(told).collect(),
            model: generated.model,
            outcome: generated.outcome.name().to_owned(),
            answer: generated.answer,
            supported: generated.supported,
            said: generated.said,
            cut: generated.cut,
            why: generated.why,
        }
    }
}

impl Generated {
    /// As a model reads it: what another one says of documents is data too.
    fn shown(&self) -> Option<String> {
        let answer = self.answer.as_ref()?;
        let support = format!("{} of {} sentences", self.supported, self.said);
        let mut parts =
            vec![passage::delimited(&[("answer-by", &self.model), ("supported", &support)], answer)];
        parts.extend(self.sentences.iter().flat_map(|sentence| &sentence.citations).map(Sentence::shown));
        Some(parts.join("\n"))
    }
}

impl Sentence {
    fn shown(&self) -> String {
        let place = self.place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
        let (number, source) = (self.passage.to_string(), format!("{}:{}{place}", self.path, self.lines));
        passage::delimited(&[("n", &number), ("source", &source)], &self.quote)
    }
}

fn sentence(sentence: &workroom::Citation) -> Sentence {
    Sentence {
        quote: sentence.quote.clone(),
        passage: sentence.passage + 1,
        path: sentence.path.clone(),
        lines: citation::lines(sentence.start_line, sentence.end_line),
        place: sentence.place.as_ref().map(|place| place.label.clone()),
    }
}

fn said(generated: Option<&Generated>, sentences: &[Sentence], passages: &[Hit], detail: Detail) -> String {
    let mut parts = Vec::new();
    if sentences.is_empty() {
        parts.push(match passages {
            [] => "nothing in the documents answers this".to_owned(),
            _ => "no passage answers this; the nearest are:".to_owned(),
        });
    }
    match generated.and_then(Generated::shown) {
        Some(shown) => parts.push(shown),
        None => {
            let why =
                generated.and_then(|generated| generated.why.as_ref()).filter(|_| !sentences.is_empty());
            parts.extend(why.map(|why| format!("{why}; the sentences of the documents that come nearest:")));
            parts.extend(sentences.iter().map(Sentence::shown));
        }
    }
    if sentences.is_empty() || detail >= Detail::Standard {
        parts.extend(passages.iter().zip(1..).map(|(hit, number)| shown(number, hit, detail)));
    }
    parts.join("\n")
}
