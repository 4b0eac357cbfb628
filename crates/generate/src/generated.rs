//! What came of asking a language model, as callers get it. Plain values; the serialised form is the documented JSON (docs/json.md).

use crate::error::{Error, Failure};
use serde::{Deserialize, Serialize};
use workroom::{Answer, AsOf, Citation};

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// An answer of which at least one sentence is supported.
    Checked,
    /// The model answered, and no sentence of it is supported: the quoted sentences stand alone.
    Unsupported,
    /// The model says that the passages do not answer the question.
    NoAnswer,
    /// No passage speaks to the question, so the model was not asked.
    NotAsked,
    /// The model could not be asked, or did not come to an end.
    Failed,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Unsupported => "unsupported",
            Self::NoAnswer => "no-answer",
            Self::NotAsked => "not-asked",
            Self::Failed => "failed",
        }
    }
}

/// An answer by a language model, checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The model, as its endpoint knows it.
    pub model: String,
    /// What came of it.
    pub outcome: Outcome,
    /// The answer: its sentences, each followed by the numbers of the passages that it cites, from 1, as `[2]`, or by `[unsupported]`. Absent
    /// unless it is [checked](Outcome::Checked).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// How many of its sentences are supported.
    pub supported: usize,
    /// How many sentences it said.
    pub said: usize,
    /// The sentences of the answer.
    pub sentences: Vec<Sentence>,
    /// Whether the endpoint ended the answer before its end, as at a limit of the model's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// Why there is no answer, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// What was found, with what a language model made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// Passages and quoted sentences.
    #[serde(flatten)]
    pub found: Answer,
    /// Places that were not searched, because indexing is switched off there; `/` is the whole workspace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_searched: Vec<String>,
    /// The instant that was asked about, and what of it is no longer known, if it is not now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// The model's answer, where one was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<Generated>,
}

/// A sentence of the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// What the model said, without its citations.
    pub text: String,
    /// Whether at least one of its citations stands where it says. That the quote means what the sentence says is not checked.
    pub supported: bool,
    /// Its citations that stand.
    pub citations: Vec<Cited>,
    /// Those that do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

/// A citation that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    /// Where: its quote is the document's, byte for byte.
    #[serde(flatten)]
    pub citation: Citation,
    /// The number of the passage that the model named, from 1, where the quote stands in another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<usize>,
    /// Whether the model wrote other white space than stands there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folded: bool,
}

/// A citation that does not stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The number of the passage that the model named, from 1.
    pub claimed: usize,
    /// The words that it gave for a quote.
    pub quote: String,
    /// Why it does not count.
    pub why: Why,
}

/// Why a citation does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The words stand in no passage.
    NotThere,
    /// Only a number, or so few letters that they would stand anywhere.
    TooShort,
    /// It comes after more citations than are looked up.
    TooMany,
}

impl Generated {
    fn without(model: &str, outcome: Outcome, why: impl Into<String>) -> Self {
        Self {
            model: model.to_owned(),
            outcome,
            answer: None,
            supported: 0,
            said: 0,
            sentences: Vec::new(),
            cut: false,
            why: Some(why.into()),
            hint: None,
            failure: None,
        }
    }

    pub(crate) fn not_asked(model: &str) -> Self {
        Self::without(
            model,
            Outcome::NotAsked,
            "no passage answers the question, so the language model was not asked",
        )
    }

    pub(crate) fn no_answer(model: &str) -> Self {
        Self::without(model, Outcome::NoAnswer, "the language model found no answer in the passages")
    }

    /// What was said, checked. Where nothing holds, nothing of it is kept.
    pub(crate) fn of(model: &str, sentences: Vec<Sentence>, cut: bool) -> Self {
        let (said, supported) =
            (sentences.len(), sentences.iter().filter(|sentence| sentence.supported).count());
        if supported == 0 {
            let why = match said {
                0 => "the language model said nothing that is a sentence".to_owned(),
                1 => "the one sentence of the language model quotes nothing that stands in the passages"
                    .to_owned(),
                said => format!(
                    "none of the {said} sentences of the language model quotes what stands in the passages"
                ),
            };
            return Self { said, cut, ..Self::without(model, Outcome::Unsupported, why) };
        }
        let answer: Vec<String> = sentences.iter().map(Sentence::marked).collect();
        let answer = Some(answer.join(" "));
        Self {
            answer,
            supported,
            said,
            sentences,
            cut,
            why: None,
            ..Self::without(model, Outcome::Checked, "")
        }
    }

    /// A model that could not be asked, told to whoever set it up.
    #[must_use]
    pub fn failed(model: &str, error: &Error) -> Self {
        let failed = Self::without(model, Outcome::Failed, error.to_string());
        Self { hint: Some(error.hint().to_owned()), failure: Some(error.failure()), ..failed }
    }

    /// A model that could not be asked, told to whoever has no part in where it is and what it says.
    #[must_use]
    pub fn failed_elsewhere(model: &str, error: &Error) -> Self {
        let failed = Self::without(model, Outcome::Failed, error.failure().words());
        let hint = "the quoted sentences stand without it; whoever runs this server finds more in its log";
        Self { hint: Some(hint.to_owned()), failure: Some(error.failure()), ..failed }
    }
}

impl Sentence {
    /// The sentence with the numbers of its passages behind it.
    fn marked(&self) -> String {
        let mut text = self.text.clone();
        let mut numbers: Vec<usize> = Vec::new();
        for cited in &self.citations {
            if !numbers.contains(&cited.citation.passage) {
                numbers.push(cited.citation.passage);
            }
        }
        if numbers.is_empty() {
            text.push_str(" [unsupported]");
        } else {
            text.push(' ');
        }
        for passage in numbers {
            text.push_str(&format!("[{}]", passage + 1));
        }
        text
    }
}
