//! What a scan could not take, and why: recorded, never silently left out.

use std::fmt;

use corpus::DocPath;

/// Something in the folder that is not indexed although no rule excludes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The place below the root as shown to people; not always a valid [`DocPath`]. Empty for the root itself.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// Why something was left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The system refused to list the folder or to look at the file. What lies there is unknown, not gone.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The name is not UTF-8.
    #[error("the name is not UTF-8")]
    NotUtf8,
    /// A FIFO, a socket or a device: reading it could block for ever.
    #[error("skipped: a {0}")]
    Special(&'static str),
    /// A symbolic link whose target lies outside the workspace.
    #[error("skipped: a symbolic link that leads out of the workspace")]
    LinkOutside,
    /// A symbolic link to nothing, to itself, or to where this process may not look.
    #[error("skipped: a symbolic link that cannot be followed: {0}")]
    LinkBroken(String),
    /// A line of an ignore file is no valid pattern. The other lines count.
    #[error("line {line} is not a valid pattern: {text}")]
    BadRule {
        /// From 1; 0 when the lines are valid one by one but not together.
        line: usize,
        /// What the pattern's parser says.
        text: String,
    },
    /// An ignore file cannot be read or is absurdly large. None of its lines count.
    #[error("the ignore file is not used: {0}")]
    RulesUnused(String),
}

impl Problem {
    pub(crate) fn new(path: &str, reason: Reason) -> Self {
        Self { path: path.to_owned(), reason }
    }

    /// Whether this problem is the likely reason that a scan did not yield `path`. A caller must not take such a file for removed.
    #[must_use]
    pub fn hides(&self, path: &DocPath) -> bool {
        matches!(self.reason, Reason::Unreadable(_)) && path.is_under(&self.path)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the workspace's folder" } else { &self.path };
        write!(f, "{path}: {}", self.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unreadable_hides_and_only_what_is_below_it() {
        let path = |text| DocPath::new(text).unwrap();
        let unreadable = |at| Problem::new(at, Reason::Unreadable("permission denied".into()));
        assert!(unreadable("a").hides(&path("a/b/c")) && unreadable("a").hides(&path("a")));
        assert!(unreadable("").hides(&path("x")), "an unreadable root hides everything");
        assert!(!unreadable("a").hides(&path("ab")));
        assert!(!Problem::new("a", Reason::NotUtf8).hides(&path("a/b")));
        assert_eq!(unreadable("").to_string(), "the workspace's folder: cannot be read: permission denied");
    }
}
