//! The command line of `workroom webhook`.

use clap::{ArgGroup, Args as ClapArgs, Subcommand};

/// What to do about webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Webhook {
    /// Send what happens from now on to one more address; the secret that deliveries are signed with is shown this once
    Add(AddWebhook),
    /// Where events are sent, and how that goes
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// One webhook: what it is sent, and the last attempts
    Show {
        /// The webhook's id, from `webhook list`
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Send nothing there any more
    Remove {
        /// The webhook's id
        id: String,
    },
    /// Give it another secret; for a day deliveries are signed with both
    Rotate {
        /// The webhook's id
        id: String,
        /// Sign with the old secret no more from now on, because somebody else may have it
        #[arg(long)]
        now: bool,
    },
    /// Go on sending to one that was disabled
    Enable {
        /// The webhook's id
        id: String,
    },
    /// Send a `webhook.test` once, and say what came of it
    Test {
        /// The webhook's id
        id: String,
    },
    /// Send again what happened before
    Replay(ReplayWebhook),
    /// The last attempts, the newest last
    Log {
        /// The webhook's id
        id: String,
        /// Print JSON, one attempt a line
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AddWebhook {
    /// Where events are sent by POST, such as https://hooks.example/workroom
    pub(crate) url: String,
    /// Only events of this type, such as file.created or lease.* (may be given several times)
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) types: Vec<String>,
    /// Only about this file or folder, or what is below it (may be given several times)
    #[arg(long = "path", value_name = "PREFIX")]
    pub(crate) paths: Vec<String>,
    /// Send without TLS, so that anybody on the way can read it
    #[arg(long)]
    pub(crate) allow_http: bool,
    /// Send to this machine and to private networks too, at any port
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("behind").required(true).args(["since", "event", "after"])))]
pub(crate) struct ReplayWebhook {
    /// The webhook's id
    pub(crate) id: String,
    /// Everything since then: a date (2026-11-21), a time (2026-11-21T08:00:00Z) or an age (90m, 12h, 7d)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// This event, by its id, and everything after it
    #[arg(long, value_name = "ID")]
    pub(crate) event: Option<String>,
    /// Everything after this cursor, from `workroom events`; `start` for all that is kept
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
}
