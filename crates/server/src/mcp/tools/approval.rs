//! Approvals: an agent asks before it does something, and waits for a person's answer.
//!
//! Invariant: there is no tool to answer with: whoever asks cannot, and a model does not answer for a person.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::access::lease_time;
use crate::host::now_ms;
use crate::refusal::Result;
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use workroom::{Approval, Wish};

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "request_approval",
            "Ask for an approval",
            "Ask a person to approve something before you do it. Returns at once; wait_for_approval returns the answer. Name the files and \
             folders it is about in `paths`: who administers them answers.",
            (Effect::Adds, Needs::Something),
            |call, input: Request| request(call, &input),
        ),
        Action::new(
            "wait_for_approval",
            "Wait for an approval",
            "Wait until an approval you asked for is answered, up to 50 seconds; call it again while `state` is `open`. Do what was asked about \
             only if the answer says so.",
            (Effect::Reads, Needs::Something),
            |call, input: Wait| wait(call, &input),
        )
        .waiting(),
    ]
}

/// The most seconds that a call waits: less than clients do.
const MOST_WAIT: u64 = 50;
/// Seconds that a call waits where nothing is said.
const USUAL: u64 = 30;

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Request {
    /// What is to be approved, in a line.
    title: String,
    /// What there is to say besides: what will be done, and why.
    details: Option<String>,
    /// The files and folders that it is about, relative to the workspace; the whole workspace, if left out.
    #[serde(default)]
    paths: Vec<String>,
    /// What can be answered, 2 to 16 of them; `approve` and `reject`, if left out.
    #[serde(default)]
    options: Vec<String>,
    /// Seconds until it ends without an answer; a week, if left out.
    #[schemars(range(min = 60, max = 7_776_000))]
    expires_in: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Wait {
    /// The approval's id.
    id: String,
    /// Seconds to wait, 0 to 50; 30, if left out.
    #[schemars(range(min = 0, max = 50))]
    seconds: Option<u64>,
}

/// An approval.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// Its id.
    id: String,
    /// `open`, `answered` or `expired`.
    state: String,
    /// What was answered: one of the options.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    /// What was said with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Who answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// When it ends without an answer, RFC 3339.
    expires: String,
}

impl From<&Approval> for Output {
    fn from(approval: &Approval) -> Self {
        let answer = approval.answer.as_ref();
        Self {
            id: approval.id.clone(),
            state: approval.state(now_ms()).name().to_owned(),
            answer: answer.map(|answer| answer.option.clone()),
            note: answer.and_then(|answer| answer.note.clone()),
            by: answer.map(|answer| answer.by.name.clone()),
            expires: lease_time(approval.expires_ms),
        }
    }
}

impl Output {
    fn text(&self) -> String {
        let note = self.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        match (&self.answer, &self.by) {
            (Some(answer), Some(by)) => format!("`{by}` answered `{answer}`{note}"),
            _ if self.state == "open" => format!("{} waits for an answer until {}", self.id, self.expires),
            _ => format!("{} ended without an answer", self.id),
        }
    }
}

fn request(call: &Call<'_>, input: &Request) -> Result<Reply<Output>> {
    let paths = input.paths.iter().map(|path| path::folder(call.access, path)).collect::<Result<_>>()?;
    let usual = Wish::new(input.title.clone());
    let wish = Wish {
        details: input.details.clone(),
        paths,
        options: input.options.clone(),
        seconds: input.expires_in.unwrap_or(usual.seconds),
        ..usual
    };
    let output = Output::from(&call.access.ask_approval(&wish)?);
    Ok(Reply::new(output.text(), output))
}

fn wait(call: &Call<'_>, input: &Wait) -> Result<Reply<Output>> {
    let wait = Duration::from_secs(input.seconds.unwrap_or(USUAL).min(MOST_WAIT));
    let output = Output::from(&call.access.approval(&input.id, wait, call.cancel)?);
    Ok(Reply::new(output.text(), output))
}
