//! The check: opens a workspace that a cut has left, and holds it against the notes.
//!
//! Invariant: what was acknowledged is there, nothing is damaged, and everything goes on: a lease is given, a file written and told of, a checkpoint
//! restored.

use super::held::Held;
use super::work::{custody_of, files, lease_on, now_ms, open};
use anyhow::{Context, Result, ensure};
use custody::approval::State;
use custody::{Refused, Tokens};
use hooks::Endpoints;
use proof::Report;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use workroom::{After, AuditFilter, EventFilter, PathSet, Workspace, version_of};

/// As many as there can be.
const ALL: usize = 100_000;

/// Opens the workspace at `root` and holds it against the notes. What is found in it is changed: it is used, at the end.
///
/// # Errors
/// What is wrong.
pub fn check(root: &Path, notes: &[u8]) -> Result<Report> {
    let mut held = Held::of(notes);
    let possible = held.possible();
    held.leave_open();
    let workspace = open(root).context("it cannot be opened")?;
    let found = files(root)?;
    ensure!(!held.is_open || possible.contains(&found), "files are {found:?}, and may be {possible:?}");
    let custody = custody_of(root);
    let (tokens, endpoints) = (Tokens::at(&custody), Endpoints::at(&custody));
    let look = Look { root: root.to_path_buf(), workspace, tokens, endpoints, held };
    look.health()?;
    look.contents()?;
    look.checkpoints()?;
    look.leases()?;
    look.handed_over()?;
    look.let_in()?;
    look.hooks()?;
    look.log()?;
    look.events()?;
    look.use_it()?;
    let Look { workspace, held, .. } = look;
    let repaired = workspace.status()?.repaired;
    drop(workspace);
    let findings = Workspace::verify_audit(root, None)?.findings;
    ensure!(findings.is_empty(), "the audit log, closed: {findings:?}");
    let Held { acknowledged, cut_short, .. } = held;
    Ok(Report { files: found.len(), acknowledged, cut_short, repaired, ..Report::default() })
}

struct Look {
    root: PathBuf,
    workspace: Workspace,
    tokens: Tokens,
    endpoints: Endpoints,
    held: Held,
}

impl Look {
    fn health(&self) -> Result<()> {
        let findings = self.workspace.doctor()?;
        let bad: Vec<_> = findings.checks.iter().filter(|finding| !finding.ok).collect();
        ensure!(bad.is_empty(), "the examination: {bad:?}");
        Ok(())
    }

    /// Every content is still to be had, and what was removed lies in the trash.
    fn contents(&self) -> Result<()> {
        for (path, text) in &self.held.written {
            let read = self.workspace.read_version(path, &version_of(text.as_bytes()));
            let read = read.with_context(|| format!("{path} no longer has the version {text:?}"))?;
            ensure!(read == text.as_bytes(), "{path} held {text:?}, and is said to have held {read:?}");
        }
        let trash = self.workspace.trash(&PathSet::all())?;
        for (path, times) in &self.held.removed {
            let found = trash.iter().filter(|entry| entry.path == *path).count();
            ensure!(found >= *times, "{path} was removed {times} times and lies in the trash {found} times");
        }
        Ok(())
    }

    fn checkpoints(&self) -> Result<()> {
        for (tag, files) in &self.held.checkpoints {
            let found = self.workspace.checkpoint_files(tag, &PathSet::all(), (None, ALL));
            let found = found.with_context(|| format!("the checkpoint {tag} is lost"))?;
            let found: BTreeMap<&str, &str> = found
                .iter()
                .map(|file| (file.path.as_str(), file.version.as_str()))
                .filter(|(path, _)| *path != ".workroomignore")
                .collect();
            let hash = |(path, text): (&'_ String, &String)| (path.clone(), version_of(text.as_bytes()));
            let expected: BTreeMap<String, String> = files.iter().map(hash).collect();
            let is_same = found.iter().map(|(path, version)| ((*path).to_owned(), (*version).to_owned()));
            ensure!(is_same.eq(expected), "the checkpoint {tag} has {found:?}");
        }
        Ok(())
    }

    /// Every lease still holds, and the next one has a greater number than any before.
    fn leases(&self) -> Result<()> {
        let found = self.workspace.leases()?;
        for lease in self.held.leases.values() {
            let is_there = found.iter().any(|it| Some(it.fencing_token) == lease.token);
            ensure!(is_there, "the lease {lease:?} does not hold any more: {found:?}");
        }
        let next = self.workspace.lease(&lease_on(self.held.next + 1), Duration::ZERO)?.held.fencing_token;
        ensure!(next > self.held.greatest, "the token {next} was given after {}", self.held.greatest);
        Ok(())
    }

    fn handed_over(&self) -> Result<()> {
        for (id, is_resolved) in self.held.comments.values() {
            let comment = self.workspace.comment_of(id).with_context(|| format!("the comment {id}"))?.comment;
            ensure!(comment.resolved.is_some() == *is_resolved, "the comment is {comment:?}");
        }
        for (id, is_answered) in self.held.approvals.values() {
            let approval = self.workspace.approval(id).with_context(|| format!("the approval {id}"))?;
            let is = approval.state(now_ms()) == State::Answered;
            ensure!(is == *is_answered, "the approval is {approval:?}");
        }
        Ok(())
    }

    fn let_in(&self) -> Result<()> {
        for (token, is_accepted) in self.held.tokens.values() {
            match (self.tokens.authenticate(&token.secret, now_ms()), is_accepted) {
                (Ok(_), true) | (Err(Refused::Revoked), false) => {}
                (found, _) => anyhow::bail!("of the token {}: {found:?}", token.id),
            }
        }
        for owner in self.held.owners.values() {
            let let_in = self.tokens.authenticate(&owner.secret, now_ms());
            ensure!(let_in.is_ok(), "of the owner {}: {let_in:?}", owner.id);
        }
        for offer in self.held.offers.values() {
            ensure!(self.tokens.is_claimable(&offer.secret, now_ms())?, "the offer {} is lost", offer.id);
        }
        for secret in &self.held.spent {
            ensure!(!self.tokens.is_claimable(secret, now_ms())?, "an offer can be taken again");
        }
        Ok(())
    }

    fn hooks(&self) -> Result<()> {
        for hook in self.held.hooks.values() {
            let found = self.endpoints.get(&hook.id).with_context(|| format!("the webhook {}", hook.id))?;
            ensure!(found.secret.reveal() == hook.secret, "the webhook {} has another secret", hook.id);
            self.endpoints.outbox(&hook.id).log().with_context(|| format!("the outbox of {}", hook.id))?;
        }
        for id in &self.held.unhooked {
            ensure!(self.endpoints.get(id).is_err(), "the webhook {id} is back");
        }
        Ok(())
    }

    /// Every change is in the log once, and the log is whole.
    fn log(&self) -> Result<()> {
        let findings = Workspace::verify_audit(&self.root, None)?.findings;
        ensure!(findings.is_empty(), "the audit log: {findings:?}");
        let done = |doing: &str| {
            let (doing, outcome) = (Some(doing.to_owned()), Some("done".to_owned()));
            self.workspace.audit(&AuditFilter { doing, outcome, ..AuditFilter::default() }, 0, ALL)
        };
        let text = |record: &Value, at: &str| record.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let writes = done("file.write")?.records;
        for (path, written) in &self.held.written {
            let version = version_of(written.as_bytes());
            let is_it = |record: &&Value| {
                text(record, "/path").as_ref() == Some(path)
                    && text(record, "/after").as_ref() == Some(&version)
            };
            let times = writes.iter().filter(is_it).count();
            ensure!(times == 1, "the write of {written:?} to {path} is in the log {times} times");
        }
        let transfers = done("owner.transfer")?.records;
        for owner in self.held.owners.values() {
            let is_it = |record: &&Value| text(record, "/by/principal").as_ref() == Some(&owner.id);
            let times = transfers.iter().filter(is_it).count();
            ensure!(times == 1, "that {} is the owner is in the log {times} times", owner.id);
        }
        Ok(())
    }

    /// The last of them may be lost, but none is there twice, and a place from before is still one.
    fn events(&self) -> Result<()> {
        let filter = EventFilter::default();
        let all = self.workspace.events(&After::Start, &filter, ALL, Duration::ZERO)?.events;
        let ids: BTreeSet<&str> = all.iter().map(|it| it.event.id.as_str()).collect();
        ensure!(ids.len() == all.len(), "an event is there twice");
        Ok(())
    }

    /// Everything goes on.
    fn use_it(&self) -> Result<()> {
        self.workspace.write("new.md", b"After the cut.\n")?;
        let after = self.held.cursor.clone().map_or(After::Start, |cursor| {
            let Ok(after) = cursor.parse();
            after
        });
        let filter = EventFilter { types: vec!["file.created".to_owned()], paths: Vec::new() };
        let page = self.workspace.events(&after, &filter, ALL, Duration::ZERO)?;
        let is_told = page.events.iter().any(|it| it.event.path.as_deref() == Some("new.md"));
        ensure!(is_told, "a new file is not told of to whoever reads on from {after:?}: {page:?}");
        if let Some((tag, files)) = self.held.checkpoints.last_key_value() {
            self.workspace.restore_checkpoint(tag, "")?;
            let found = super::work::files(&self.root)?;
            ensure!(found == *files, "restored to {tag}, files are {found:?}");
        }
        Ok(())
    }
}
