//! The order in which files were written, as the audit log has it.
//!
//! Invariant: of each file, every write that the log has as done was made of what the one before it had left, the first of what was there before any,
//! and the last left what is there now. So nothing was written that is not in the log, and nothing in it was lost.

use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use workroom::{AuditFilter, Workspace, version_of};

/// Records that are read at once.
const PAGE: usize = 1000;

/// The writes that are in the log of the workspace at `root`, and what is wrong. Each of `paths` was empty at first. Nobody has the workspace open.
///
/// # Errors
/// When the log or a file cannot be read.
pub(super) fn check(root: &Path, paths: &[String]) -> Result<(u64, Vec<String>)> {
    let (mut writes, mut wrong) = (0, Vec::new());
    let mut now: BTreeMap<&str, String> = paths.iter().map(|path| (path.as_str(), version_of(b""))).collect();
    for record in done(root)? {
        let text = |name: &str| record[name].as_str().unwrap_or_default();
        let Some(version) = now.get_mut(text("path")) else { continue };
        writes += 1;
        if text("before") != version {
            wrong.push(format!("the audit log says that {version} was replaced: {record}"));
        }
        text("after").clone_into(version);
    }
    for (path, version) in now {
        let there = version_of(&fs_err::read(root.join(path))?);
        if there != version {
            wrong.push(format!("{path}: the last write in the audit log left {version}, there is {there}"));
        }
    }
    let report = Workspace::verify_audit(root, None)?;
    wrong.extend(report.findings.iter().map(|finding| format!("the audit log: {finding:?}")));
    Ok((writes, wrong))
}

/// All writes that were done, in their order.
fn done(root: &Path) -> Result<Vec<Value>> {
    let filter = AuditFilter {
        doing: Some("file.write".to_owned()),
        outcome: Some("done".to_owned()),
        ..AuditFilter::default()
    };
    let (mut records, mut next) = (Vec::new(), Some(0));
    while let Some(from) = next {
        let page = Workspace::audit_in(root, &filter, from, PAGE)?;
        records.extend(page.records);
        next = page.next;
    }
    Ok(records)
}
