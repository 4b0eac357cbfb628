//! Why a file has no text.

/// The recorded reason that a file is listed but not searched by its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Skip {
    /// The bytes are not text of any kind.
    #[error("binary data")]
    Binary,
    /// The kind of file is known, and there is no reader for it.
    #[error("{what} is not read yet")]
    Unsupported {
        /// The kind, with its article where it needs one: `PostScript`, `a font`.
        what: String,
    },
    /// It may be text, but no encoding turns it into words.
    #[error("no known text encoding fits")]
    Undecodable,
    /// Places in its text would not fit the index.
    #[error("{bytes} bytes are too many for one document (at most {limit})")]
    TooLarge {
        /// Size of the file.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// It cannot be read without a password.
    #[error("encrypted: it cannot be read without its password")]
    Encrypted,
    /// It is whole and holds no text: a scan, an empty form.
    #[error("it holds no text: {why}")]
    NoText {
        /// What it holds instead: `its 3 pages are images`.
        why: String,
    },
    /// It is not what it says it is, or broken beyond what the parser repairs.
    #[error("damaged: {why}")]
    Damaged {
        /// What was found, and where.
        why: String,
    },
    /// It would unfold to more than is allowed.
    #[error("too much inside: {what}")]
    TooMuch {
        /// Which bound, with its figure: `more than 64 MiB of text`.
        what: String,
    },
    /// Its parser ended in a way that says nothing of the file by itself: it crashed, or ran out of time or memory.
    #[error("{why}")]
    Failed {
        /// What happened.
        why: String,
    },
    /// An archive, and archives are not opened.
    #[error("an archive; `archives = true` in the configuration has its documents read")]
    Archive,
    /// It needs a parser in a process of its own, and this program names none.
    #[error("it needs a parser in a process of its own, and this program names none")]
    NoParser,
}

impl Skip {
    /// Its kind in one word, stable on disk and in JSON.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Unsupported { .. } => "unsupported",
            Self::Undecodable => "undecodable",
            Self::TooLarge { .. } => "too-large",
            Self::Encrypted => "encrypted",
            Self::NoText { .. } => "no-text",
            Self::Damaged { .. } => "damaged",
            Self::TooMuch { .. } => "too-much",
            Self::Failed { .. } => "failed",
            Self::Archive => "archive",
            Self::NoParser => "no-parser",
        }
    }

    /// A [`Skip::Damaged`].
    #[must_use]
    pub fn damaged(why: impl Into<String>) -> Self {
        Self::Damaged { why: why.into() }
    }

    /// A [`Skip::TooMuch`].
    #[must_use]
    pub fn too_much(what: impl Into<String>) -> Self {
        Self::TooMuch { what: what.into() }
    }
}
