//! Ownership, handed over by an agent that has set a workspace up.
//!
//! Invariant: there is no tool to take ownership with: that is for a person, by the command line or HTTP.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::access::lease_time;
use crate::refusal::{Refusal, Result};
use custody::{NewTransfer, Rights};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) fn actions() -> Vec<Action> {
    vec![Action::new(
        "create_transfer",
        "Hand the workspace over",
        "Make a claim by which a person becomes the owner of this workspace. Give it to that person and to nobody else; it is shown this once and \
         good for three days. As soon as it is taken, you are left with what `keeps` says and nothing else.",
        (Effect::Adds, Needs::Everything),
        |call, input: Create| create(call, &input),
    )]
}

/// Something that can be kept.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum Right {
    /// See files.
    Read,
    /// Change files.
    Write,
    /// Grant rights to others; holds the other two.
    Admin,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Kept {
    /// A file, or a folder with everything below it; the empty path is the whole workspace.
    path: String,
    /// What you may there.
    #[schemars(length(min = 1, max = 3))]
    rights: Vec<Right>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Create {
    /// What you are left with; nothing, if left out: then your token ends.
    #[serde(default)]
    keeps: Vec<Kept>,
    /// Whether the tokens that you made go over to the new owner; else they end.
    #[serde(default)]
    pass_tokens: bool,
}

#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Output {
    /// Names the offer in lists.
    id: String,
    /// What the new owner is to show.
    claim: String,
    /// When it ends, RFC 3339.
    expires: String,
}

fn create(call: &Call<'_>, input: &Create) -> Result<Reply<Output>> {
    let keeps = input.keeps.iter().map(|kept| {
        let rights = kept.rights.iter().map(|right| match right {
            Right::Read => custody::Right::Read,
            Right::Write => custody::Right::Write,
            Right::Admin => custody::Right::Admin,
        });
        let path = path::folder(call.access, &kept.path)?;
        custody::Grant::new(&path, Rights::of(rights)).map_err(|error| Refusal::of_custody(&error))
    });
    let new = NewTransfer { keeps: keeps.collect::<Result<Vec<_>>>()?, passes_tokens: input.pass_tokens };
    let offered = call.access.offer_ownership(new)?;
    let claim = offered.secret.reveal().to_owned();
    let output = Output { id: offered.transfer.id, expires: lease_time(offered.transfer.expires_ms), claim };
    let text = format!(
        "claim (shown this once, good until {}): {}\nIts holder takes the workspace over with `workroom transfer claim`, or with \
         POST /v1/claims {{\"claim\": ..., \"name\": ...}}",
        output.expires, output.claim
    );
    Ok(Reply::new(text, output))
}
