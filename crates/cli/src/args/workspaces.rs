//! Several workspaces below one folder, on the command line.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct Workspaces {
    /// The folder that they lie in, each by its name, as for `serve --root` [default: this one]
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) root: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) which: WhichWorkspaces,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WhichWorkspaces {
    /// Their names and ids
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make an empty one
    Create {
        /// Its name: letters, digits, dots, dashes and underscores
        name: String,
    },
    /// Make one with the files and settings of another one, and with none of its tokens, comments or history
    Clone {
        /// The one that it is made of
        template: String,
        /// Its name
        name: String,
    },
    /// Put one away: it is read and searched, and not changed or watched
    Archive {
        /// Its name
        name: String,
    },
    /// Take one out of the archive
    Unarchive {
        /// Its name
        name: String,
    },
    /// Delete one with all that is in it, for good
    Delete {
        /// Its name
        name: String,
        /// Its name once more
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
}
