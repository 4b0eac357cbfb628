//! Comments, approvals and ownership of a workspace, whoever owns it.
//!
//! Invariant: what is asked of a second owner because the first one went away is done once: whoever asks has named it. Whoever waits keeps no engine
//! open.
//! Not here: how it is kept (`custody`), what a comment stands on (`engine`), who may do what (`server`).

use crate::Workspace;
use crate::message::Request;
use crate::owner::Owner;
use engine::{
    Act, Approval, Approvals, Commented, Comments, Error, ErrorKind, NewApproval, NewComment, PathSet,
    Result, Stretch,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a client wants of what is handed over.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Handoff {
    Comment(NewComment),
    Reply {
        comment: String,
        id: String,
        text: String,
    },
    Resolve {
        comment: String,
    },
    GetComment {
        id: String,
    },
    Comments {
        path: Option<String>,
        resolved: bool,
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    AskApproval(NewApproval),
    AnswerApproval {
        id: String,
        option: String,
        note: Option<String>,
    },
    GetApproval {
        id: String,
    },
    AwaitApproval {
        id: String,
        wait_ms: u64,
    },
    Approvals,
    TellTransfers,
}

/// One who waits looks so often whether it still wants to, and whether the owner is still one.
const LOOK: Duration = Duration::from_secs(1);

impl Handoff {
    /// Does it, as the owner.
    pub(crate) fn done(&self, owner: &Owner, act: &Act) -> Result<Value> {
        match self {
            Self::Comment(new) => json(owner.with(|engine| engine.add_comment(new, &act.by))),
            Self::Reply { comment, id, text } => {
                json(owner.with(|engine| engine.reply_to_comment(comment, id, text, &act.by)))
            }
            Self::Resolve { comment } => json(owner.with(|engine| engine.resolve_comment(comment, &act.by))),
            Self::GetComment { id } => json(owner.with(|engine| engine.comment(id))),
            Self::Comments { path, resolved, within } => {
                json(owner.with(|engine| engine.comments(path.as_deref(), *resolved, within)))
            }
            Self::AskApproval(new) => json(owner.with(|engine| engine.ask_approval(new, &act.by))),
            Self::AnswerApproval { id, option, note } => {
                json(owner.with(|engine| engine.answer_approval(id, option, note.as_deref(), &act.by)))
            }
            Self::GetApproval { id } => json(owner.with(|engine| engine.approval(id))),
            Self::AwaitApproval { id, wait_ms } => {
                json(owner.await_approval(id, Duration::from_millis(*wait_ms)))
            }
            Self::Approvals => json(owner.with(|engine| engine.approvals())),
            Self::TellTransfers => json(owner.with(|engine| engine.tell_transfers())),
        }
    }
}

fn json<T: Serialize>(result: Result<T>) -> Result<Value> {
    serde_json::to_value(result?).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
}

impl Owner {
    /// Waits for an answer, without keeping the engine open.
    fn await_approval(&self, id: &str, wait: Duration) -> Result<Approval> {
        let approvals = self.with(|engine| {
            // What is not there is refused in the words of the engine.
            engine.approval(id)?;
            Ok(engine.awaited_approvals())
        })?;
        Ok(approvals.wait(id, wait.min(LOOK))?)
    }
}

impl Workspace {
    /// Makes a comment on a file or folder, or on a passage of a file, durable when this returns. What `about` leaves out is filled in: the version,
    /// the passage at its range, the range of its passage.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when nothing is at its path; [`Invalid`](ErrorKind::Invalid) when it makes no sense, or its passage does not
    /// stand in the version that it names, if that is the one that is there.
    pub fn comment(&self, about: &About, text: &str) -> Result<Commented> {
        let new = NewComment {
            id: Comments::new_id()?,
            path: about.path.clone(),
            version: about.version.clone(),
            range: about.range,
            quote: about.quote.clone(),
            text: text.to_owned(),
        };
        self.hand_off(&Handoff::Comment(new))
    }

    /// Says something to a comment.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) when there is none of that id; [`Invalid`](ErrorKind::Invalid) when it makes no sense.
    pub fn reply_to_comment(&self, comment: &str, text: &str) -> Result<Commented> {
        let (comment, text) = (comment.to_owned(), text.to_owned());
        self.hand_off(&Handoff::Reply { comment, id: Comments::new_reply_id()?, text })
    }

    /// Resolves a comment: it needs nobody's attention any more. Resolving one again changes nothing.
    ///
    /// # Errors
    /// As [`Workspace::reply_to_comment`].
    pub fn resolve_comment(&self, comment: &str) -> Result<Commented> {
        self.hand_off(&Handoff::Resolve { comment: comment.to_owned() })
    }

    /// The comment of that id.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub fn comment_of(&self, id: &str) -> Result<Commented> {
        self.hand_off(&Handoff::GetComment { id: id.to_owned() })
    }

    /// The comments `within`, the newest first: on `path` and what lies below it, if one is named; resolved ones too, if they are wanted.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn comments(&self, path: Option<&str>, resolved: bool, within: &PathSet) -> Result<Vec<Commented>> {
        let (path, within) = (path.map(str::to_owned), within.clone());
        self.hand_off(&Handoff::Comments { path, resolved, within })
    }

    /// Asks for an approval, durable when this returns. Whoever administers all its paths can answer it, but not who asked.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when it makes no sense, or too many wait.
    pub fn ask_approval(&self, wish: &Wish) -> Result<Approval> {
        let wish = wish.clone();
        self.hand_off(&Handoff::AskApproval(NewApproval {
            id: Approvals::new_id()?,
            title: wish.title,
            details: wish.details,
            paths: wish.paths,
            options: wish.options,
            seconds: wish.seconds,
        }))
    }

    /// Answers an approval, durable when this returns, and lets whoever waits for it go on.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound); [`Invalid`](ErrorKind::Invalid) for what is no option, when it was answered otherwise or its time has ended,
    /// and for whoever asked for it.
    pub fn answer_approval(&self, id: &str, option: &str, note: Option<&str>) -> Result<Approval> {
        let (id, option, note) = (id.to_owned(), option.to_owned(), note.map(str::to_owned));
        self.hand_off(&Handoff::AnswerApproval { id, option, note })
    }

    /// The approval of that id.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub fn approval(&self, id: &str) -> Result<Approval> {
        self.hand_off(&Handoff::GetApproval { id: id.to_owned() })
    }

    /// Waits for the answer to an approval, at most so long. Returns it as it is then: answered, or not.
    ///
    /// # Errors
    /// As [`Workspace::approval`].
    pub fn await_approval(&self, id: &str, wait: Duration) -> Result<Approval> {
        self.await_approval_until(id, wait, &AtomicBool::new(false))
    }

    /// As [`Workspace::await_approval`], and no longer than until `cancel` becomes true.
    ///
    /// # Errors
    /// As [`Workspace::approval`].
    pub fn await_approval_until(&self, id: &str, wait: Duration, cancel: &AtomicBool) -> Result<Approval> {
        let until = Instant::now().checked_add(wait);
        loop {
            let left = until.map_or(LOOK, |until| until.saturating_duration_since(Instant::now()));
            let nap = if cancel.load(Ordering::Relaxed) { Duration::ZERO } else { left.min(LOOK) };
            let wait_ms = u64::try_from(nap.as_millis()).unwrap_or(u64::MAX);
            let approval: Approval = self.hand_off(&Handoff::AwaitApproval { id: id.to_owned(), wait_ms })?;
            if approval.answer.is_some() || wait_ms == 0 {
                return Ok(approval);
            }
        }
    }

    /// All approvals that are known, the newest first; those that have ended for ninety days too.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn approvals(&self) -> Result<Vec<Approval>> {
        self.hand_off(&Handoff::Approvals)
    }

    /// Tells the audit log, and whoever listens, of ownership that has changed hands: to be called by whoever took it, and done by the next owner if
    /// that is not to be.
    ///
    /// # Errors
    /// When the tokens cannot be read, or the disk refuses.
    pub fn tell_transfers(&self) -> Result<()> {
        self.hand_off(&Handoff::TellTransfers)
    }

    fn hand_off<T: serde::de::DeserializeOwned>(&self, wanted: &Handoff) -> Result<T> {
        let request = || Request::Handoff(wanted.clone());
        let value: Value = self.change(request, |owner, act| wanted.done(owner, act))?;
        let misread = |error: serde_json::Error| Error::new(ErrorKind::Incompatible, error.to_string());
        serde_json::from_value(value).map_err(misread)
    }
}

/// What a comment is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The file or folder; the empty path is the workspace.
    pub path: String,
    /// The version of the file that the writer has looked at; the one that is there, if absent.
    pub version: Option<String>,
    /// The passage, by its place in the document's text, as hits give it.
    pub range: Option<Stretch>,
    /// The passage, word for word.
    pub quote: Option<String>,
}

impl About {
    /// The whole of a file or folder.
    pub fn whole(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    /// A passage of a file.
    pub fn passage(path: impl Into<String>, quote: impl Into<String>) -> Self {
        Self { path: path.into(), quote: Some(quote.into()), ..Self::default() }
    }
}

/// An approval that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// What is to be approved, in a line.
    pub title: String,
    /// What there is to say besides.
    pub details: Option<String>,
    /// The files and folders that it is about; none for the whole workspace.
    pub paths: Vec<String>,
    /// What can be answered; `approve` and `reject`, if empty.
    pub options: Vec<String>,
    /// Seconds until it ends without an answer: a minute to ninety days.
    pub seconds: u64,
}

impl Wish {
    /// Something to be approved or rejected within a week.
    pub fn new(title: impl Into<String>) -> Self {
        let (details, paths, options) = (None, Vec::new(), Vec::new());
        Self { title: title.into(), details, paths, options, seconds: 7 * 86_400 }
    }
}
