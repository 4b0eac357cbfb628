//! Answers by a language model, from the passages that were found, checked.
//!
//! The principal types are [`Model`] (an endpoint that speaks the protocol of OpenAI's chat completions, and the name of a model there) and
//! [`Generated`] (what it said, sentence by sentence, each with the places in the passages that bear it out).
//!
//! ```no_run
//! use workroom::{Question, Workspace};
//! use workroom_generate::{Model, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let model = Model::new(Settings::new("http://127.0.0.1:11434", "qwen3:8b"))?;
//! let found = Workspace::open("notes")?.ask(&Question::new("when does the mill turn?"))?;
//! let generated = model.answer(&found, &mut |_unchecked| {}, &|| false)?;
//! for sentence in generated.sentences.iter().filter(|sentence| sentence.supported) {
//!     println!("{} ({})", sentence.text, sentence.citations[0].citation.path);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Invariant: the only crate that calls a chat endpoint, and only the one it was given. Every citation that leaves here stands byte for byte in the
//! passage it names; a sentence without one is marked, and an answer without any is not returned. No passage that speaks to the question, no call.
//! Not here: finding passages and the extractive answer (`workroom`), who may see what (`server`), the environment (`cli`; but for the two
//! variables by which a system says whom it trusts, `SSL_CERT_FILE` and `SSL_CERT_DIR`), async.

mod check;
mod endpoint;
mod error;
mod generated;
mod model;
mod parse;
pub mod passage;
mod prompt;
mod stream;

pub use error::{Error, Failure, Result};
pub use generated::{Answered, Cited, Generated, Outcome, Rejected, Sentence, Why};
pub use model::{Model, Settings};

/// Takes an answer of a model apart and holds each quote against the passages, as [`Model::answer`] does. Pure, and linear in both.
#[must_use]
pub fn checked(answer: &str, passages: &[workroom::Hit]) -> Vec<Sentence> {
    check::check(answer, passages)
}
