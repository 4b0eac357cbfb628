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
        /// The kind, with its article where it needs one: `PDF`, `an image`.
        what: &'static str,
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
}
