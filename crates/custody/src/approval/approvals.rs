//! The approvals of a workspace, shared by the threads of the process that owns it.
//!
//! Invariant: whoever waits sleeps, and is woken by the answer. What is asked for twice, because nobody heard the first answer, is done once.
//! Not here: what the records add up to (`table`).

use super::approval::{Answered, Approval, NewApproval, State, check_note};
use super::table::{Record, Table};
use crate::journal::{Format, Kept};
use crate::text::new_id;
use crate::{Actor, Error, Result};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

const FORMAT: Format = Format { kind: "approvals", version: 1 };
const FILE: &str = "approvals.journal";
/// Approvals of one principal that wait at once: more than anybody answers.
const MOST_OPEN: usize = 100;

/// All approvals of a workspace. To be shared by threads; of all processes, only the workspace's owner has them.
#[derive(Debug)]
pub struct Approvals {
    kept: Kept<Table>,
    /// How many were answered since this was opened, for those who wait.
    answers: Mutex<u64>,
    answered: Condvar,
}

impl Approvals {
    /// The approvals that are kept in `folder`. Reads nothing yet.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        let kept = Kept::at(&folder.join(FILE), FORMAT, Table::default());
        Self { kept, answers: Mutex::new(0), answered: Condvar::new() }
    }

    /// An id for an approval that is to be asked for.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn new_id() -> Result<String> {
        new_id("approval")
    }

    /// Asks for an approval, durable when this returns.
    ///
    /// # Errors
    /// [`Invalid`](Error::Invalid) when it makes no sense, its id is another's, or too many of this principal's wait; and when the journal cannot
    /// be read or written.
    pub fn ask(&self, new: NewApproval, by: &Actor, now_ms: i64) -> Result<Approval> {
        let approval = new.check(by, now_ms)?;
        let decide = |table: &Table| match table.get(&approval.id) {
            Some(there) if there.by == approval.by && there.title == approval.title => Ok(None),
            Some(_) => Err(Error::invalid(format!("the id `{}` is another's", approval.id))),
            None if table.n_open(&by.principal, now_ms) >= MOST_OPEN => Err(Error::invalid(format!(
                "{MOST_OPEN} approvals that `{}` asked for wait already",
                by.name
            ))),
            None => Ok(Some(Record::Asked(approval.clone()))),
        };
        self.kept.change(now_ms, decide, |table| found(table, &approval.id))?
    }

    /// Answers, durable when this returns, and wakes whoever waits for it.
    ///
    /// # Errors
    /// [`Denied`](Error::Denied) for the one who asked, but for the owner, who may everything; [`Invalid`](Error::Invalid) for what is no option,
    /// when it was answered otherwise, or its time has ended; [`Absent`](Error::Absent); and when the journal cannot be read or written.
    pub fn answer(
        &self,
        id: &str,
        option: &str,
        note: Option<&str>,
        by: &Actor,
        now_ms: i64,
    ) -> Result<Approval> {
        check_note(note)?;
        let decide = |table: &Table| {
            let approval = found(table, id)?;
            let is_again = |answer: &Answered| answer.option == option && answer.by == *by;
            if approval.answer.as_ref().is_some_and(is_again) {
                return Ok(None);
            }
            check_answer(&approval, option, by, now_ms)?;
            let (option, note, by) = (option.to_owned(), note.map(str::to_owned), by.clone());
            let answer = Answered { option, note, by, at_ms: now_ms };
            Ok(Some(Record::Answered { approval: id.to_owned(), answer }))
        };
        let answered = self.kept.change(now_ms, decide, |table| found(table, id))?;
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.answered.notify_all();
        answered
    }

    /// The approval of that id.
    ///
    /// # Errors
    /// [`Absent`](Error::Absent), and when the journal cannot be read.
    pub fn get(&self, id: &str) -> Result<Approval> {
        self.kept.look(|table| found(table, id))?
    }

    /// Those that `wanted` says yes to, the newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self, wanted: impl Fn(&Approval) -> bool) -> Result<Vec<Approval>> {
        let mut all: Vec<Approval> =
            self.kept.look(|table| table.all().filter(|approval| wanted(approval)).cloned().collect())?;
        all.sort_by(|a, b| b.at_ms.cmp(&a.at_ms).then_with(|| a.id.cmp(&b.id)));
        Ok(all)
    }

    /// Waits until an approval is answered, at most for `patience`. Returns it as it is then.
    ///
    /// # Errors
    /// As [`Approvals::get`].
    pub fn wait(&self, id: &str, patience: Duration) -> Result<Approval> {
        let began = Instant::now();
        loop {
            let seen = *self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            let approval = self.get(id)?;
            let left = patience.saturating_sub(began.elapsed());
            if approval.answer.is_some() || left.is_zero() {
                return Ok(approval);
            }
            let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            // An answer between the look and here has changed the number, and nobody sleeps over it.
            let slept = self.answered.wait_timeout_while(answers, left, |answers| *answers == seen);
            drop(slept.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

fn check_answer(approval: &Approval, option: &str, by: &Actor, now_ms: i64) -> Result<()> {
    if approval.by.principal == by.principal && !by.is_owner() {
        return Err(Error::denied("whoever asks for an approval cannot give it"));
    }
    match (approval.state(now_ms), &approval.answer) {
        (_, Some(answer)) => {
            return Err(Error::invalid(format!(
                "`{}` has answered `{}` already",
                answer.by.name, answer.option
            )));
        }
        (State::Expired, _) => {
            return Err(Error::invalid("its time has ended; whoever asked for it has to ask again"));
        }
        _ => {}
    }
    if approval.options.iter().any(|known| known == option) {
        return Ok(());
    }
    Err(Error::invalid(format!("`{option}` is no option; these are: {}", approval.options.join(", "))))
}

fn found(table: &Table, id: &str) -> Result<Approval> {
    table.get(id).cloned().ok_or_else(|| Error::Absent {
        what: format!("there is no approval `{id}`"),
        hint: "list the approvals: each has its id",
    })
}
