//! Acts: what somebody did, or was not let do.
//!
//! Invariant: names never change their meaning: logs are read for years. What a kind has no use for is absent.
//! Not here: numbers, times and hashes (`line`).

use crate::Actor;
use serde::{Deserialize, Serialize};

/// What was done, or would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Doing {
    /// A file's bytes were read.
    #[serde(rename = "file.read")]
    FileRead,
    /// A folder was listed, or looked through by pattern.
    #[serde(rename = "file.list")]
    FileList,
    /// A file was written, whole or in part.
    #[serde(rename = "file.write")]
    FileWrite,
    /// A file was removed.
    #[serde(rename = "file.remove")]
    FileRemove,
    /// A file or folder was moved.
    #[serde(rename = "file.move")]
    FileMove,
    /// A file or folder was copied.
    #[serde(rename = "file.copy")]
    FileCopy,
    /// A folder was made.
    #[serde(rename = "folder.make")]
    FolderMake,
    /// A folder was removed.
    #[serde(rename = "folder.remove")]
    FolderRemove,
    /// Chunks were searched; `shown` says which were shown.
    #[serde(rename = "search")]
    Search,
    /// A question was asked; `shown` says which passages were shown.
    #[serde(rename = "ask")]
    Ask,
    /// A document was shown as it is indexed.
    #[serde(rename = "document.show")]
    DocumentShow,
    /// A lease was given.
    #[serde(rename = "lease.take")]
    LeaseTake,
    /// A lease goes on.
    #[serde(rename = "lease.extend")]
    LeaseExtend,
    /// A lease was given back.
    #[serde(rename = "lease.release")]
    LeaseRelease,
    /// A lease was taken from its holder.
    #[serde(rename = "lease.take_away")]
    LeaseTakeAway,
    /// A lease has ended by itself.
    #[serde(rename = "lease.expire")]
    LeaseExpire,
    /// A file was changed past the program while somebody held a lease on it.
    #[serde(rename = "lease.breach")]
    LeaseBreach,
    /// A token was made.
    #[serde(rename = "token.create")]
    TokenCreate,
    /// A token was revoked.
    #[serde(rename = "token.revoke")]
    TokenRevoke,
    /// A token is not accepted until somebody resumes it.
    #[serde(rename = "token.pause")]
    TokenPause,
    /// A paused token is accepted again.
    #[serde(rename = "token.resume")]
    TokenResume,
    /// Tokens were listed, or something else that only an administrator may.
    #[serde(rename = "admin.look")]
    AdminLook,
    /// A secret was shown that stands for nobody.
    #[serde(rename = "token.refuse")]
    TokenRefuse,
    /// A file was brought back, from an older version or from the trash.
    #[serde(rename = "file.restore")]
    FileRestore,
    /// Removed files were deleted for good.
    #[serde(rename = "trash.purge")]
    TrashPurge,
    /// A checkpoint was made.
    #[serde(rename = "checkpoint.create")]
    CheckpointCreate,
    /// A folder or the workspace was brought back to a checkpoint.
    #[serde(rename = "checkpoint.restore")]
    CheckpointRestore,
    /// A checkpoint was removed.
    #[serde(rename = "checkpoint.remove")]
    CheckpointRemove,
    /// The workspace was offered to another owner.
    #[serde(rename = "owner.offer")]
    OwnerOffer,
    /// An offer was taken back.
    #[serde(rename = "owner.withdraw")]
    OwnerWithdraw,
    /// The workspace has another owner.
    #[serde(rename = "owner.transfer")]
    OwnerTransfer,
    /// Somebody asks for an approval.
    #[serde(rename = "approval.ask")]
    ApprovalAsk,
    /// Somebody answered.
    #[serde(rename = "approval.answer")]
    ApprovalAnswer,
    /// A comment was made.
    #[serde(rename = "comment.add")]
    CommentAdd,
    /// A comment was settled or removed.
    #[serde(rename = "comment.close")]
    CommentClose,
    /// Somebody elsewhere is told of events from now on.
    #[serde(rename = "webhook.create")]
    WebhookCreate,
    /// That was changed: its address, its secret, whether it is on.
    #[serde(rename = "webhook.change")]
    WebhookChange,
    /// That has ended.
    #[serde(rename = "webhook.remove")]
    WebhookRemove,
    /// A workspace was made of this one.
    #[serde(rename = "workspace.clone")]
    WorkspaceClone,
    /// The workspace was put away, or taken out again.
    #[serde(rename = "workspace.archive")]
    WorkspaceArchive,
    /// Settings were changed.
    #[serde(rename = "settings.change")]
    SettingsChange,
    /// Something was noticed that somebody should look at.
    #[serde(rename = "alert.raise")]
    AlertRaise,
    /// The log begins.
    #[serde(rename = "audit.begin")]
    AuditBegin,
    /// The log goes on after records that are damaged or missing.
    #[serde(rename = "audit.resume")]
    AuditResume,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// The principal may not.
    Denied,
    /// Something else was in the way: nothing has changed.
    Failed,
    /// It is about to be done. Another record, which names this one's number, says what came of it.
    Begun,
}

/// Text that was shown to somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The file.
    pub path: String,
    /// Its version.
    pub version: String,
    /// First byte of the document's text that was shown.
    pub start_byte: u32,
    /// One past the last byte.
    pub end_byte: u32,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What.
    pub doing: Doing,
    /// Who.
    pub by: Actor,
    /// What came of it.
    pub outcome: Outcome,
    /// The file or folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Where it went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The version before; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The version after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Bytes that were read or written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Milliseconds that the teacher took for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher_ms: Option<u64>,
    /// The fencing token of the lease that was shown, given or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fencing_token: Option<u64>,
    /// What was asked or searched for, where it is to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// What was shown of which documents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
    /// Why it was refused, or what else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The number of the record that says that this was about to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
}

impl Act {
    /// Something that was done.
    #[must_use]
    pub fn new(doing: Doing, by: Actor) -> Self {
        Self {
            doing,
            by,
            outcome: Outcome::Done,
            path: None,
            to: None,
            before: None,
            after: None,
            bytes: None,
            teacher_ms: None,
            fencing_token: None,
            query: None,
            shown: Vec::new(),
            detail: None,
            began: None,
        }
    }

    /// On this file or folder.
    #[must_use]
    pub fn on(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    /// From one version to another.
    #[must_use]
    pub fn versions(self, before: Option<String>, after: Option<String>) -> Self {
        Self { before, after, ..self }
    }

    /// To another path.
    #[must_use]
    pub fn to(self, path: impl Into<String>) -> Self {
        Self { to: Some(path.into()), ..self }
    }

    /// With something to say.
    #[must_use]
    pub fn saying(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Failed, for that reason.
    #[must_use]
    pub fn failed(self, why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, detail: Some(why.into()), ..self }
    }

    /// Refused, for that reason.
    #[must_use]
    pub fn denied(self, why: impl Into<String>) -> Self {
        Self { outcome: Outcome::Denied, detail: Some(why.into()), ..self }
    }
}
