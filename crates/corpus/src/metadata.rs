//! What a file says of itself: who made it, when, in which language.

/// Facts that a document states about itself; every one may be missing, and none is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Who wrote it, in the order given; the sender of a message.
    pub authors: Vec<String>,
    /// Subject, keywords and categories.
    pub keywords: Vec<String>,
    /// When it was made or sent, milliseconds since 1970 (UTC).
    pub created_ms: Option<i64>,
    /// When it was last changed by its own account, milliseconds since 1970 (UTC).
    pub modified_ms: Option<i64>,
    /// Number of pages, slides or sheets.
    pub pages: Option<u32>,
    /// The language of its text, as detected.
    pub language: Option<LanguageCode>,
}

/// A natural language by its two letters of ISO 639-1: `en`, `de`, `zh`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageCode([u8; 2]);

impl LanguageCode {
    /// English.
    pub const ENGLISH: Self = Self(*b"en");

    /// From two ASCII letters of either case.
    #[must_use]
    pub fn new(code: &str) -> Option<Self> {
        match *code.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => None,
        }
    }

    /// The two letters, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::fmt::Display for LanguageCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for LanguageCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_codes_are_two_letters() {
        assert_eq!(LanguageCode::new("DE").map(|code| code.to_string()).as_deref(), Some("de"));
        assert_eq!(["e", "eng", "e1", "é"].map(LanguageCode::new), [None; 4]);
        assert_eq!(LanguageCode::ENGLISH.as_str(), "en");
    }
}
