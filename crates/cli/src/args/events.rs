//! The command line of `workroom events`.

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct Events {
    /// Go on printing what happens until stopped
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Where to go on: a cursor from earlier output, `start` for the oldest event that is kept, or `now` [default: the last events; with --follow
    /// or --wait: now]
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// Only events of this type, such as file.created or lease.* (may be given several times)
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only about this file or folder, or what is below it (may be given several times)
    #[arg(long = "path", value_name = "PREFIX")]
    pub(crate) paths: Vec<String>,
    /// The most events, without --follow
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) limit: u16,
    /// If there is none yet, wait so many seconds for one; it is a failure (code 11) if none comes
    #[arg(long, value_name = "SECONDS", conflicts_with = "follow", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) wait: Option<u64>,
    /// Print JSON, one event a line
    #[arg(long)]
    pub(crate) json: bool,
}
