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
use std::sync::Arc;
use telemetry::Telemetry;
use workroom::{WORKROOM_DIR, Workspace};

pub(super) fn run(args: &Args, options: &Mcp) -> Result<(), Failure> {
    match &options.setup {
        Some(McpSetup::Install(options)) => install::run(args, options),
        None => serve(args, options),
    }
}

fn serve(args: &Args, options: &Mcp) -> Result<(), Failure> {
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
    let served = server::stdio(workspace, &name, principal, model, telemetry.clone());
    telemetry.iter().for_each(Telemetry::end);
    Ok(served?)
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
        _ => usage(
            format!("the token in `{variable}` is not one of this workspace, or has ended"),
            "`workroom token create NAME --read /` makes one",
        ),
    })
}
