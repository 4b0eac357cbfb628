//! The parent's side: asks a child, and says in words what became of it.
//!
//! Invariant: a file is blamed only for what happens in a child of its own. When one that has served before ends without a reply, the file
//! is given to a fresh one. And a document is not lost to what it holds: when reading a mail's attachments ends the child, the mail is read
//! again without them.

use crate::confine::Confinement;
use crate::error::FenceError;
use crate::frame;
use crate::keeper;
use crate::limits::Limits;
use crate::pool::Pool;
use crate::program::Program;
use crate::request::{Parsed, Request};
use crate::verdict::{Cause, told_to_end, verdict};
use crate::wire::Reply;
use crate::worker::{Failure, Worker};
use extract::{Skip, parser_of};
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// How long a child may take to say its first word.
const START: Duration = Duration::from_secs(10);

/// A pool of child processes that parse files. One serves any number of threads; dropping it ends the children.
#[derive(Debug)]
pub struct Fence {
    pool: Arc<Pool>,
}

impl Fence {
    /// A fence whose children run `program`. Nothing is started before the first request.
    #[must_use]
    pub fn new(program: Program, limits: Limits) -> Self {
        Self { pool: Arc::new(Pool::new(program, limits)) }
    }

    /// Has a child parse a file, and waits for it: first in line while all children are busy, then until the time limit.
    ///
    /// The inner result is about the file, and the same file will give it again. That a parser crashed, hung or ran out of memory is
    /// [`Skip::Failed`].
    ///
    /// # Errors
    /// [`FenceError`] when no child can be started, or one is ended from outside; that is not the file's fault.
    pub fn parse(&self, request: &Request) -> Result<Outcome, FenceError> {
        let (bytes, limit) = (request.bytes.len(), frame::LONGEST as usize);
        if bytes > limit {
            return Ok(Err(Skip::TooLarge { bytes, limit }));
        }
        let cause = match self.attempt(request, Try::First)? {
            Ok(outcome) => return Ok(outcome),
            Err((Cause::Ended(_), true)) => match self.attempt(request, Try::Fresh)? {
                Ok(outcome) => return Ok(outcome),
                Err((cause, _)) => cause,
            },
            Err((cause, _)) => cause,
        };
        if let Some(signal) = told_to_end(&cause) {
            return Err(FenceError::Interrupted { signal });
        }
        let skip = verdict(parser_of(request.format).name, &cause, &self.pool.limits);
        tracing::debug!(format = request.format.name(), %skip, "a parser gave no reply");
        if request.format.is_container()
            && !request.options.list_only
            && let Ok(Ok(parsed)) = self.attempt(request, Try::ListOnly)?
        {
            return Ok(Ok(with_reason(parsed, &skip)));
        }
        Ok(Err(skip))
    }

    /// How the children are confined; `None` before the first one was started.
    #[must_use]
    pub fn confinement(&self) -> Option<Confinement> {
        self.pool.state().confinement
    }

    /// Asks one child. Without a reply, says why, and whether the child had served before.
    fn attempt(&self, request: &Request, how: Try) -> Result<Result<Outcome, (Cause, bool)>, FenceError> {
        let limits = &self.pool.limits;
        let mut turn = self.pool.turn();
        let used = turn.worker.take().filter(|_| how == Try::First);
        let was_used = used.is_some();
        let mut worker = match used {
            Some(worker) => worker,
            None => self.start()?,
        };
        let (reply, is_over) = self.pool.within(limits.time, &mut worker, |worker| {
            worker.exchange(request, how == Try::ListOnly, limits)
        });
        let cause = match reply {
            Ok(Reply { leaves, outcome }) => {
                if !leaves && !is_over && worker.n_served < limits.requests_per_child {
                    turn.worker = Some(worker);
                }
                return Ok(Ok(outcome));
            }
            Err(_) if is_over => Cause::Expired,
            Err(Failure::Garbage(why)) => Cause::Garbage(why),
            Err(Failure::Ended) => Cause::Ended(worker.end()),
        };
        Ok(Err((cause, was_used)))
    }

    /// A new child that is ready.
    fn start(&self) -> Result<Worker, FenceError> {
        let program = &self.pool.program.path;
        let failed = |source| FenceError::Start { program: program.clone(), source };
        let mut worker = keeper::order(&self.pool).map_err(failed)?;
        let (hello, is_over) = self.pool.within(START, &mut worker, |worker| worker.greet(&self.pool.limits));
        match hello {
            Ok(confinement) => {
                self.note(confinement);
                Ok(worker)
            }
            Err(_) if is_over => Err(failed(io::ErrorKind::TimedOut.into())),
            Err(Failure::Garbage(why)) => Err(FenceError::Incompatible { program: program.clone(), why }),
            Err(Failure::Ended) => {
                let ending = worker.end();
                let how = ending.status.map_or_else(|| "it ended".to_owned(), |status| status.to_string());
                let why = format!("{how} {}", ending.last_words.trim()).trim_end().to_owned();
                Err(FenceError::Incompatible { program: program.clone(), why })
            }
        }
    }

    fn note(&self, confinement: Confinement) {
        let before = self.pool.state().confinement.replace(confinement);
        if cfg!(target_os = "linux") && confinement < Confinement::Full && before.is_none() {
            tracing::warn!(
                "this system lets no filter for system calls be set; parsers run within limits only"
            );
        }
    }
}

/// What a child says of a file.
type Outcome = Result<Parsed, Skip>;

/// How a file is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Try {
    /// In whatever child is there.
    First,
    /// In a child of its own.
    Fresh,
    /// In a child of its own, without the documents that it holds.
    ListOnly,
}

/// The same, with one reason why the documents inside were not read.
fn with_reason(mut parsed: Parsed, skip: &Skip) -> Parsed {
    for part in &mut parsed.parts {
        part.outcome = Err(match skip {
            Skip::Failed { why } => {
                Skip::Failed { why: format!("{why}, while the documents inside were read") }
            }
            other => other.clone(),
        });
    }
    parsed
}

impl Drop for Fence {
    fn drop(&mut self) {
        keeper::stop(&self.pool);
    }
}
