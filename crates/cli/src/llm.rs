//! The language model that the command line and the environment name.
//!
//! Invariant: the key comes from a file or the environment, never from the command line, which others on the machine can read.

use crate::args::Llm;
use crate::failure::Failure;
use generate::{Model, Settings};
use std::time::Duration;

/// The key itself.
const KEY: &str = "WORKROOM_LLM_KEY";

/// The model, if one is named. It is not asked anything yet.
pub(crate) fn model(options: &Llm) -> Result<Option<Model>, Failure> {
    let given =
        |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty() && !options.no_llm);
    let (url, name) = match (given(&options.llm_url), given(&options.llm_model)) {
        (None, None) => return Ok(None),
        (Some(url), Some(name)) => (url, name),
        (url, _) => return Err(half(url.is_some())),
    };
    let settings = Settings {
        key: key(options)?,
        timeout: Duration::from_secs(options.llm_seconds),
        ..Settings::new(url, name)
    };
    Model::new(settings).map(Some).map_err(Failure::Llm)
}

fn half(has_url: bool) -> Failure {
    let (message, hint) = if has_url {
        (
            "the language model has an address and no name",
            "name it by `--llm-model` or WORKROOM_LLM_MODEL; `--no-llm` does without",
        )
    } else {
        (
            "the language model has a name and no address",
            "say where it answers by `--llm-url` or WORKROOM_LLM_URL; `--no-llm` does without",
        )
    };
    Failure::Usage { message: message.to_owned(), hint: hint.to_owned() }
}

fn key(options: &Llm) -> Result<Option<String>, Failure> {
    let Some(file) = &options.llm_key_file else { return Ok(std::env::var(KEY).ok()) };
    let unusable = |error| Failure::Usage {
        message: format!("cannot read the key in {}: {error}", file.display()),
        hint: "the file holds the key on one line and nothing else".to_owned(),
    };
    std::fs::read_to_string(file).map(Some).map_err(unusable)
}
