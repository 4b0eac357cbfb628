//! Leases on the command line.

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Lease {
    /// Take a lease on files or folders; with a command, hold it while that runs and give it back
    Take(TakeLease),
    /// Who holds what, what for and until when
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let a lease last longer, from now
    Extend {
        /// Its id, from `lease take`
        #[arg(value_name = "LEASE")]
        id: String,
        /// How long: 30s, 10m, 1h
        #[arg(long = "for", value_name = "TIME", default_value = "10m")]
        time: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a lease back
    Release {
        /// Its id, from `lease take`
        #[arg(value_name = "LEASE")]
        id: String,
    },
    /// Take a lease away from whoever holds it: its holder's next write by it is refused
    Break {
        /// Its fencing token, from `lease list`
        #[arg(value_name = "TOKEN")]
        fencing_token: u64,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct TakeLease {
    /// Files or folders, all of them or none; a folder with all below it, also what is not there yet; `/` is the whole workspace
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// Only keep them from changing: others may hold them so too
    #[arg(long)]
    pub(crate) shared: bool,
    /// How long it lasts, up to 1h [default: 10m; with a command, as long as that runs]
    #[arg(long = "for", value_name = "TIME", conflicts_with = "command")]
    pub(crate) time: Option<String>,
    /// Wait for it so long, in turn
    #[arg(long, value_name = "TIME", default_value = "0s")]
    pub(crate) wait: String,
    /// What it is for, for others to read
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) purpose: String,
    /// Print JSON
    #[arg(long, conflicts_with = "command")]
    pub(crate) json: bool,
    /// What to run meanwhile; it finds the lease in WORKROOM_LEASE
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
