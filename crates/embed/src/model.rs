//! What every embedding model here has in common.
//!
//! Invariant: all vectors of one [`ModelInfo::space`] may be compared, whichever tier made them.
//! Not here: how vectors are stored (see `corpus::QuantizedVector`).

use corpus::Tier;

use crate::Result;

/// What there is to know about a model without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its own name.
    pub name: String,
    /// The model whose vector space it shares: its own name for a teacher, the teacher's for a student.
    pub space: String,
    /// Components of a vector.
    pub dim: usize,
    /// How good its vectors are.
    pub tier: Tier,
    /// Longest input in word pieces, start and end marks included. What is longer is cut, silently.
    pub max_tokens: usize,
    /// Put before a query.
    pub query_prefix: String,
    /// Put before a passage.
    pub passage_prefix: String,
    /// Names the exact weights. Vectors of two checksums must not be taken for each other's.
    pub checksum: String,
}

/// Turns text into unit vectors.
///
/// Implementations may be called from many threads. A text in which no word piece is found has no direction: its vector is all
/// zeros, which `corpus::QuantizedVector::from_f32` refuses.
pub trait Embedder: Send + Sync {
    /// What this model is.
    fn model(&self) -> &ModelInfo;

    /// One vector a text, in the order given.
    ///
    /// # Errors
    /// [`Error::Inference`](crate::Error::Inference) when the model fails; then no text of the call has a vector.
    fn embed_passages(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>>;

    /// The vector of a query. Goes before passages that wait.
    ///
    /// # Errors
    /// As [`Self::embed_passages`].
    fn embed_query(&self, text: &str) -> Result<Vec<f32>>;
}
