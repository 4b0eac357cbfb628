//! Why something was not done with a path.

use crate::Kind;
use corpus::DocPath;
use std::io;

/// The result of everything here.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something was not done with a path. Each names the path that the caller gave.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is there.
    #[error("no such file: {0}")]
    NotFound(DocPath),
    /// Something is there that was not to be.
    #[error("`{0}` exists")]
    Exists(DocPath),
    /// A link on the way points out of the workspace.
    #[error("`{path}` leads out of the workspace")]
    Outside {
        /// What was asked for.
        path: DocPath,
        /// The link.
        link: DocPath,
    },
    /// A link on the way points to another place of the workspace, or to nothing.
    #[error("`{path}` goes through a symbolic link: `{link}`")]
    Through {
        /// What was asked for.
        path: DocPath,
        /// The link.
        link: DocPath,
    },
    /// Something else is there than what can be worked with so.
    #[error("`{path}` is {}", in_words(*kind))]
    Other {
        /// What was asked for.
        path: DocPath,
        /// What is there.
        kind: Kind,
    },
    /// A folder was needed where something else is.
    #[error("`{path}` is no file of its own: `{file}` is {}", in_words(*kind))]
    Below {
        /// What was asked for.
        path: DocPath,
        /// What stands where a folder would have to be.
        file: DocPath,
        /// What it is.
        kind: Kind,
    },
    /// The path lies in the folder that the program keeps for itself.
    #[error("`{0}` belongs to the program")]
    Own(DocPath),
    /// A folder that was to be empty is not.
    #[error("the folder `{0}` is not empty")]
    NotEmpty(DocPath),
    /// A folder cannot be moved or copied to a place below itself.
    #[error("`{to}` lies inside `{from}`")]
    IntoItself {
        /// The folder.
        from: DocPath,
        /// Where it was to go.
        to: DocPath,
    },
    /// The system does not take the name: too long, or with characters that it does not know.
    #[error("`{path}` cannot be a name here: {source}")]
    Name {
        /// What was asked for, cut when it is long.
        path: String,
        /// The system's word.
        source: io::Error,
    },
    /// A pattern that makes no sense.
    #[error("`{pattern}` is no pattern: {why}")]
    Pattern {
        /// The pattern, cut when it is long.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// The system refused.
    #[error("cannot {what} `{path}`: {source}")]
    Io {
        /// What was tried, as a verb.
        what: &'static str,
        /// At what.
        path: String,
        /// The system's word.
        source: io::Error,
    },
}

impl Error {
    /// The system's word about something that was tried at a path.
    pub(crate) fn io(what: &'static str, path: &DocPath, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path.clone()),
            io::ErrorKind::AlreadyExists => Self::Exists(path.clone()),
            io::ErrorKind::DirectoryNotEmpty => Self::NotEmpty(path.clone()),
            io::ErrorKind::InvalidFilename => Self::Name { path: short(path.as_str()), source },
            _ => Self::Io { what, path: path.to_string(), source },
        }
    }
}

pub(crate) fn short(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "a file",
        Kind::Folder => "a folder",
        Kind::Link => "a symbolic link",
        Kind::Special => "no regular file",
    }
}
