//! The audit log of a workspace, whoever owns it: looked up, signed, verified.
//!
//! Invariant: looking changes nothing, and needs no owner: whoever may use the folder's files reads them.
//! Not here: what is noted, and by whom (`engine`, `notes`).

use crate::Workspace;
use crate::message::Request;
use engine::audit::{self, Filter, Head, Page, Report};
use engine::{Config, Error, Result, Usage, WORKROOM_DIR};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const DAY_MS: i64 = 24 * 3_600_000;
const MOST_ALERTS: usize = 100;

/// An alert that was raised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Its number in the audit log.
    pub seq: u64,
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Whose doing it was: the id of the principal.
    pub principal: String,
    /// What people call it.
    pub name: String,
    /// The last file or folder that it was about, if it was about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What it is about.
    pub what: String,
}

impl Raised {
    fn of(record: &serde_json::Value) -> Option<Self> {
        let text = |at: &str| record.pointer(at).and_then(|text| text.as_str()).map(str::to_owned);
        Some(Self {
            seq: record.get("seq")?.as_u64()?,
            at: engine::audit::rfc3339(record.get("at_ms")?.as_i64()?),
            principal: text("/by/principal")?,
            name: text("/by/name")?,
            path: text("/path"),
            what: text("/detail")?,
        })
    }
}

/// Where the log of the workspace at `folder` lies.
fn folder_of(folder: &Path) -> PathBuf {
    folder.join(WORKROOM_DIR).join(audit::FOLDER)
}

impl Workspace {
    /// Records of the audit log that a filter lets through, from number `from` on, at most `limit`, in their order.
    ///
    /// # Errors
    /// When a file of it cannot be read.
    pub fn audit(&self, filter: &Filter, from: u64, limit: usize) -> Result<Page> {
        self.send_notes();
        audit::query(&folder_of(self.root()), filter, from, limit).map_err(Error::from)
    }

    /// As [`Workspace::audit`], the last ones first: below number `before`, if that is given.
    ///
    /// # Errors
    /// As [`Workspace::audit`].
    pub fn audit_last(&self, filter: &Filter, before: Option<u64>, limit: usize) -> Result<Page> {
        self.send_notes();
        audit::last(&folder_of(self.root()), filter, before, limit).map_err(Error::from)
    }

    /// Signs where the log has got to. Kept elsewhere, it proves later that nothing before it was changed by somebody who has the workspace's key
    /// as well. `None` while nothing was ever noted.
    ///
    /// # Errors
    /// When the owner cannot be reached, or the disk refuses.
    pub fn audit_head(&self) -> Result<Option<Head>> {
        self.send_notes();
        self.call(|| Ok(Request::AuditHead), |owner| owner.with(|engine| engine.audit_head()))
    }

    /// Reads the log of the workspace at `folder` from its first record to its last, and says what is wrong. `kept` is a head that was kept
    /// elsewhere. Needs no owner, and starts none.
    ///
    /// # Errors
    /// When it is no workspace, or a file cannot be read.
    pub fn verify_audit(folder: &Path, kept: Option<&Head>) -> Result<Report> {
        Config::of(folder)?;
        audit::verify(&folder_of(folder), kept).map_err(Error::from)
    }

    /// As [`Workspace::audit_last`], of the workspace at `folder`, which need not be open.
    ///
    /// # Errors
    /// As [`Workspace::audit`].
    pub fn audit_last_in(folder: &Path, filter: &Filter, before: Option<u64>, limit: usize) -> Result<Page> {
        Config::of(folder)?;
        audit::last(&folder_of(folder), filter, before, limit).map_err(Error::from)
    }

    /// What each principal did in the last day, by id.
    ///
    /// # Errors
    /// When the owner cannot be reached.
    pub fn usage(&self) -> Result<Vec<Usage>> {
        self.send_notes();
        self.call(|| Ok(Request::Usage), |owner| owner.with(|engine| Ok(engine.usage())))
    }

    /// What looked wrong in the last day, the last first, at most a hundred of them.
    ///
    /// # Errors
    /// As [`Workspace::audit`].
    pub fn alerts(&self) -> Result<Vec<Raised>> {
        let filter = Filter {
            doing: Some("alert".to_owned()),
            since_ms: Some(engine::audit::now_ms().saturating_sub(DAY_MS)),
            ..Filter::default()
        };
        let page = self.audit_last(&filter, None, MOST_ALERTS)?;
        Ok(page.records.iter().filter_map(Raised::of).collect())
    }

    /// As [`Workspace::audit`], of the workspace at `folder`, which need not be open.
    ///
    /// # Errors
    /// As [`Workspace::audit`].
    pub fn audit_in(folder: &Path, filter: &Filter, from: u64, limit: usize) -> Result<Page> {
        Config::of(folder)?;
        audit::query(&folder_of(folder), filter, from, limit).map_err(Error::from)
    }
}
