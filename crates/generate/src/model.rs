//! A language model, asked about passages.
//!
//! Invariant: it is asked only when a passage speaks to the question, and by so many at once and no more.

use crate::check::check;
use crate::endpoint::Endpoint;
use crate::error::{Error, Failure, Result};
use crate::generated::Generated;
use crate::parse::after_thoughts;
use crate::prompt;
use crate::stream::Ear;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use workroom::Answer;

/// Answers that are made at once: most endpoints make one or a few, and whoever waits holds a thread.
const AT_ONCE: usize = 8;

/// Where a model is, and how it is asked.
#[derive(Clone)]
pub struct Settings {
    /// The address of the endpoint: a host, to which `/v1` is added, or a base URL as OpenAI's clients take it.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// What goes into the header `Authorization`, if anything.
    pub key: Option<String>,
    /// The longest that one answer may take.
    pub timeout: Duration,
}

impl Settings {
    /// A model that needs no key and has two minutes for an answer.
    pub fn new(url: impl Into<String>, model: impl Into<String>) -> Self {
        Self { url: url.into(), model: model.into(), key: None, timeout: Duration::from_secs(120) }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("model", &self.model).finish_non_exhaustive()
    }
}

/// A language model at an endpoint. All calls block and may be made from many threads.
pub struct Model {
    endpoint: Endpoint,
    name: String,
    timeout: Duration,
    asked: AtomicUsize,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Model {
    /// A model. It is not asked anything yet.
    ///
    /// # Errors
    /// When the address, the name or the key make no sense.
    pub fn new(settings: Settings) -> Result<Self> {
        let name = settings.model.trim().to_owned();
        if name.is_empty() {
            let hint = "name one that the endpoint has, by `--llm-model` or WORKROOM_LLM_MODEL";
            return Err(Error::new(Failure::Setting, "the language model has no name", hint));
        }
        let endpoint = Endpoint::new(&settings.url, settings.key, settings.timeout)?;
        Ok(Self { endpoint, name, timeout: settings.timeout, asked: AtomicUsize::new(0) })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The longest that an answer takes.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Has the question answered from the passages that were found, and checks the answer. `said` hears the pieces as they come, before they are
    /// checked; `is_gone` is asked between them, and says that nobody waits any more.
    ///
    /// # Errors
    /// When the endpoint cannot be reached, refuses, takes too long, breaks off or is not understood. The quoted sentences in `found` stand
    /// all the same.
    pub fn answer(
        &self,
        found: &Answer,
        said: &mut dyn FnMut(&str),
        is_gone: &dyn Fn() -> bool,
    ) -> Result<Generated> {
        if found.answer.is_none() {
            return Ok(Generated::not_asked(&self.name));
        }
        let _place = self.place()?;
        let completion =
            self.endpoint.complete(&self.name, &prompt::messages(found), &mut Ear { said, is_gone })?;
        if prompt::is_nothing(after_thoughts(&completion.text)) {
            return Ok(Generated::no_answer(&self.name));
        }
        Ok(Generated::of(&self.name, check(&completion.text, &found.passages), completion.cut))
    }

    fn place(&self) -> Result<Place<'_>> {
        let place = Place(&self.asked);
        if self.asked.fetch_add(1, Ordering::SeqCst) < AT_ONCE {
            return Ok(place);
        }
        let detail = format!("the language model is busy with {AT_ONCE} other questions");
        Err(Error::new(Failure::Busy, detail, "try again in a moment"))
    }
}

/// A place among those who are answered, given back in the end.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
