//! Answers by the language model that the server was given, if it was given one.
//!
//! Invariant: which model, and where, is said by whoever started the server and by no request. The model is shown what `access` found for
//! whoever asks, and nothing else. What an endpoint says of itself goes to the log, not to whoever asks.
//! Not here: prompts and the check (`generate`), what may be found (`access`).

use crate::blocking::Cancel;
use crate::host::Room;
use crate::refusal::{Kind, Refusal, Result};
use crate::spans::Chat;
use generate::{Failure, Generated, Model};
use std::sync::Arc;
use std::time::Duration;
use workroom::Answer;

/// What a call has besides the time that an answer takes.
const BESIDES: Duration = Duration::from_secs(15);

/// How long a call may take in which a model answers.
pub(crate) fn patience(model: &Model) -> Duration {
    model.timeout() + BESIDES
}

/// Has the model answer from what was found. `said` hears it, unchecked, as it comes.
pub(crate) fn answer(
    model: &Model,
    found: &Answer,
    said: &mut dyn FnMut(&str),
    cancel: &Cancel,
) -> Generated {
    let span = Chat::begin(model.name());
    model.answer(found, said, &|| cancel.is_set()).unwrap_or_else(|error| {
        span.failed();
        match error.failure() {
            Failure::Busy | Failure::Cancelled => {
                tracing::debug!(%error, "the language model gave no answer")
            }
            _ => tracing::error!(%error, hint = error.hint(), "the language model gave no answer"),
        }
        Generated::failed_elsewhere(model.name(), &error)
    })
}

/// The model, for a call that wants an answer by it.
pub(crate) fn model_of(room: &Room) -> Result<Arc<Model>> {
    room.model().cloned().ok_or_else(|| {
        Refusal::new(Kind::Unprocessable, "no language model answers here").hint(
            "ask without `generate`: the answer is then made of quoted sentences; whoever runs the server gives it a model by `--llm-url` and \
             `--llm-model`",
        )
    })
}
