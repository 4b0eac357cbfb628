//! `workroom serve`: workspaces over HTTP and MCP, until stopped.
//!
//! Invariant: the first line on standard output is the address, once it answers there.

use crate::args::{Anonymous as Allowed, Args, Fixtures, Serve};
use crate::failure::Failure;
use crate::output::Out;
use crate::{interrupt, llm, otlp, place};
use serde::Serialize;
use server::{Anonymous, Opener, ServeOptions, Served, Server};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use telemetry::Telemetry;
use workroom::Workspace;

/// The address as JSON.
#[derive(Serialize)]
struct Json<'a> {
    url: &'a str,
    mcp: String,
    openapi: String,
    approvals: String,
    has_tokens: bool,
}

pub(super) fn run(args: &Args, options: &Serve) -> Result<(), Failure> {
    let stop = interrupt::flag();
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => place::folder(args)?,
    };
    let telemetry = otlp::telemetry(&options.otlp)?;
    let server = Server::bind(serve_options(args, options, &folder, telemetry.clone())?)?;
    let mut out = Out::new();
    let url = server.url();
    let (mcp, openapi) = (format!("{url}/mcp"), format!("{url}/v1/openapi.json"));
    let approvals = format!("{url}/approvals");
    if options.json {
        out.json_line(&Json { url, mcp, openapi, approvals, has_tokens: server.has_tokens() })?;
    } else {
        out.whole(&format!("serving on {url}; Ctrl-C stops"))?;
        out.whole(&format!("  MCP   {mcp}"))?;
        out.whole(&format!("  HTTP  {openapi}"))?;
        out.whole(&format!("  page  {approvals}"))?;
        match options.anonymous {
            Allowed::None if server.has_tokens() => {}
            Allowed::None => out.whole(&way_in(options))?,
            Allowed::Read => out.whole("whoever reaches it may read everything without a token")?,
            Allowed::Write => {
                out.whole("whoever reaches it may read and change everything without a token")?
            }
        }
    }
    out.flush()?;
    server.run(&stop);
    telemetry.iter().for_each(Telemetry::end);
    Ok(())
}

/// What is to be done before anybody can come in: a command that works where this one was typed.
fn way_in(options: &Serve) -> String {
    let create = |folder: &str| {
        format!("nobody is let in yet; this makes a token:\n  workroom {folder}token create NAME --read /")
    };
    match (&options.root, &options.folder) {
        (Some(root), _) if !has_workspace(root) => {
            let new = root.join("NAME");
            format!(
                "no workspace is here yet; this makes one:\n  mkdir {0} && workroom -w {0} init",
                new.display()
            )
        }
        (Some(root), _) => create(&format!("-w {} ", root.join("WORKSPACE").display())),
        (None, Some(folder)) => create(&format!("-w {} ", folder.display())),
        (None, None) => create(""),
    }
}

/// Whether a workspace is right below the folder.
fn has_workspace(root: &Path) -> bool {
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| path.join(workroom::WORKROOM_DIR).is_dir())
}

fn serve_options(
    args: &Args,
    options: &Serve,
    folder: &Path,
    telemetry: Option<Telemetry>,
) -> Result<ServeOptions, Failure> {
    let served = match &options.root {
        Some(root) => {
            // Looked at before anything is served, so that a slip is told at once.
            let unusable = |error| Failure::Usage {
                message: format!("cannot list the folder {}: {error}", root.display()),
                hint: "name with `--root` an existing folder, in which each folder is a workspace".to_owned(),
            };
            std::fs::read_dir(root).map_err(unusable)?;
            Served::Below(std::path::absolute(root)?)
        }
        None => {
            Workspace::init(folder)?;
            Served::Folder(std::path::absolute(folder)?)
        }
    };
    Ok(ServeOptions {
        listen: options.listen,
        hosts: options.hosts.clone(),
        public_url: options.public_url.clone(),
        telemetry,
        tls: options.tls_cert.clone().zip(options.tls_key.clone()),
        anonymous: match options.anonymous {
            Allowed::None => Anonymous::None,
            Allowed::Read => Anonymous::Read,
            Allowed::Write => Anonymous::Write,
        },
        insecure: options.insecure,
        max_connections: options.max_connections as usize,
        rate: NonZeroU32::new(options.rate).unwrap_or(NonZeroU32::MIN),
        model: llm::model(&options.llm)?.map(Arc::new),
        conformance_fixtures: options.conformance_fixtures == Fixtures::Offered,
        ..ServeOptions::new(served, opener(args)?)
    })
}

/// Opens each workspace as every command does: by its daemon.
fn opener(args: &Args) -> Result<Opener, Failure> {
    let how = place::Opening::of(args)?;
    Ok(Arc::new(move |folder: &Path| how.options(folder)))
}
