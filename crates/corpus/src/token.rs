//! Word pieces: what a model counts a text in.

/// The longest input of a model, in word pieces, of which two are its start and end marks.
pub const MAX_INPUT_TOKENS: usize = 256;

/// One word piece and the bytes it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Row of the model's table.
    pub id: u16,
    /// First byte of the text it stands for.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Whether it goes on a word that an earlier piece began (`##ing`).
    pub continues: bool,
}

/// Cuts text into word pieces.
pub trait Tokenizer: Send + Sync {
    /// Appends the pieces of `text` in order. Never fails; what has no piece becomes the unknown piece.
    fn tokenize(&self, text: &str, out: &mut Vec<Token>);

    /// Number of pieces of `text`.
    fn count(&self, text: &str) -> usize {
        let mut out = Vec::new();
        self.tokenize(text, &mut out);
        out.len()
    }
}
