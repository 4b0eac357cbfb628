//! Comments, approvals and transfers on the command line.

use clap::{Args as ClapArgs, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Comment {
    /// Say something about a file or folder, or about a passage of a file; the file itself does not change
    Add(AddComment),
    /// Say something to a comment
    Reply {
        /// Its id, from `comment list`
        id: String,
        /// What is said
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What was said, the newest first, and whether what it was said about is still there
    List {
        /// Only about this file or folder, or what lies below it
        #[arg(value_name = "PATH")]
        path: Option<String>,
        /// Those that are resolved too
        #[arg(long)]
        resolved: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say that a comment needs nobody's attention any more
    Resolve {
        /// Its id, from `comment list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AddComment {
    /// A file or folder of the workspace; `/` is the whole workspace
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    /// What is said
    #[arg(required = true, value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// The passage that it is about, word for word
    #[arg(long, value_name = "PASSAGE")]
    pub(crate) quote: Option<String>,
    /// The version that you have read (from --json output) [default: the one that is there]
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Approval {
    /// Ask for an approval; with --wait, return with the answer
    Ask(AskApproval),
    /// What waits for an answer
    List {
        /// Those that were answered, or ended without an answer, too
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Answer one
    Answer {
        /// Its id, from `approval list`
        id: String,
        /// One of its options, such as `approve`
        option: String,
        /// What there is to say besides
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Wait for the answer to one
    Wait {
        /// Its id
        id: String,
        /// How long: 30s, 10m, 1h
        #[arg(long, value_name = "TIME", default_value = "10m")]
        timeout: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AskApproval {
    /// What is to be approved, in a line
    #[arg(value_name = "TITLE")]
    pub(crate) title: String,
    /// What there is to say besides
    #[arg(long, value_name = "TEXT")]
    pub(crate) details: Option<String>,
    /// A file or folder that it is about; the whole workspace without (may be given several times)
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// What can be answered [default: approve and reject] (may be given several times)
    #[arg(long = "option", value_name = "OPTION")]
    pub(crate) options: Vec<String>,
    /// When it ends without an answer: 30m, 12h, 7d
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub(crate) expires: String,
    /// Wait so long for the answer
    #[arg(long, value_name = "TIME")]
    pub(crate) wait: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Transfer {
    /// Offer ownership to whoever shows a claim, which is shown this once
    Create {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What is offered, and what became of it
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take an offer back
    Revoke {
        /// Its id, from `transfer list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take ownership over by a claim, which is read from standard input; prints the token of the new owner
    Claim {
        /// What people are to call the new owner
        #[arg(value_name = "NAME")]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
