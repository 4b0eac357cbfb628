//! `audit` and `usage` on the command line.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Print what was done, the last first
    Log(AuditLog),
    /// Print records as they stand in the log, one JSON object a line, the first first
    Export(AuditExport),
    /// Check that no record was changed, removed, moved or put in (needs nothing but the folder)
    Verify(AuditVerify),
    /// Sign where the log has got to and print it; keep that elsewhere, and `verify --head` compares
    Head,
}

/// Which records.
#[derive(Debug, ClapArgs)]
pub(crate) struct AuditScope {
    /// Only those on this file, or on this folder and what is below it, also where it was moved to, or shown by a search
    #[arg(long, value_name = "PREFIX")]
    pub(crate) path: Option<String>,
    /// Only those of this principal: a token's id or name, or `owner`
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
    /// Only of this kind (file.write), or of all that begin so (file)
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,
    /// Only with this outcome: done, denied, failed or begun
    #[arg(long, value_name = "OUTCOME", value_parser = ["done", "denied", "failed", "begun"])]
    pub(crate) outcome: Option<String>,
    /// Only since then: a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d, 2w)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Only before then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditLog {
    #[command(flatten)]
    pub(crate) scope: AuditScope,
    /// How many
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) limit: u16,
    /// Only below this number, as the last line of another page names it
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditExport {
    #[command(flatten)]
    pub(crate) scope: AuditScope,
    /// From this number on
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) from: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AuditVerify {
    /// A head that was kept elsewhere: what `audit head` printed
    #[arg(long, value_name = "FILE")]
    pub(crate) head: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Usage {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
