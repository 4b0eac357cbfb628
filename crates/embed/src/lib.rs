//! Embeddings: a static student for every text at once, a transformer as its teacher, one vector space for both.
//!
//! Invariant: this crate alone names fastembed; student and teacher vectors of one [`ModelInfo::space`] can be compared.
//! Not here: the index of vectors and searching it; deciding which text is embedded when and by which tier.
//! Fails with: [`Error`]; never panics on files, libraries or texts.
//!
//! Three types carry it: [`WordPiece`] cuts text into pieces, [`Student`] turns pieces into a vector within microseconds, and
//! [`Teacher`] runs the transformer. [`fit()`] makes a student from a teacher, [`models`] keeps the teacher's files, and [`VectorCache`]
//! keeps what a teacher has made.

mod cache;
mod error;
mod model;

// Text to word pieces.
mod normalize;
mod trie;
mod wordpiece;

// The student.
mod fit;
mod kernel;
mod student;
mod table;

// The teacher.
mod bert;
mod calibrate;
mod encoder;
mod gate;
#[cfg(feature = "hub")]
mod hub;
pub mod models;
mod onnx;
mod quantize;
mod runtime;
mod safetensors;
mod teacher;

pub use cache::{CacheSize, VectorCache};
pub use error::{Error, Result};
pub use fit::{FitOptions, FittedRows, Sample, fit, start_rows};
pub use model::{Embedder, ModelInfo};
pub use student::Student;
pub use teacher::Teacher;
pub use wordpiece::WordPiece;
