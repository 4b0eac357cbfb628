//! Versions, the trash and checkpoints on the command line.

use super::Expect;
use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub(crate) struct History {
    /// A file of the workspace, also one that is gone
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// Print what the file held in this version, rather than the list: its first six digits or more
    #[arg(value_name = "VERSION", conflicts_with = "json")]
    pub(crate) version: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Diff {
    /// A file of the workspace
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// A version of it, from `history` [default: the one before the newest]
    #[arg(value_name = "FROM")]
    pub(crate) from: Option<String>,
    /// Another one [default: what the file holds now]
    #[arg(value_name = "TO")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// A file of the workspace, also one that is gone
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// A version of it, from `history`: its first six digits or more
    #[arg(value_name = "VERSION")]
    pub(crate) version: String,
    #[command(flatten)]
    pub(crate) expect: Expect,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Trash {
    /// What was removed and can be put back
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Put something back where it was
    Restore {
        /// Its id, from `trash list`
        id: String,
        /// Put it there instead, where nothing is
        #[arg(long, value_name = "PATH")]
        to: Option<String>,
    },
    /// Delete for good what lies in the trash
    Empty {
        /// Only these things, by their ids from `trash list` [default: all]
        #[arg(value_name = "ID")]
        ids: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Checkpoint {
    /// Remember all files as they are now; nothing is copied that is kept already
    Create {
        /// What it is for
        #[arg(default_value = "")]
        note: String,
        /// A name by which to find it (may be given several times)
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// The checkpoints, the newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// The files of a checkpoint
    Show {
        /// Its id, or a tag
        name: String,
        /// Print JSON, one file a line
        #[arg(long)]
        json: bool,
    },
    /// Which files were created, modified or removed since a checkpoint
    Diff {
        /// Its id, or a tag
        name: String,
        /// Until this checkpoint [default: until now]
        to: Option<String>,
        /// Only this file or folder
        #[arg(long, value_name = "PATH", default_value = "")]
        path: String,
        /// Print JSON, one file a line
        #[arg(long)]
        json: bool,
    },
    /// Put the files of a checkpoint back; what was made since is removed. It can be undone: what is there is remembered first
    Restore {
        /// Its id, or a tag
        name: String,
        /// Only this file or folder
        #[arg(long, value_name = "PATH", default_value = "")]
        path: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a new workspace of the files of a checkpoint
    Branch {
        /// Its id, or a tag
        name: String,
        /// A folder that is not there yet, or empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Give a checkpoint these tags, in place of those it had
    Tag {
        /// Its id, or a tag
        name: String,
        /// All that it is to have; none takes them all away
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Delete a checkpoint; what only it needed is dropped in time
    Delete {
        /// Its id, or a tag
        name: String,
    },
}
