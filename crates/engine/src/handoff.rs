//! Handing over: comments, approvals and ownership, between agents and people.
//!
//! Invariant: a comment is on a passage that stood in the file when it was made, and says whether it still does. What was handed over is told to the
//! audit log also when its process ended before it said so.
//! Not here: how it is kept (`custody`), who may do what (`server`), waiting across processes (`workroom`).

use crate::audit::{Act, Doing};
use crate::files::own_path;
use crate::layout::Layout;
use crate::provenance::now_ms;
use crate::{Engine, Error, ErrorKind, Result};
use corpus::{DocPath, PathSet};
use custody::approval::{Approval, Approvals, NewApproval};
use custody::comment::{Comment, Comments, NewComment, Stretch};
use custody::events::NewEvent;
use custody::{Actor, Tokens, Transfer, Via};
use files::Kind;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Whether a comment still holds of what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The file is the very version that it was made on.
    Current,
    /// The file has changed, and the passage still stands in it, word for word.
    Kept,
    /// The file has changed, and the passage with it.
    Changed,
    /// Nothing is there any more.
    Gone,
}

/// A comment, and whether it still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commented {
    /// The comment.
    pub comment: Comment,
    /// Whether it still holds.
    pub standing: Standing,
    /// Where the passage stands now, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<Stretch>,
}

/// What is handed over between those who use a workspace.
pub(crate) struct Handoff {
    comments: Comments,
    approvals: Arc<Approvals>,
    tokens: Tokens,
    /// Held while it is told that ownership has changed hands.
    telling: Mutex<()>,
}

impl Handoff {
    pub(crate) fn at(layout: &Layout) -> Self {
        let folder = layout.dir().join(custody::FOLDER);
        let approvals = Arc::new(Approvals::at(&folder));
        Self {
            comments: Comments::at(&folder),
            approvals,
            tokens: Tokens::at(&folder),
            telling: Mutex::default(),
        }
    }

    /// Lets comments follow what was moved. It is moved all the same where that fails.
    pub(crate) fn moved(&self, from: &DocPath, to: &DocPath) {
        if let Err(error) = self.comments.moved(from, to, now_ms()) {
            tracing::warn!(%error, %from, "the comments on what was moved stay where it was");
        }
    }
}

/// A document's text as it is now.
struct Text {
    /// With where each begins; none where the index does not know the file as it is.
    chunks: Vec<(u32, String)>,
    /// The file itself, if it is text.
    bytes: Option<String>,
}

impl Text {
    /// Where a passage stands; nowhere known, where only the file itself says that it does.
    fn find(&self, quote: &str) -> Option<Option<Stretch>> {
        let in_chunk = |(start, text): &(u32, String)| stretch(*start, text.find(quote)?, quote.len());
        let found = self.chunks.iter().find_map(in_chunk);
        let in_file = || self.bytes.as_ref().is_some_and(|bytes| bytes.contains(quote));
        found.map(Some).or_else(|| in_file().then_some(None))
    }

    /// What stands at a place.
    fn at(&self, place: Stretch) -> Option<&str> {
        self.chunks.iter().find_map(|(start, text)| {
            let from = place.start_byte.checked_sub(*start)? as usize;
            let to = place.end_byte.checked_sub(*start)? as usize;
            text.get(from..to)
        })
    }
}

fn stretch(start: u32, offset: usize, length: usize) -> Option<Stretch> {
    let start_byte = start.checked_add(u32::try_from(offset).ok()?)?;
    Some(Stretch { start_byte, end_byte: start_byte.checked_add(u32::try_from(length).ok()?)? })
}

/// The event that says that ownership has changed hands.
const OWNER_TRANSFERRED: &str = "owner.transferred";

/// What was agreed on when ownership was handed over, in words.
fn agreed(transfer: &Transfer) -> String {
    let keeps: Vec<String> = transfer.keeps.iter().map(ToString::to_string).collect();
    let keeps = match keeps.is_empty() {
        // Whoever can use the folder's files stays its owner.
        true if transfer.created_by == custody::OWNER => "what an owner has".to_owned(),
        true => "nothing".to_owned(),
        false => keeps.join(", "),
    };
    format!("transfer {} by {}, who keeps {keeps}", transfer.id, transfer.created_by)
}

/// Files that are searched for a passage past the index are no larger.
const LARGEST: u64 = 8 << 20;

impl Engine {
    /// Makes a comment, durable when this returns. What it leaves out is filled in: the version, the passage at its range, the range of its passage.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing is at its path; [`Invalid`](ErrorKind::Invalid) when it makes no sense, or its passage does not
    /// stand in the version that it names, if that is the one that is there.
    pub fn add_comment(&self, new: &NewComment, by: &Actor) -> Result<Commented> {
        let new = self.completed(new.clone())?;
        let comment = self.handoff.comments.add(new, by, now_ms()).map_err(said)?;
        self.told_comment(Doing::CommentAdd, &comment, by);
        self.tell(
            NewEvent::new("comment.added").at(&comment.path).by(by).with("comment", comment.id.as_str()),
        );
        Ok(self.standing_of(comment, &mut HashMap::new()))
    }

    /// Says something to a comment, durable when this returns.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none of that id; [`Invalid`](ErrorKind::Invalid) when it makes no sense.
    pub fn reply_to_comment(&self, comment: &str, id: &str, text: &str, by: &Actor) -> Result<Commented> {
        let comment = self.handoff.comments.reply(comment, id, text, by, now_ms()).map_err(said)?;
        self.told_comment(Doing::CommentAdd, &comment, by);
        let told = NewEvent::new("comment.added").at(&comment.path).by(by);
        self.tell(told.with("comment", comment.id.as_str()).with("reply", id));
        Ok(self.standing_of(comment, &mut HashMap::new()))
    }

    /// Resolves a comment: it needs nobody's attention any more.
    ///
    /// # Errors
    /// As [`Engine::reply_to_comment`].
    pub fn resolve_comment(&self, comment: &str, by: &Actor) -> Result<Commented> {
        let comment = self.handoff.comments.resolve(comment, by, now_ms()).map_err(said)?;
        self.told_comment(Doing::CommentClose, &comment, by);
        Ok(self.standing_of(comment, &mut HashMap::new()))
    }

    /// The comment of that id.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub fn comment(&self, id: &str) -> Result<Commented> {
        let comment = self.handoff.comments.get(id).map_err(said)?;
        Ok(self.standing_of(comment, &mut HashMap::new()))
    }

    /// The comments `within`, the newest first: on `path` and what lies below it, if one is named; resolved ones too, if they are wanted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn comments(&self, path: Option<&str>, resolved: bool, within: &PathSet) -> Result<Vec<Commented>> {
        let path = path.map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty());
        let place = path.map(own_path).transpose()?.map(|place| PathSet::under([place.as_str()]));
        let is_wanted = |comment: &Comment| {
            (resolved || comment.resolved.is_none())
                && place.as_ref().is_none_or(|place| place.contains(&comment.path))
                && (within.is_all() || within.contains(&comment.path))
        };
        let comments = self.handoff.comments.list(is_wanted).map_err(said)?;
        let mut known = HashMap::new();
        Ok(comments.into_iter().map(|comment| self.standing_of(comment, &mut known)).collect())
    }

    /// Asks for an approval, durable when this returns.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when it makes no sense, or too many wait.
    pub fn ask_approval(&self, new: &NewApproval, by: &Actor) -> Result<Approval> {
        let approval = self.handoff.approvals.ask(new.clone(), by, now_ms()).map_err(said)?;
        self.told_approval(Doing::ApprovalAsk, "approval.requested", &approval, by);
        Ok(approval)
    }

    /// Answers an approval, durable when this returns, and lets whoever waits for it go on.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Invalid`](ErrorKind::Invalid) for what is no option, when it was answered otherwise or its time has ended,
    /// and for whoever asked for it.
    pub fn answer_approval(
        &self,
        id: &str,
        option: &str,
        note: Option<&str>,
        by: &Actor,
    ) -> Result<Approval> {
        let approval = self.handoff.approvals.answer(id, option, note, by, now_ms()).map_err(said)?;
        self.told_approval(Doing::ApprovalAnswer, "approval.answered", &approval, by);
        Ok(approval)
    }

    /// The approval of that id.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub fn approval(&self, id: &str) -> Result<Approval> {
        self.handoff.approvals.get(id).map_err(said)
    }

    /// All approvals that are known, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn approvals(&self) -> Result<Vec<Approval>> {
        self.handoff.approvals.list(|_| true).map_err(said)
    }

    /// The approvals, for whoever waits longer than the engine may be kept open.
    #[must_use]
    pub fn awaited_approvals(&self) -> Arc<Approvals> {
        Arc::clone(&self.handoff.approvals)
    }

    /// Tells the audit log, and whoever listens, of ownership that has changed hands and that they do not know of yet.
    ///
    /// # Errors
    /// When the tokens cannot be read, or the disk refuses.
    pub fn tell_transfers(&self) -> Result<()> {
        // One after the other: each looks what was told before.
        let _telling = self.handoff.telling.lock().unwrap_or_else(PoisonError::into_inner);
        for (transfer, token) in self.handoff.tokens.untold(now_ms()).map_err(said)? {
            let (principal, name) = token.map_or_else(
                || (transfer.claimed_by.clone().unwrap_or_default(), String::new()),
                |token| (token.id, token.name),
            );
            let by =
                Actor { principal, name, via: transfer.claimed_via.unwrap_or(Via::Library), client: None };
            self.tell_transfer(&transfer, &by)?;
            self.handoff.tokens.told(&transfer.id).map_err(said)?;
        }
        Ok(())
    }

    /// Tells of one, but for what an owner that ended has told already.
    fn tell_transfer(&self, transfer: &Transfer, by: &Actor) -> Result<()> {
        let is_noted = self.is_noted("owner.transfer", &by.principal)?;
        if !is_noted {
            self.note_durably(Act::new(Doing::OwnerTransfer, by.clone()).saying(agreed(transfer)))?;
        }
        if !is_noted || !self.is_told(OWNER_TRANSFERRED, "transfer", &transfer.id)? {
            let told = NewEvent::new(OWNER_TRANSFERRED).by(by).with("transfer", transfer.id.as_str());
            self.tell(told.with("from", transfer.created_by.as_str()));
        }
        Ok(())
    }

    /// As [`Engine::tell_transfers`], of what an owner left that is gone. It is tried again when the workspace is opened next.
    pub(crate) fn tell_left_transfers(&self) {
        if let Err(error) = self.tell_transfers() {
            tracing::error!(%error, "that ownership has changed hands is not in the audit log yet");
        }
    }

    /// The comment with what it leaves out, if it stands on what is there.
    fn completed(&self, new: NewComment) -> Result<NewComment> {
        let place = new.path.trim_end_matches('/');
        if place.is_empty() || place == "." {
            return on_folder(NewComment { path: String::new(), ..new });
        }
        let path = own_path(place)?;
        let new = NewComment { path: path.to_string(), ..new };
        match self.look(self.folder.files.stat(&path))?.kind {
            Kind::File => {}
            Kind::Folder => return on_folder(new),
            _ => return Err(Error::new(ErrorKind::Invalid, format!("`{path}` is no file"))),
        }
        let now = self.version_now(&path)?;
        let is_current = new.version.as_ref().is_none_or(|version| *version == now);
        let new = NewComment { version: Some(new.version.unwrap_or(now)), ..new };
        if !is_current || (new.range.is_none() && new.quote.is_none()) {
            return Ok(new);
        }
        let text = self.text_of(&path);
        placed(new, &text)
    }

    fn standing_of(&self, comment: Comment, known: &mut HashMap<String, Option<String>>) -> Commented {
        let path = DocPath::new(&comment.path).ok();
        let is_there = path.as_ref().is_none_or(|path| self.folder.files.stat(path).is_ok());
        let (Some(path), Some(version), true) = (path, &comment.version, is_there) else {
            let standing = if is_there { Standing::Current } else { Standing::Gone };
            return Commented { comment, standing, now: None };
        };
        let now = known.entry(comment.path.clone()).or_insert_with(|| self.version_now(&path).ok());
        if now.as_ref() == Some(version) {
            let now = comment.range;
            return Commented { comment, standing: Standing::Current, now };
        }
        let found = comment.quote.as_ref().and_then(|quote| self.text_of(&path).find(quote));
        let standing = if found.is_some() { Standing::Kept } else { Standing::Changed };
        Commented { comment, standing, now: found.flatten() }
    }

    /// The version of a file as it is: the index's, where that is known to be the same.
    fn version_now(&self, path: &DocPath) -> Result<String> {
        let snapshot = self.index.documents();
        match snapshot.doc(path) {
            Some(doc) if self.freshness(&snapshot, doc) == Some(true) => Ok(doc.hash.to_string()),
            _ => self.folder.version(path.as_str()),
        }
    }

    fn text_of(&self, path: &DocPath) -> Text {
        let shown = self.show(path.as_str(), &PathSet::all()).ok().filter(|shown| shown.fresh);
        let chunks = shown.into_iter().flat_map(|shown| shown.chunks);
        let chunks = chunks.map(|chunk| (chunk.start_byte, chunk.text)).collect();
        let is_small = self.folder.files.stat(path).is_ok_and(|entry| entry.bytes <= LARGEST);
        let bytes = if is_small { self.folder.read(path.as_str()).ok() } else { None };
        Text { chunks, bytes: bytes.and_then(|bytes| String::from_utf8(bytes).ok()) }
    }

    fn told_comment(&self, doing: Doing, comment: &Comment, by: &Actor) {
        let act = Act::new(doing, by.clone()).saying(format!("comment {}", comment.id));
        self.note(if comment.path.is_empty() { act } else { act.on(comment.path.as_str()) });
    }

    fn told_approval(&self, doing: Doing, kind: &str, approval: &Approval, by: &Actor) {
        let answer = approval.answer.as_ref().map(|answer| answer.option.as_str());
        let said = answer.map(|option| format!(": {option}")).unwrap_or_default();
        for path in &approval.paths {
            let act = Act::new(doing, by.clone()).saying(format!("approval {}{said}", approval.id));
            self.note(if path.is_empty() { act } else { act.on(path.as_str()) });
            // The title may say something of the other paths, which not everybody sees who sees this one.
            let told = NewEvent::new(kind).at(path.as_str()).by(by).with("approval", approval.id.as_str());
            self.tell(told);
        }
    }
}

/// A comment on a folder is on the whole of it.
fn on_folder(new: NewComment) -> Result<NewComment> {
    if new.version.is_none() && new.range.is_none() && new.quote.is_none() {
        return Ok(new);
    }
    Err(Error::new(ErrorKind::Invalid, "a folder has no version and no text; comment on it as a whole"))
}

/// A comment on a passage of what is there: range and passage belong together.
fn placed(new: NewComment, text: &Text) -> Result<NewComment> {
    let stands = |range: Stretch| text.at(range).map(str::to_owned);
    match (new.range, &new.quote) {
        (Some(range), None) => {
            let quote = stands(range).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "the file has no such range in one of its chunks")
                    .hint("give the passage itself, as it stands there")
            })?;
            Ok(NewComment { quote: Some(quote), ..new })
        }
        (Some(range), Some(quote)) if stands(range).as_deref() == Some(quote.as_str()) => Ok(new),
        (_, Some(quote)) => match text.find(quote) {
            Some(range) => Ok(NewComment { range, ..new }),
            None => Err(Error::new(ErrorKind::Invalid, "the passage does not stand in the file")
                .hint("give it word for word, as it stands there, or comment on the whole file")),
        },
        (None, None) => Ok(new),
    }
}

/// Damage here is no damage of the index: opening that again mends nothing.
fn said(error: custody::Error) -> Error {
    use custody::ErrorKind as Kind;
    let hint = match error.kind() {
        Kind::Damaged | Kind::Incompatible => {
            "put the file back from a copy, or move it away: what it held is then forgotten"
        }
        Kind::Invalid => return error.into(),
        _ => error.hint(),
    };
    let kind = match error.kind() {
        Kind::NotFound => ErrorKind::NotFound,
        Kind::Denied => ErrorKind::Invalid,
        Kind::Locked => ErrorKind::Timeout,
        _ => ErrorKind::Io,
    };
    Error::new(kind, error.to_string()).hint(hint)
}
