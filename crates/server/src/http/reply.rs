//! The forms of answers, but for those of searching, and of problems.
//!
//! Invariant: what the token may not know of is absent.
//! Not here: what searching answers (`answer`), how problems are written (`problem`).

use super::schema::Grant;
use crate::access::Change;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::{IntoResponses, ToSchema};

/// A workspace that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeWorkspace {
    /// Its name.
    pub(super) name: String,
    /// A token that may everything there. It is shown this once.
    pub(super) secret: String,
}

/// A workspace.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkspaceName {
    /// Its name in addresses.
    pub(super) name: String,
}

/// A workspace that was put away, or taken out again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ArchivedWorkspace {
    /// Its name in addresses.
    pub(super) name: String,
    /// Whether it is archived now.
    pub(super) archived: bool,
}

/// A workspace that is no more.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DeletedWorkspace {
    /// What its name was.
    pub(super) name: String,
}

/// The workspaces that the token opens.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Workspaces {
    /// In the order of their names.
    pub(super) workspaces: Vec<WorkspaceName>,
}

/// What is known of a workspace, or of the part of it that the token may read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WorkspaceStatus {
    /// Its name in addresses.
    pub(super) name: String,
    /// Its id, which stays when its name changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Whether it is archived: read and searched, not changed.
    pub(super) archived: bool,
    /// Indexed documents.
    pub(super) documents: u64,
    /// Indexed documents by type.
    pub(super) types: BTreeMap<String, u64>,
    /// Bytes of the indexed files.
    pub(super) bytes: u64,
    /// Chunks.
    pub(super) chunks: u64,
    /// Chunks with the teacher's vector.
    pub(super) teacher_vectors: u64,
    /// Chunks that wait for it.
    pub(super) backlog: u64,
    /// What goes on about them: `off`, `paused`, `done`, `running` or `waiting`.
    pub(super) backfill: String,
    /// The model that places queries and chunks.
    pub(super) model: String,
    /// Files that were seen and are not searchable.
    pub(super) skipped: u64,
    /// The same, by the kind of reason.
    pub(super) skipped_by: BTreeMap<String, u64>,
    /// Places whose files are not searched because indexing is switched off there; `/` is the whole workspace.
    pub(super) index_off: Vec<String>,
    /// The last commit; only for who may read everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    /// Whether the token may write anywhere.
    pub(super) writable: bool,
}

/// What stands at a path.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryInfo {
    /// Relative to the workspace.
    pub(super) path: String,
    /// `file`, `folder`, `link` (never followed) or `special` (never opened).
    pub(super) kind: EntryKind,
    /// A file's size.
    pub(super) bytes: u64,
    /// When it was last written to, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) modified: Option<String>,
    /// When it was made, where the system knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<String>,
    /// A file's version, the same as its entity tag; in lists it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The lease that is on it; in lists it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lease: Option<super::leases::HeldLease>,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, which is never followed.
    Link,
    /// A pipe, socket or device, which is never opened.
    Special,
}

impl From<&workroom::Entry> for EntryInfo {
    fn from(entry: &workroom::Entry) -> Self {
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok().map(|time| time.to_string());
        Self {
            path: entry.path.clone(),
            kind: match entry.kind {
                workroom::Kind::File => EntryKind::File,
                workroom::Kind::Folder => EntryKind::Folder,
                workroom::Kind::Link => EntryKind::Link,
                _ => EntryKind::Special,
            },
            bytes: entry.bytes,
            // A folder that only leads to what may be read has none.
            modified: time(entry.modified_ms).filter(|_| entry.modified_ms != 0),
            created: entry.created_ms.and_then(time),
            version: None,
            lease: None,
        }
    }
}

/// A page of a folder.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Listing {
    /// In the order of their paths.
    pub(super) entries: Vec<EntryInfo>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// A change that was made, durable and searchable. What the token may not know of is absent.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    /// What was changed.
    pub(super) path: String,
    /// The version that stands there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The commit that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    /// Whether nothing was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<bool>,
}

impl Changed {
    pub(super) fn new(path: impl Into<String>, change: Change) -> Self {
        Self { path: path.into(), version: change.version, seq: change.seq, created: change.created }
    }
}

/// What edits came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Edited {
    /// The file.
    pub(super) path: String,
    /// A unified diff; empty when nothing has changed.
    pub(super) diff: String,
    /// Places that were changed.
    pub(super) replaced: u64,
    /// The version that is, or would be, there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    /// The commit that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    /// Whether the file was written.
    pub(super) written: bool,
}

/// A token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenInfo {
    /// Names it in every list.
    pub(super) id: String,
    /// What people call whoever has it.
    pub(super) name: String,
    /// What it may.
    pub(super) grants: Vec<Grant>,
    /// The id of whoever made it.
    pub(super) created_by: String,
    /// When, RFC 3339, UTC.
    pub(super) created: String,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoked: Option<String>,
    /// When it was last used, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used: Option<String>,
    /// Whether it is accepted now.
    pub(super) active: bool,
    /// Whether it is paused, itself or the one by which it was made.
    pub(super) paused: bool,
}

/// Tokens, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TokenList {
    /// Those that may be known of.
    pub(super) tokens: Vec<TokenInfo>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeToken {
    /// What is known of it.
    pub(super) token: TokenInfo,
    /// What its holder shows. It is shown this once.
    pub(super) secret: String,
}

/// A problem (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemDetails {
    /// `urn:workroom:problem:` and the kind.
    #[serde(rename = "type")]
    pub(super) problem_type: String,
    /// The kind in words for people.
    pub(super) title: String,
    /// The status of the answer.
    pub(super) status: u16,
    /// What happened, where and why.
    pub(super) detail: String,
    /// The kind, a stable word for programs.
    pub(super) kind: String,
    /// What was asked for.
    pub(super) instance: String,
    /// What can be done about it.
    pub(super) hint: Option<String>,
    /// Calls that may help.
    pub(super) next: Option<Vec<NextCall>>,
    /// Of what is locked: the lease that is in the way.
    pub(super) lease: Option<super::leases::HeldLease>,
}

/// A call that may help.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NextCall {
    /// `GET`, or `POST` with a body.
    pub(super) method: String,
    /// The address, on this server.
    pub(super) href: String,
    /// The body, in JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) body: Option<serde_json::Value>,
}

/// What any call may be refused with.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) enum Problems {
    /// The request makes no sense.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDetails),
    /// No token, or none that is valid.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDetails),
    /// A right is missing, or the request comes from elsewhere.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDetails),
    /// Nothing is there, or nothing that the token may know of.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDetails),
    /// The address does not take this method.
    #[response(status = 405, content_type = "application/problem+json")]
    MethodNotAllowed(ProblemDetails),
    /// The request's body came too slowly, or the call took too long.
    #[response(status = 408, content_type = "application/problem+json")]
    Timeout(ProblemDetails),
    /// It stands against what is there.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDetails),
    /// What is there is not what the condition expects.
    #[response(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(ProblemDetails),
    /// The request is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDetails),
    /// The body's type is not understood.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(ProblemDetails),
    /// It is understood and cannot be done so.
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDetails),
    /// Somebody else holds a lease on it, or is about to change it.
    #[response(status = 423, content_type = "application/problem+json")]
    Locked(ProblemDetails),
    /// Too many requests.
    #[response(status = 429, content_type = "application/problem+json", headers(("Retry-After" = i64, description = "seconds")))]
    TooMany(ProblemDetails),
    /// Something went wrong.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDetails),
    /// It cannot be done now.
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = i64, description = "seconds")))]
    Unavailable(ProblemDetails),
}
