//! Who did something and when, as answers write it.

use serde::Serialize;
use utoipa::ToSchema;

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Who {
    /// The id of the token, or `owner`, or `anonymous`.
    principal: String,
    /// What people call whoever has it.
    name: String,
    /// `library`, `cli`, `http` or `mcp`.
    via: String,
    /// What the program said of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
}

impl From<&custody::Actor> for Who {
    fn from(actor: &custody::Actor) -> Self {
        let custody::Actor { principal, name, via, client } = actor.clone();
        Self { principal, name, via: via.name().to_owned(), client }
    }
}

/// RFC 3339, UTC.
pub(super) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}
