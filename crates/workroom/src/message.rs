//! What a client and the owner of a workspace say to each other.
//!
//! Invariant: every version there ever was can read the two hellos and [`Request::Leave`]. All else may change with the protocol's number.
//! Not here: how messages are cut apart (`frame`), who answers them (`answer`).

use crate::events::WantedEvents;
use crate::handoff::Handoff;
use crate::versions::VersionsWanted;
use engine::{
    Actor, AdaptOptions, Attempt, Claim, Condition, DocPath, LeaseRequest, Outcome, PathSet, Progress, Query,
    Question, Spooled,
};
use serde::{Deserialize, Serialize};

/// Rises with every change that an older program would misread.
pub(crate) const PROTOCOL: u32 = 6;

/// What a process says of itself before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The program's version, such as 0.1.0.
    pub(crate) workroom: String,
    pub(crate) protocol: u32,
    pub(crate) pid: u32,
    /// Whether it is there for others alone, and goes when it is asked to.
    #[serde(default)]
    pub(crate) daemon: bool,
}

impl Hello {
    pub(crate) fn own(daemon: bool) -> Self {
        let (workroom, pid) = (env!("CARGO_PKG_VERSION").to_owned(), std::process::id());
        Self { workroom, protocol: PROTOCOL, pid, daemon }
    }

    /// How this side's program compares with another one.
    pub(crate) fn compare(&self, other: &Self) -> Compared {
        let order = (self.protocol, version(&self.workroom)).cmp(&(other.protocol, version(&other.workroom)));
        match order {
            std::cmp::Ordering::Equal => Compared::Same,
            std::cmp::Ordering::Less if self.protocol == other.protocol => Compared::Same,
            std::cmp::Ordering::Less => Compared::Older,
            std::cmp::Ordering::Greater => Compared::Newer,
        }
    }
}

/// What this side's program is against the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    /// They understand each other.
    Same,
    /// It cannot know what the other would say.
    Older,
    /// The other should make room for it.
    Newer,
}

/// The numbers of a version; what is no number counts as 0.
fn version(text: &str) -> Vec<u64> {
    text.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}

/// What a client wants.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Search(Query),
    Ask(Question),
    Show {
        path: String,
        chunk: Option<u64>,
        version: Option<String>,
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    Status {
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    Documents {
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    Problems {
        #[serde(with = "engine::path_set")]
        within: PathSet,
    },
    Doctor,
    /// Give chunks that have lost their vector another.
    MendVectors,
    /// Try again what no parser could read.
    ForgetProblems,
    Put {
        path: String,
        spooled: Spooled,
        condition: Condition,
        claim: Claim,
    },
    Remove {
        path: String,
        condition: Condition,
    },
    Rename {
        from: String,
        to: String,
        condition: Condition,
    },
    MakeFolder {
        path: String,
    },
    RemoveFolder {
        path: String,
        with_contents: bool,
    },
    Copy {
        from: String,
        to: String,
    },
    /// Note what was done elsewhere.
    Note {
        acts: Vec<engine::audit::Act>,
    },
    /// Sign where the audit log has got to.
    AuditHead,
    Usage,
    /// Take a lease with this id, waiting so long for it.
    Lease {
        id: String,
        request: LeaseRequest,
        wait_ms: u64,
    },
    ExtendLease {
        id: String,
        seconds: u64,
    },
    ReleaseLease {
        id: String,
    },
    TakeLeaseAway {
        fencing_token: u64,
    },
    Leases,
    /// Begin a journal of leases anew that is damaged.
    MendLeases,
    Index,
    Backfill,
    Adapt(AdaptOptions),
    Watch,
    Events(WantedEvents),
    /// Comments, approvals and ownership.
    Handoff(Handoff),
    /// Versions, the trash and checkpoints.
    Versions(VersionsWanted),
    /// Read the settings anew.
    Reopen,
    /// Who are you?
    Owner,
    /// Give the workspace up.
    Leave,
}

impl Request {
    /// For how long it may be waited, for others or for something to happen, before there is an answer.
    pub(crate) fn waits_ms(&self) -> u64 {
        match self {
            Self::Lease { wait_ms, .. } => *wait_ms,
            Self::Events(wanted) => wanted.wait_ms,
            _ => 0,
        }
    }
}

/// A client's message: what it wants, and how long it will wait.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) request: Request,
    /// Milliseconds until the client gives up; absent for what may take any time.
    pub(crate) deadline_ms: Option<u64>,
    /// Of a change: which attempt at it this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<Attempt>,
    /// Who asks. What is said here is believed: whoever may use the socket is the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<Actor>,
    /// Of a change: the lease by which it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lease: Option<String>,
}

impl Asked {
    /// A request that may take any time, and may be carried out twice.
    pub(crate) fn of(request: Request) -> Self {
        Self { request, deadline_ms: None, attempt: None, by: None, lease: None }
    }
}

/// A step of an index run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Planned { files: u64, bytes: u64 },
    Files(Vec<(String, u64, Outcome)>),
}

impl Step {
    /// Tells it to somebody who hears of progress.
    pub(crate) fn tell(&self, progress: &dyn Progress) {
        match self {
            Self::Planned { files, bytes } => progress.planned(*files, *bytes),
            Self::Files(files) => {
                for (path, bytes, outcome) in files {
                    // A path that the owner named and this side refuses would be of another version.
                    if let Ok(path) = DocPath::new(path) {
                        progress.file(&path, *bytes, outcome);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_version_understands_does_not_change() {
        let hello = Hello { workroom: "1.2.3".into(), protocol: 1, pid: 7, daemon: true };
        let text = serde_json::to_string(&hello).unwrap();
        assert_eq!(text, r#"{"workroom":"1.2.3","protocol":1,"pid":7,"daemon":true}"#);
        let leave = Asked::of(Request::Leave);
        assert_eq!(serde_json::to_string(&leave).unwrap(), r#"{"request":"leave","deadline_ms":null}"#);
    }

    #[test]
    fn programs_are_compared_by_protocol_and_version() {
        let hello =
            |protocol, version: &str| Hello { protocol, workroom: version.into(), ..Hello::own(true) };
        for (own, other, expected) in [
            ((1, "0.1.0"), (1, "0.1.0"), Compared::Same),
            ((1, "0.1.0"), (1, "0.2.0"), Compared::Same),
            ((1, "0.10.0"), (1, "0.9.1"), Compared::Newer),
            ((2, "0.1.0"), (1, "0.1.0"), Compared::Newer),
            ((1, "0.9.0"), (2, "0.1.0"), Compared::Older),
            ((1, "soon"), (1, "0.0"), Compared::Older),
        ] {
            let compared = hello(own.0, own.1).compare(&hello(other.0, other.1));
            // A version that is no number is merely old, and old programs of one protocol get along.
            let expected =
                if expected == Compared::Older && own.0 == other.0 { Compared::Same } else { expected };
            assert_eq!(compared, expected, "{own:?} {other:?}");
        }
    }
}
