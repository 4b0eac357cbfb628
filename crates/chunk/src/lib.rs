//! Text to chunks: the stretches that are embedded, searched and cited, cut where a reader would cut.
//!
//! Invariant: pure and deterministic; time linear in the text, whatever it is. The chunks of a document start in strictly increasing
//! order and cover all of it but white space.
//! Not here: reading files, tokenising whole documents, embedding.
//!
//! ```
//! use corpus::{Document, Format, Token, Tokenizer};
//! # struct Words;
//! # impl Tokenizer for Words {
//! #     fn tokenize(&self, text: &str, out: &mut Vec<Token>) {
//! #         for word in text.split_whitespace() {
//! #             let start = (word.as_ptr() as usize - text.as_ptr() as usize) as u32;
//! #             out.push(Token { id: 0, start, end: start + word.len() as u32, continues: false });
//! #         }
//! #     }
//! # }
//! # let tokenizer = Words;
//! let document = Document::plain("One paragraph.\n\nAnother.\n".to_owned(), Format::Text);
//! let mut tokens = Vec::new();
//! tokenizer.tokenize(&document.text, &mut tokens);
//! let chunks = workroom_chunk::chunk(&document, &tokens, &tokenizer);
//! assert_eq!(chunks[0].span.of(&document.text), Some("One paragraph.\n\nAnother."));
//! ```

mod chunk;
mod measure;
mod outline;
mod unit;

mod code;
mod headed;
mod keyed;
mod paragraph;
mod places;
mod rows;
mod tables;

mod brackets;
mod layout;
mod nest;
mod sentence;
mod split;

mod pack;

pub use chunk::{MAX_CHUNK_BYTES, TARGET_TOKENS, chunk};
