//! Leases: files and folders held for a while, so that nobody else changes them.
//!
//! Invariant: a lease is its taker's alone: the id is of no use to anybody else. What cannot be had says who holds it and until when.

use super::action::{Action, Call, Effect, Needs, Reply};
use super::path;
use crate::access::{ShownLease, lease_time};
use crate::refusal::{Refusal, Result};
use rmcp::schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use workroom::{Lease, LeaseMode, LeaseRequest};

pub(super) fn actions() -> Vec<Action> {
    vec![
        Action::new(
            "acquire_lease",
            "Take a lease",
            "Hold files or folders for a while, all of them or none: nobody else changes them until it ends. Read the files after it is taken, \
             give its id as `lease` to every write, and release it when done. It ends by itself after `seconds`, unless extend_lease lets it \
             go on. With `wait` it is waited for, in turn.",
            (Effect::Adds, Needs::Something),
            |call, input: Acquire| acquire(call, &input),
        )
        .waiting(),
        Action::new(
            "extend_lease",
            "Keep a lease",
            "Let a lease of yours last so many seconds from now.",
            (Effect::AddsOnce, Needs::Something),
            |call, input: Extend| extend(call, &input),
        ),
        Action::new(
            "release_lease",
            "Give a lease back",
            "Give back a lease of yours. Whoever waits for it is given it at once.",
            (Effect::Adds, Needs::Something),
            |call, input: Release| release(call, &input),
        ),
        Action::new(
            "list_leases",
            "List leases",
            "Who holds which files and folders, what for and until when.",
            (Effect::Reads, Needs::Something),
            |call, input: List| list(call, &input),
        ),
    ]
}

/// The most seconds that a call waits: less than clients do.
const MOST_WAIT: u64 = 50;
/// Seconds that a lease lasts where nothing is said.
const USUAL: u64 = 60;

/// Whom a lease keeps out.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// All others: you alone write.
    #[default]
    Exclusive,
    /// All who would write, you too: what you read does not change.
    Shared,
}

impl From<Mode> for LeaseMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Exclusive => Self::Exclusive,
            Mode::Shared => Self::Shared,
        }
    }
}

impl From<LeaseMode> for Mode {
    fn from(mode: LeaseMode) -> Self {
        match mode {
            LeaseMode::Exclusive => Self::Exclusive,
            LeaseMode::Shared => Self::Shared,
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Acquire {
    /// Files or folders, relative to the workspace; a folder with all below it, also what is not there yet.
    #[schemars(length(min = 1, max = 64))]
    paths: Vec<String>,
    /// Whom it keeps out; `exclusive` when it is absent.
    #[serde(default)]
    mode: Mode,
    /// Seconds until it ends without extend_lease, 1 to 3600; 60 when it is absent.
    #[schemars(range(min = 1, max = 3600))]
    seconds: Option<u64>,
    /// What it is for, one line for others to read.
    purpose: Option<String>,
    /// Seconds to wait for it, at most 50; 0 when it is absent.
    #[schemars(range(max = 50))]
    wait: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Extend {
    /// The lease's id.
    lease: String,
    /// Seconds from now, 1 to 3600; 60 when it is absent.
    #[schemars(range(min = 1, max = 3600))]
    seconds: Option<u64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct Release {
    /// The lease's id.
    lease: String,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
struct List {}

/// A lease of one's own.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Taken {
    /// Its id, for `lease` of the tools that write.
    lease: String,
    /// Greater than that of every lease before.
    fencing_token: u64,
    /// On what.
    paths: Vec<String>,
    /// Whom it keeps out.
    mode: Mode,
    /// When it ends without extend_lease, RFC 3339.
    until: String,
}

/// A lease that was given back.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Released {
    /// Its id.
    lease: String,
}

/// Leases that hold.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Listed {
    /// In the order in which they were given.
    leases: Vec<Shown>,
}

/// A lease as others know it.
#[derive(Serialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Shown {
    /// Who holds it.
    holder: String,
    /// Whether that is you.
    own: bool,
    /// Whom it keeps out.
    mode: Mode,
    /// On what.
    paths: Vec<String>,
    /// What it is for.
    purpose: String,
    /// Greater than that of every lease before.
    fencing_token: u64,
    /// When it ends without a heartbeat, RFC 3339.
    until: String,
}

fn acquire(call: &Call<'_>, input: &Acquire) -> Result<Reply<Taken>> {
    let wait = input.wait.unwrap_or(0);
    if wait > MOST_WAIT {
        return Err(Refusal::invalid(format!("`wait` is at most {MOST_WAIT} seconds"))
            .hint("ask again to wait longer"));
    }
    let request = LeaseRequest {
        paths: input.paths.iter().map(|path| path::folder(call.access, path)).collect::<Result<_>>()?,
        mode: input.mode.into(),
        seconds: input.seconds.unwrap_or(USUAL),
        purpose: input.purpose.clone().unwrap_or_default(),
    };
    let lease = call.access.lease(&request, Duration::from_secs(wait), call.cancel)?;
    Ok(taken("holding", lease))
}

fn extend(call: &Call<'_>, input: &Extend) -> Result<Reply<Taken>> {
    let lease = call.access.extend_lease(&input.lease, input.seconds.unwrap_or(USUAL))?;
    Ok(taken("still holding", lease))
}

fn release(call: &Call<'_>, input: &Release) -> Result<Reply<Released>> {
    call.access.release_lease(&input.lease)?;
    Ok(Reply::new("gave the lease back", Released { lease: input.lease.clone() }))
}

fn list(call: &Call<'_>, _: &List) -> Result<Reply<Listed>> {
    let leases: Vec<Shown> = call.access.leases()?.into_iter().map(Shown::from).collect();
    let lines: Vec<String> = leases.iter().map(Shown::line).collect();
    let text = if lines.is_empty() { "nobody holds a lease".to_owned() } else { lines.join("\n") };
    Ok(Reply::new(text, Listed { leases }))
}

fn taken(what: &str, lease: Lease) -> Reply<Taken> {
    let Lease { id, held } = lease;
    let until = lease_time(held.until_ms);
    let text = format!("{what} {} until {until}: give lease {id} to what writes there", named(&held.paths));
    Reply::new(
        text,
        Taken {
            lease: id,
            fencing_token: held.fencing_token,
            paths: held.paths,
            mode: held.mode.into(),
            until,
        },
    )
}

/// A lease as a model reads it.
pub(super) fn line(lease: ShownLease) -> String {
    Shown::from(lease).line()
}

/// Paths as a model reads them.
fn named(paths: &[String]) -> String {
    let named = paths.iter().map(|path| match path.as_str() {
        "" => "the whole workspace".to_owned(),
        path => format!("`{path}`"),
    });
    named.collect::<Vec<_>>().join(", ")
}

impl Shown {
    fn line(&self) -> String {
        let holder = if self.own { "you" } else { self.holder.as_str() };
        let verb = if self.own { "hold" } else { "holds" };
        let alone = match self.mode {
            Mode::Exclusive => "alone",
            Mode::Shared => "shared",
        };
        let purpose = if self.purpose.is_empty() { String::new() } else { format!(": {}", self.purpose) };
        format!("{holder} {verb} {} {alone} until {}{purpose}", named(&self.paths), self.until)
    }
}

impl From<ShownLease> for Shown {
    fn from(lease: ShownLease) -> Self {
        Self {
            holder: lease.holder,
            own: lease.own,
            mode: lease.mode.into(),
            paths: lease.paths,
            purpose: lease.purpose,
            fencing_token: lease.fencing_token,
            until: lease.until,
        }
    }
}
