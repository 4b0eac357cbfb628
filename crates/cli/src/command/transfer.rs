//! `workroom transfer`: the workspace, handed over to somebody else.

use super::token::{exact, time};
use crate::args::{Args, Transfer as Which};
use crate::failure::Failure;
use crate::output::{Out, clean};
use crate::place;
use custody::{Claimed, Grant, NewTransfer, OWNER, Offered, Principal, Tokens, Transfer, Via};
use jiff::Timestamp;
use serde::Serialize;
use std::io::Read;
use workroom::{Actor, AuditAct, Doing, WORKROOM_DIR, Workspace};

pub(super) fn run(args: &Args, which: &Which) -> Result<(), Failure> {
    let workspace = place::open(args)?;
    let tokens = Tokens::at(&workspace.root().join(WORKROOM_DIR).join(custody::FOLDER));
    let now_ms = Timestamp::now().as_millisecond();
    match which {
        Which::Create { json } => create(&workspace, &tokens, *json, now_ms),
        Which::List { json } => list(&tokens, *json, now_ms),
        Which::Revoke { id, json } => {
            let found = tokens.retract(&Principal::owner(), id, now_ms)?;
            note(&workspace, Doing::OwnerWithdraw, id)?;
            let mut out = Out::new();
            if *json {
                out.json(&Json::of(&found))?;
            } else {
                out.whole(&format!("{id} is {} and cannot be taken", found.state.name()))?;
            }
            Ok(out.flush()?)
        }
        Which::Claim { name, json } => claim(&workspace, &tokens, name, *json, now_ms),
    }
}

/// An offer as JSON.
#[derive(Serialize)]
struct Json<'a> {
    id: &'a str,
    state: &'static str,
    created: String,
    created_by: &'a str,
    expires: String,
    keeps: &'a [Grant],
    pass_tokens: bool,
    claimed_by: Option<&'a str>,
    ended: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
}

impl<'a> Json<'a> {
    fn of(transfer: &'a Transfer) -> Self {
        Self {
            id: &transfer.id,
            state: transfer.state.name(),
            created: exact(transfer.created_ms),
            created_by: &transfer.created_by,
            expires: exact(transfer.expires_ms),
            keeps: &transfer.keeps,
            pass_tokens: transfer.passes_tokens,
            claimed_by: transfer.claimed_by.as_deref(),
            ended: transfer.ended_ms.map(exact),
            claim: None,
        }
    }
}

fn note(workspace: &Workspace, doing: Doing, id: &str) -> Result<(), Failure> {
    let act = AuditAct::new(doing, Actor::owner(Via::Cli)).saying(format!("transfer {id}"));
    Ok(workspace.note_now(act)?)
}

fn create(workspace: &Workspace, tokens: &Tokens, json: bool, now_ms: i64) -> Result<(), Failure> {
    // Whoever types this can use the folder's files, and still can when somebody has taken the offer: there is nothing to keep.
    let Offered { transfer, secret } = tokens.offer(&Principal::owner(), NewTransfer::default(), now_ms)?;
    note(workspace, Doing::OwnerOffer, &transfer.id)?;
    let mut out = Out::new();
    if json {
        out.json(&Json { claim: Some(secret.reveal()), ..Json::of(&transfer) })?;
        return Ok(out.flush()?);
    }
    out.whole(&format!("made the offer {}, good until {}", transfer.id, time(transfer.expires_ms)))?;
    out.whole(&format!("\n{}\n", secret.reveal()))?;
    out.whole("This is its claim, shown this once. Whoever has it takes the workspace over")?;
    out.whole("  over HTTP        POST /v1/claims with {\"claim\": CLAIM, \"name\": NAME}")?;
    out.whole("  on this machine  workroom transfer claim NAME, with the claim as standard input")?;
    out.whole("Whoever can use the folder's files stays an owner, too: move it, or change whose it is.")?;
    Ok(out.flush()?)
}

fn list(tokens: &Tokens, json: bool, now_ms: i64) -> Result<(), Failure> {
    let all = tokens.transfers(&Principal::owner(), now_ms)?;
    let mut out = Out::new();
    if json {
        out.json(&all.iter().map(Json::of).collect::<Vec<_>>())?;
        return Ok(out.flush()?);
    }
    for transfer in &all {
        let until = match transfer.ended_ms {
            Some(at) => time(at),
            None => format!("until {}", time(transfer.expires_ms)),
        };
        out.whole(&format!(
            "{}  {} {until}, by {}",
            transfer.id,
            transfer.state.name(),
            transfer.created_by
        ))?;
        for grant in &transfer.keeps {
            out.whole(&format!("          which keeps {}", clean(&grant.to_string())))?;
        }
    }
    if all.is_empty() {
        out.whole("ownership is not offered; `workroom transfer create` does")?;
    }
    Ok(out.flush()?)
}

fn claim(workspace: &Workspace, tokens: &Tokens, name: &str, json: bool, now_ms: i64) -> Result<(), Failure> {
    // Never an argument: those are seen by every user of the machine, and kept by shells.
    let mut given = String::new();
    std::io::stdin().take(4096).read_to_string(&mut given)?;
    let Claimed { transfer, token, secret } = tokens.claim(given.trim(), name, Via::Cli, now_ms)?;
    workspace.tell_transfers()?;
    let mut out = Out::new();
    if json {
        #[derive(Serialize)]
        struct Owner<'a> {
            id: &'a str,
            name: &'a str,
            from: &'a str,
            secret: &'a str,
        }
        let from = transfer.created_by.as_str();
        out.json(&Owner { id: &token.id, name: &token.name, from, secret: secret.reveal() })?;
        return Ok(out.flush()?);
    }
    let before = match transfer.created_by.as_str() {
        OWNER => "whoever can use the folder's files stays an owner, too".to_owned(),
        by => format!("{by} has what was agreed"),
    };
    out.whole(&format!("`{}` owns the workspace now; {before}", token.name))?;
    out.whole(&format!("\n{}\n", secret.reveal()))?;
    out.whole(
        "This is the token of the new owner, shown this once. It may everything and never ends by itself;",
    )?;
    out.whole("`workroom token list` shows who else is let in.")?;
    Ok(out.flush()?)
}
