//! An input taken apart: the fuzzer's bytes as choices, numbers and texts.
//!
//! Invariant: reading past the end gives zeros and nothing, so any bytes are an input.

/// Bytes that are read from the front.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// All of the bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte, or zero.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// One of the choices, by the next byte.
    pub fn choice<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        let byte = usize::from(self.byte());
        choices.get(byte % choices.len().max(1)).copied()
    }

    /// The next text, whose length is in the byte before it.
    pub fn text(&mut self) -> String {
        let length = usize::from(self.byte());
        let (text, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// What is left.
    #[must_use]
    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
