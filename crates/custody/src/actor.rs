//! Actors: who does something, by which way, with which program.
//!
//! Invariant: what a program says of itself is short, and holds no character that is not seen.
//! Not here: what they may do (`principal`).

use crate::token::is_invisible;
use crate::{OWNER, Principal};
use serde::{Deserialize, Serialize};

/// The way by which somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Via {
    /// A program with the library.
    Library,
    /// The command line.
    Cli,
    /// HTTP.
    Http,
    /// The Model Context Protocol.
    Mcp,
}

impl Via {
    /// Its name, as it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Cli => "cli",
            Self::Http => "http",
            Self::Mcp => "mcp",
        }
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The id of the principal: a token's, or [`OWNER`].
    pub principal: String,
    /// What people call it.
    pub name: String,
    /// How it came.
    pub via: Via,
    /// What the program that it came with says of itself. Nobody has checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// Characters that are kept of what a program says of itself.
const MOST_OF_CLIENT: usize = 64;

impl Actor {
    /// A principal that came by a way.
    #[must_use]
    pub fn new(principal: &Principal, via: Via) -> Self {
        Self { principal: principal.id.clone(), name: principal.name.clone(), via, client: None }
    }

    /// The owner.
    #[must_use]
    pub fn owner(via: Via) -> Self {
        Self { principal: OWNER.to_owned(), name: OWNER.to_owned(), via, client: None }
    }

    /// With what its program says of itself, as far as that can be shown.
    #[must_use]
    pub fn with_client(self, says: &str) -> Self {
        let seen = says.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
        let seen: String = seen.filter(|c| !c.is_control() && !is_invisible(*c)).collect();
        let kept: String = seen.trim().chars().take(MOST_OF_CLIENT).collect();
        Self { client: Some(kept).filter(|kept| !kept.is_empty()), ..self }
    }

    /// Whether it is the owner.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.principal == OWNER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_say_what_nobody_sees() {
        let check = |says: &str, kept: Option<&str>| {
            assert_eq!(Actor::owner(Via::Mcp).with_client(says).client.as_deref(), kept, "{says:?}");
        };
        check("claude-code 2.1", Some("claude-code 2.1"));
        check("  ", None);
        check("a\nb\u{1b}[31m\u{202e}c", Some("a b[31mc"));
        check(&"ü".repeat(100), Some(&"ü".repeat(64)));
    }

    #[test]
    fn actors_are_written_so() {
        let actor = Actor::owner(Via::Cli).with_client("x");
        let text = r#"{"principal":"owner","name":"owner","via":"cli","client":"x"}"#;
        assert_eq!(serde_json::to_string(&actor).unwrap(), text);
        assert_eq!(serde_json::from_str::<Actor>(text).unwrap(), actor);
        for via in [Via::Library, Via::Cli, Via::Http, Via::Mcp] {
            assert_eq!(serde_json::to_string(&via).unwrap(), format!("\"{}\"", via.name()));
        }
        assert!(serde_json::from_str::<Actor>(&text.replace("client", "address")).is_err());
    }
}
