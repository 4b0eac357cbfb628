//! Access: a workspace as one principal may use it. Every transport goes through here and nowhere else.
//!
//! Invariant: denied unless granted. What the principal may not read is told exactly as what is not there, whatever is done with it; what it may
//! read and not change names the right that is missing. Who may write and not read learns nothing of what is there but that a write failed.
//! Not here: how a principal is known (`host`), searching and files (`workroom`).

mod audit;
mod autosaves;
mod denied;
mod events;
mod handoff;
mod leases;
mod told;
mod versions;
mod webhooks;

pub(crate) use audit::Order;
pub(crate) use leases::{ShownLease, time as lease_time};

use crate::host::{ANONYMOUS, Room, now_ms};
use crate::refusal::{Kind, NextCall, Refusal, Result};
use crate::spans::Retrieval;
use custody::{Actor, Claim, Made, NewToken, Principal, Right, Token, Via};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use workroom::{
    Answer, AsOf, Condition, DocPath, Doing, Edit, Entry, ErrorKind, Found, Hit, Page, PathSet, Problem,
    Query, Question, Shown, SpoolWriter, Spooled, Status, View, Workspace,
};

/// What a principal may do in a workspace. Cheap to clone; all calls block.
#[derive(Clone)]
pub(crate) struct Access {
    room: Arc<Room>,
    principal: Arc<Principal>,
    /// The principal as whatever is changed knows it.
    actor: Arc<Actor>,
    /// The lease by which it changes what it changes.
    lease: Option<Arc<str>>,
}

/// A change that was made. What the principal may not know of is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The version of the file that stands there now.
    pub(crate) version: Option<String>,
    /// The commit that shows it; commits are the whole workspace's, so only who sees all of it is told.
    pub(crate) seq: Option<u64>,
    /// Whether nothing was there before.
    pub(crate) created: Option<bool>,
}

/// What edits came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edited {
    /// A unified diff; empty when nothing has changed.
    pub(crate) diff: String,
    /// Places that were changed.
    pub(crate) replaced: usize,
    /// The version that is, or would be, there now.
    pub(crate) version: Option<String>,
    /// The change; none for a trial, or when there was nothing to change.
    pub(crate) change: Option<Change>,
}

/// A file that was opened.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) entry: Entry,
    /// The version of what the file holds.
    pub(crate) version: String,
}

impl Access {
    /// A principal in a workspace.
    pub(crate) fn new(room: Arc<Room>, principal: Arc<Principal>) -> Self {
        let actor = Arc::new(Actor::new(&principal, Via::Http));
        Self { room, principal, actor, lease: None }
    }

    /// The same by another way, with what the program at the other end says of itself.
    pub(crate) fn coming(&self, via: Via, client: Option<&str>) -> Self {
        let actor = Actor::new(&self.principal, via);
        let actor = Arc::new(client.map_or(actor.clone(), |client| actor.with_client(client)));
        Self { actor, ..self.clone() }
    }

    /// Who it is.
    pub(crate) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Whether the principal is still one: its token may have ended since it was shown.
    pub(crate) fn holds(&self) -> bool {
        let principal = &self.principal;
        principal.is_owner()
            || principal.id == ANONYMOUS
            // What it may can have become less since: whoever hands ownership over keeps what was agreed.
            || self.room.tokens.principal(&principal.id, now_ms()).is_ok_and(|now| now.grants == principal.grants)
    }

    /// The workspace with all that belongs to serving it.
    pub(crate) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    /// What it may see.
    pub(crate) fn readable(&self) -> PathSet {
        self.principal.readable()
    }

    /// Whether it may know of a file or folder.
    pub(crate) fn sees(&self, path: &str) -> bool {
        self.principal.may(Right::Read, path)
    }

    /// Whether it may change anything.
    pub(crate) fn may_write_anywhere(&self) -> bool {
        !self.principal.writable().is_empty()
    }

    /// The workspace, for changes: they are this principal's.
    fn acting(&self) -> Workspace {
        let workspace = self.room.workspace.acting_as(Actor::clone(&self.actor));
        match &self.lease {
            Some(lease) => workspace.under_lease(lease),
            None => workspace,
        }
    }

    fn view(&self) -> View<'_> {
        self.room.workspace.within(self.readable())
    }

    /// Chunks by meaning and words.
    pub(crate) fn search(&self, query: &Query) -> Result<Vec<Hit>> {
        let span = Retrieval::begin(&self.room.name, &self.principal.id, query, Some(query.limit));
        span.found(self.said(self.acting().within(self.readable()).search(query)))
    }

    /// Passages and quoted sentences for a question.
    pub(crate) fn ask(&self, question: &Question) -> Result<Answer> {
        let span = Retrieval::begin(&self.room.name, &self.principal.id, &question.query, None);
        span.answered(self.said(self.acting().within(self.readable()).ask(question)))
    }

    /// The query by the instant that it names, so that all who are asked mean the same, and what is known of the files there were.
    pub(crate) fn dated(&self, query: Query) -> Result<(Query, Option<AsOf>)> {
        let Some(when) = &query.as_of else { return Ok((query, None)) };
        let found = self.said(self.view().as_of(when)).map_err(|refusal| match refusal.kind {
            Kind::NotFound => refusal.hint("list the checkpoints for their ids and tags"),
            _ => refusal,
        })?;
        Ok((query.as_of(&found.as_of), Some(found)))
    }

    /// Places that it may read, that a query is about, and that are not searched because indexing is off there.
    pub(crate) fn not_searched(&self, query: &Query) -> Result<Vec<String>> {
        self.said(self.view().not_searched(query))
    }

    /// A document as it is indexed: all its chunks, or one between its neighbours.
    pub(crate) fn show(&self, path: &str, chunk: Option<u64>) -> Result<Shown> {
        self.show_as(path, |view, path| {
            chunk.map_or_else(|| view.show(path), |chunk| view.show_chunk(path, chunk))
        })
    }

    /// A document as it was in a version.
    pub(crate) fn show_version(&self, path: &str, version: &str) -> Result<Shown> {
        self.show_as(path, |view, path| view.show_version(path, version, None))
    }

    fn show_as(
        &self,
        path: &str,
        show: impl FnOnce(&View<'_>, &str) -> workroom::Result<Shown>,
    ) -> Result<Shown> {
        let path = clean(path)?;
        let (path, workspace) = (path.as_str(), self.acting());
        let view = workspace.within(self.readable());
        // Of what may not be seen the view says what it says of what is not there.
        let shown = self.said(show(&view, path));
        if self.sees(path) {
            shown
        } else {
            shown.map_err(|refusal| self.denied(Doing::DocumentShow, path, refusal))
        }
    }

    /// Counts of what it may see.
    pub(crate) fn status(&self) -> Result<Status> {
        let status = self.said(self.view().status())?;
        // Where the folder is on this machine is nobody's business but its owner's.
        Ok(Status { root: String::new(), ..status })
    }

    /// Files that were seen and are not searchable.
    pub(crate) fn problems(&self) -> Result<Vec<Problem>> {
        self.said(self.view().problems())
    }

    /// The path of every indexed document, in order.
    pub(crate) fn documents(&self) -> Result<Vec<String>> {
        self.said(self.view().documents())
    }

    /// A folder's entries, `depth` levels deep; the empty path is the workspace.
    pub(crate) fn tree(&self, folder: &str, depth: usize, page: &Page) -> Result<Found> {
        let folder = self.shown_folder(folder)?;
        self.read(&folder, self.acting().tree(&folder, depth, &self.readable(), page))
    }

    /// A folder's entries.
    pub(crate) fn list(&self, folder: &str, page: &Page) -> Result<Found> {
        self.tree(folder, 1, page)
    }

    /// Files and folders below `folder` by pattern, such as `**/*.md`.
    pub(crate) fn glob(&self, folder: &str, pattern: &str, page: &Page) -> Result<Found> {
        let folder = self.shown_folder(folder)?;
        match self.acting().glob(&folder, pattern, &self.readable(), page) {
            Err(error) if error.kind() == ErrorKind::Invalid && error.path().is_none() => {
                Err(self.refused(&error))
            }
            found => self.read(&folder, found),
        }
    }

    /// What stands at a path. Of a folder that only leads to something it may see, no more than that it is there.
    pub(crate) fn stat(&self, path: &str) -> Result<Entry> {
        let path = path.strip_suffix('/').unwrap_or(path);
        if is_root(path) || self.sees(path) {
            let path = if is_root(path) { String::new() } else { self.readable_path(path)?.to_string() };
            let entry = self.read(&path, self.room.workspace.stat(&path))?;
            return Ok(if self.sees(&path) { entry } else { bare(entry) });
        }
        // A folder on the way is seen by listing the one above: if it leads nowhere, it is not there.
        let path = clean(path)?;
        let above = path.as_str().rsplit_once('/').map_or("", |(above, _)| above);
        let found = self.shown_folder(above).and_then(|above| self.entry_in(&above, path.as_str()));
        found.map_err(|_| self.denied(Doing::FileRead, path.as_str(), self.nothing_at(path.as_str())))
    }

    fn entry_in(&self, folder: &str, path: &str) -> Result<Entry> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let page = Page { after: None, limit: MOST };
        let found = self.room.workspace.quiet().list(folder, &self.readable(), &page);
        let mut entries = self.said(found)?.entries.into_iter();
        entries.find(|entry| entry.name() == name).ok_or_else(|| self.nothing_at(path))
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, path: &str) -> Result<Opened> {
        let opened = self.examine(path)?;
        self.note_read(&opened.entry.path, &opened);
        Ok(opened)
    }

    /// Opens a file to see which version it is.
    pub(crate) fn examine(&self, path: &str) -> Result<Opened> {
        let path = self.readable_path(path)?;
        let opened = self.room.workspace.quiet().open_file(path.as_str());
        let (mut file, entry) = self.read(path.as_str(), opened)?;
        let version = self.room.versions.of(&mut file, &entry, now_ms());
        let version = version.map_err(|error| {
            tracing::error!(%error, %path, "a file cannot be read");
            Refusal::new(Kind::Internal, format!("`{path}` cannot be read"))
        })?;
        Ok(Opened { file, entry, version })
    }

    /// Where bytes for a file go that are still to come, however many. Whoever may not write there is refused before they are sent.
    pub(crate) fn spool(&self, path: &str) -> Result<SpoolWriter> {
        self.writable_path(path)?;
        self.said(self.room.workspace.spool())
    }

    /// Puts spooled bytes in their place.
    pub(crate) fn put(
        &self,
        path: &str,
        spooled: &Spooled,
        condition: &Condition,
        claim: &Claim,
    ) -> Result<Change> {
        let path = self.writable_path(path)?;
        self.allow_condition(&path, condition)?;
        let path = path.as_str();
        let created = self.sees(path).then(|| self.room.workspace.stat(path).is_err());
        let written =
            self.changed(path, condition, self.acting().put_with(path, spooled, condition, claim))?;
        Ok(Change { version: Some(written.version), seq: self.told(written.seq), created })
    }

    /// Writes a file.
    pub(crate) fn write(
        &self,
        path: &str,
        bytes: &[u8],
        condition: &Condition,
        claim: &Claim,
    ) -> Result<Change> {
        self.check_claim(claim)?;
        let mut spool = self.spool(path)?;
        spool.write_all(bytes).map_err(|error| no_room(&error))?;
        let spooled = self.said(spool.finish())?;
        self.put(path, &spooled, condition, claim)
    }

    /// Adds bytes at the end of a file, which is made if it is not there.
    pub(crate) fn append(&self, path: &str, bytes: &[u8], condition: &Condition) -> Result<Change> {
        let path = self.writable_path(path)?;
        self.allow_condition(&path, condition)?;
        let path = path.as_str();
        let created = self.sees(path).then(|| self.room.workspace.stat(path).is_err());
        let written = self.changed(path, condition, self.acting().append(path, bytes, condition))?;
        // The version of the whole would tell what was there before.
        let version = self.sees(path).then_some(written.version);
        Ok(Change { version, seq: self.told(written.seq), created })
    }

    /// Replaces some text of a file by other text; `trial` only says what would come of it.
    pub(crate) fn edit(
        &self,
        path: &str,
        edits: &[Edit],
        condition: &Condition,
        trial: bool,
    ) -> Result<Edited> {
        let path = self.changeable_path(path)?;
        let path = path.as_str();
        let edited = self.acting().edit(path, edits, condition, trial).map_err(|error| match condition {
            // It is the expected version, and the text to replace is not in it.
            Condition::Version(expected)
                if self.examine(path).is_ok_and(|opened| opened.version == *expected) =>
            {
                self.refused(&error).next(NextCall::Read { path: path.to_owned() })
            }
            _ => {
                self.changed::<()>(path, condition, Err(error)).err().unwrap_or_else(|| self.nothing_at(path))
            }
        })?;
        let version = Some(edited.version);
        let change = edited.seq.map(|seq| Change {
            version: version.clone(),
            seq: self.told(seq),
            created: Some(false),
        });
        Ok(Edited { diff: edited.diff, replaced: edited.replaced, version, change })
    }

    /// Makes a folder and those above it.
    pub(crate) fn make_folder(&self, path: &str) -> Result<Change> {
        let path = self.changeable_for(Doing::FolderMake, path)?;
        let made = self.changed(path.as_str(), &Condition::Any, self.acting().make_folder(path.as_str()))?;
        Ok(Change { created: Some(made), ..Change::default() })
    }

    /// Copies a file or folder to a path where nothing is.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<Change> {
        let from = self.readable_for(Doing::FileCopy, from)?;
        let to = self.changeable_for(Doing::FileCopy, to)?;
        let copied = self.acting().copy(from.as_str(), to.as_str());
        let seq = self.moved(&from, &to, &Condition::Any, copied)?;
        Ok(Change { seq: self.told(seq), created: Some(true), ..Change::default() })
    }

    /// Moves a file or folder to a path where nothing is.
    pub(crate) fn rename(&self, from: &str, to: &str, condition: &Condition) -> Result<Change> {
        let from = self.changeable_for(Doing::FileMove, from)?;
        let to = self.changeable_for(Doing::FileMove, to)?;
        let renamed = self.acting().rename_if(from.as_str(), to.as_str(), condition);
        let seq = self.moved(&from, &to, condition, renamed)?;
        Ok(Change { seq: self.told(seq), created: Some(true), ..Change::default() })
    }

    /// Removes a file; or a folder, with all in it if that is wanted.
    pub(crate) fn remove(&self, path: &str, condition: &Condition, with_contents: bool) -> Result<Change> {
        let path = self.changeable_for(Doing::FileRemove, path)?;
        let path = path.as_str();
        let workspace = self.acting();
        let entry = self.read(path, workspace.stat(path))?;
        let removed = match entry.kind {
            workroom::Kind::Folder if *condition != Condition::Any => {
                let detail = format!("`{path}` is a folder, which has no version");
                return Err(Refusal::new(Kind::PreconditionFailed, detail));
            }
            workroom::Kind::Folder => workspace.remove_folder(path, with_contents),
            _ => workspace.remove_if(path, condition),
        };
        let seq = self.changed(path, condition, removed)?;
        Ok(Change { seq: self.told(seq), ..Change::default() })
    }

    /// The tokens that it may know of, the newest first.
    pub(crate) fn tokens(&self) -> Result<Vec<Token>> {
        self.require_admin()?;
        self.room.tokens.list(&self.principal, now_ms()).map_err(|error| Refusal::of_custody(&error))
    }

    /// Makes a token that may no more than this principal.
    pub(crate) fn create_token(&self, new: NewToken) -> Result<Made> {
        self.require_admin()?;
        self.token_created(self.room.tokens.create(&self.principal, new, now_ms()))
    }

    /// Ends a token.
    pub(crate) fn revoke_token(&self, id: &str) -> Result<Token> {
        // What it does not administer it may not know of.
        if !self.tokens()?.iter().any(|token| token.id == id) {
            return Err(Refusal::new(Kind::NotFound, format!("there is no token `{id}`")));
        }
        self.token_ended(self.room.tokens.revoke(&self.principal, id, now_ms()))
    }

    fn require_admin(&self) -> Result<()> {
        if self.principal.paths(Right::Admin).is_empty() {
            let refusal = Refusal::forbidden(&self.principal, Right::Admin, "");
            return Err(self.denied(Doing::AdminLook, "", refusal));
        }
        Ok(())
    }

    /// A path that may be read: else nothing is there.
    fn readable_path(&self, path: &str) -> Result<DocPath> {
        self.readable_for(Doing::FileRead, path)
    }

    /// A path that may be written: else a right is missing if it may be read, and else nothing is there.
    fn writable_path(&self, path: &str) -> Result<DocPath> {
        self.writable_for(Doing::FileWrite, path)
    }

    /// A path that may be written where what is there has a share in the answer, so it must be readable too.
    fn changeable_path(&self, path: &str) -> Result<DocPath> {
        self.changeable_for(Doing::FileWrite, path)
    }

    /// Whether the principal may say so of what it writes. What a file was made of it must be able to read: else that it is there would be told.
    pub(crate) fn check_claim(&self, claim: &Claim) -> Result<()> {
        claim.check(&self.actor).map_err(|error| Refusal::of_custody(&error))?;
        for source in &claim.derived_from {
            let path = self.readable_path(source)?;
            self.read(path.as_str(), self.room.workspace.stat(path.as_str()))?;
        }
        Ok(())
    }

    /// Whether a write succeeds if a condition holds tells what is there.
    fn allow_condition(&self, path: &DocPath, condition: &Condition) -> Result<()> {
        if *condition == Condition::Any || self.sees(path.as_str()) {
            return Ok(());
        }
        let refusal = Refusal::forbidden(&self.principal, Right::Read, path.as_str());
        Err(self.denied(Doing::FileWrite, path.as_str(), refusal))
    }

    /// A folder that may be listed.
    fn shown_folder(&self, folder: &str) -> Result<String> {
        let folder = folder.strip_suffix('/').unwrap_or(folder);
        if is_root(folder) {
            return Ok(String::new());
        }
        let folder = clean(folder)?.to_string();
        if self.readable().shows_folder(&folder) {
            return Ok(folder);
        }
        Err(self.denied(Doing::FileList, &folder, self.nothing_at(&folder)))
    }
}

/// Entries to look through for the names most like one that is not there.
const MOST: usize = 1000;

fn is_root(path: &str) -> bool {
    matches!(path, "" | "." | "/")
}

/// A path as a caller writes it.
pub(crate) fn clean(path: &str) -> Result<DocPath> {
    DocPath::new(path.strip_prefix("./").unwrap_or(path)).map_err(|error| {
        Refusal::invalid(error.to_string())
            .hint("name a file by its path inside the workspace, such as `notes/today.md`")
    })
}

fn bare(entry: Entry) -> Entry {
    Entry { bytes: 0, modified_ms: 0, created_ms: None, links: 1, ..entry }
}

/// A spool that cannot be written.
pub(crate) fn no_room(error: &std::io::Error) -> Refusal {
    tracing::error!(%error, "bytes cannot be spooled");
    Refusal::new(Kind::Internal, "the bytes cannot be written").hint("the disk may be full")
}
