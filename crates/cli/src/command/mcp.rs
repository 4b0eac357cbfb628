//! `workroom mcp`: the workspace for one agent, over standard input and output; and setting agents up for it.
//!
//! Invariant: standard output carries the protocol and nothing else.

mod change;
mod clients;
mod entry;
mod install;
mod json;

use crate::args::{Args, Mcp, McpSetup};
use crate::failure::Failure;
use crate::{llm, otlp, place};
use custody::{FOLDER, Principal, Refused, Tokens};
use server::{StdioOptions, ToolChoice, UnknownTools};
use std::sync::Arc;
use telemetry::Telemetry;
use workroom::{Actor, AuditAct, Doing, Via, WORKROOM_DIR, Workspace};

pub(super) fn run(args: &Args, options: &Mcp) -> Result<(), Failure> {
    match &options.setup {
        Some(McpSetup::Install(options)) => install::run(args, options),
        None => serve(args, options),
    }
}

fn serve(args: &Args, options: &Mcp) -> Result<(), Failure> {
    let tools = chosen(options.tools.as_deref())?;
    let model = llm::model(&options.llm)?.map(Arc::new);
    let telemetry = otlp::telemetry(&options.otlp)?;
    let workspace = match &options.folder {
        Some(folder) => place::open_or_create_at(args, folder)?,
        None => place::open_or_create(args)?.0,
    };
    let token_env = options.token_env.as_deref();
    let principal = principal(&workspace, token_env)?;
    let name = workspace
        .root()
        .file_name()
        .map_or_else(|| "workspace".into(), |name| name.to_string_lossy().into_owned());
    let options = StdioOptions { model, telemetry: telemetry.clone(), tools };
    let served = server::stdio(workspace, &name, principal, options);
    telemetry.iter().for_each(Telemetry::end);
    Ok(served?)
}

/// The tools that were chosen.
fn chosen(tools: Option<&str>) -> Result<ToolChoice, Failure> {
    let choice = tools.map_or_else(|| Ok(ToolChoice::default()), str::parse);
    choice.map_err(|error: UnknownTools| Failure::Usage {
        message: format!("--tools: {error}"),
        hint: error.hint(),
    })
}

/// The owner, who may use the files without us; or whoever a token stands for.
fn principal(workspace: &Workspace, token_env: Option<&str>) -> Result<Principal, Failure> {
    let Some(variable) = token_env else { return Ok(Principal::owner()) };
    let usage = |message: String, hint: &str| Failure::Usage { message, hint: hint.to_owned() };
    let secret = std::env::var(variable).map_err(|_| {
        usage(
            format!("`{variable}` is not set"),
            "put the token into the environment, or leave `--token-env` out",
        )
    })?;
    let tokens = Tokens::at(&workspace.root().join(WORKROOM_DIR).join(FOLDER));
    let now_ms = jiff::Timestamp::now().as_millisecond();
    tokens.authenticate(secret.trim(), now_ms).map_err(|refused| match refused {
        Refused::Unreadable(error) => Failure::Custody(error),
        _ => {
            note_refused(workspace, &tokens, secret.trim(), now_ms);
            usage(
                format!("the token in `{variable}` is not one of this workspace, or has ended"),
                "`workroom token create NAME --read /` makes one",
            )
        }
    })
}

/// Notes that a token was shown which is not accepted.
fn note_refused(workspace: &Workspace, tokens: &Tokens, secret: &str, now_ms: i64) {
    let Some((why, token)) = tokens.refusal(secret, now_ms) else { return };
    let (principal, name) =
        token.map_or_else(|| (ANONYMOUS.to_owned(), ANONYMOUS.to_owned()), |token| (token.id, token.name));
    let by = Actor { principal, name, via: Via::Mcp, client: None };
    let act = AuditAct::new(Doing::TokenRefuse, by).denied(why.to_string());
    if let Err(error) = workspace.note_now(act) {
        tracing::warn!(%error, "this is not in the audit log");
    }
}

/// As the audit log calls whoever shows no token that is known.
const ANONYMOUS: &str = "anonymous";
