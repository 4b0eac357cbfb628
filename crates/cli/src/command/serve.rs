//! `workroom serve`: workspaces over HTTP and MCP, until stopped.
//!
//! Invariant: the first line on standard output is the address, once it answers there.

use crate::args::{Anonymous as Allowed, Args, Fixtures, Serve};
use crate::failure::Failure;
use crate::output::Out;
use crate::{interrupt, place};
use serde::Serialize;
use server::{Anonymous, Opener, ServeOptions, Served, Server};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use workroom::Workspace;

/// The address as JSON.
#[derive(Serialize)]
struct Json<'a> {
    url: &'a str,
    mcp: String,
    openapi: String,
    has_tokens: bool,
}

pub(super) fn run(args: &Args, options: &Serve) -> Result<(), Failure> {
    let stop = interrupt::flag();
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => place::folder(args)?,
    };
    let server = Server::bind(serve_options(args, options, &folder)?)?;
    let mut out = Out::new();
    if options.json {
        let url = server.url();
        let (mcp, openapi) = (format!("{url}/mcp"), format!("{url}/v1/openapi.json"));
        out.json_line(&Json { url, mcp, openapi, has_tokens: server.has_tokens() })?;
    } else {
        out.whole(&format!("serving on {} (MCP: /mcp, API: /v1/openapi.json); Ctrl-C stops", server.url()))?;
        if !server.has_tokens() && matches!(options.anonymous, Allowed::None) {
            out.whole("nobody is let in yet: `workroom token create NAME --read /` makes a token")?;
        }
    }
    out.flush()?;
    server.run(&stop);
    Ok(())
}

fn serve_options(args: &Args, options: &Serve, folder: &Path) -> Result<ServeOptions, Failure> {
    let served = match &options.root {
        Some(root) => Served::Below(std::path::absolute(root)?),
        None => {
            Workspace::init(folder)?;
            Served::Folder(std::path::absolute(folder)?)
        }
    };
    Ok(ServeOptions {
        listen: options.listen,
        hosts: options.hosts.clone(),
        tls: options.tls_cert.clone().zip(options.tls_key.clone()),
        anonymous: match options.anonymous {
            Allowed::None => Anonymous::None,
            Allowed::Read => Anonymous::Read,
            Allowed::Write => Anonymous::Write,
        },
        insecure: options.insecure,
        max_connections: options.max_connections as usize,
        rate: NonZeroU32::new(options.rate).unwrap_or(NonZeroU32::MIN),
        conformance_fixtures: options.conformance_fixtures == Fixtures::Offered,
        ..ServeOptions::new(served, opener(args)?)
    })
}

/// Opens each workspace as every command does: by its daemon.
fn opener(args: &Args) -> Result<Opener, Failure> {
    let how = place::Opening::of(args)?;
    Ok(Arc::new(move |folder: &Path| how.options(folder)))
}
