//! Who works on a workspace from this process's side: itself, as its owner, or somebody else, whom it asks.
//!
//! Invariant: of all processes that want a workspace at the same time, one becomes its owner and the others its clients, in whatever order
//! they come and whoever is killed. The lock decides; the socket only tells where the owner is.
//! Not here: the daemon's own life (`daemon`), what is asked (`workspace`).

use crate::client::Client;
use crate::daemon;
use crate::message::{Compared, Hello};
use crate::options::{OpenOptions, Sharing};
use crate::owner::Owner;
use crate::server::Server;
use engine::{Error, ErrorKind, Holder, Lock, Result, WORKROOM_DIR};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// This process's part.
pub(crate) enum Role {
    Owner(Owning),
    Client(Client),
}

/// Owning a workspace, and letting others in. Given up when it is dropped.
pub(crate) struct Owning {
    pub(crate) owner: Arc<Owner>,
    pub(crate) server: Option<Server>,
}

/// How long an owner may take from taking the lock to listening, or from ceasing to listen to giving the lock back: it may have merges to
/// end and files to sync.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait for an owner that wants to be alone: commands that follow each other are often over by then.
const ALONE_PATIENCE: Duration = Duration::from_secs(1);
/// How long to wait for one that can let nobody in. All who come can do so as little, and have no more than to wait for their turn.
const TURN_PATIENCE: Duration = Duration::from_secs(10);
/// What one notes that wants to be alone.
const BY_WISH: &str = "it was opened for one process alone";
const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(25);

impl Role {
    /// Finds the owner, or becomes it, or starts a daemon that does.
    pub(crate) fn find(folder: &Path, options: &OpenOptions) -> Result<Self> {
        if options.sharing == Sharing::Alone {
            return Owning::begin(Lock::take(folder)?, folder, options, false).map(Self::Owner);
        }
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut child: Option<Child> = None;
        let mut alone = Alone::default();
        loop {
            if let Some(client) = Client::connect(&folder.join(WORKROOM_DIR))? {
                if let Some(client) = settle(client)? {
                    return Ok(Self::Client(client));
                }
                // An older daemon is leaving.
            } else if let Some(lock) = Lock::try_take(folder)? {
                match &options.sharing {
                    // A daemon that was started and ended cannot serve here; this process still can.
                    Sharing::Daemon(starter) if child.is_none() => {
                        child = Some(daemon::start(lock, folder, starter)?);
                        pause = FIRST_PAUSE;
                    }
                    _ => return Owning::begin(lock, folder, options, false).map(Self::Owner),
                }
            } else if started.elapsed() > PATIENCE || alone.is_for_long(folder, child.as_ref()) {
                return Err(Lock::locked(folder));
            }
            if let Some(child) = &mut child {
                // Reaped, if it has ended: the loop finds out by the lock.
                let _ended = child.try_wait();
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// The owner that lets nobody in, and since when it has been seen to.
#[derive(Default)]
struct Alone(Option<(Holder, Instant)>);

impl Alone {
    /// Whether the same owner lets nobody in for so long that it means it. One that took the lock just now may not have changed what the last
    /// one noted, and a daemon of ours that can make no socket ends, and leaves the workspace to this process.
    fn is_for_long(&mut self, folder: &Path, child: Option<&Child>) -> bool {
        let holder = Lock::holder(folder);
        let is_ours = child.is_some_and(|child| holder.pid == Some(child.id()));
        let Some(why) = holder.alone.as_deref().filter(|_| !is_ours) else {
            self.0 = None;
            return false;
        };
        let patience = if why == BY_WISH { ALONE_PATIENCE } else { TURN_PATIENCE };
        match &self.0 {
            Some((seen, since)) if *seen == holder => since.elapsed() > patience,
            _ => {
                self.0 = Some((holder, Instant::now()));
                false
            }
        }
    }
}

/// Whether the owner that was found can be worked with: `None` when it is older and leaves.
fn settle(client: Client) -> Result<Option<Client>> {
    let (own, other) = (Hello::own(false), client.owner().clone());
    match own.compare(&other) {
        Compared::Same => Ok(Some(client)),
        // It cannot leave, and what it says can be understood.
        Compared::Newer if !other.daemon && own.protocol == other.protocol => Ok(Some(client)),
        Compared::Newer => {
            tracing::info!(pid = other.pid, version = other.workroom, "asking an older program to leave");
            client.ask_to_leave()?;
            std::thread::sleep(LONGEST_PAUSE);
            Ok(None)
        }
        Compared::Older => {
            let message = format!(
                "a newer workroom ({}, process {}) serves the workspace; this is {}",
                other.workroom, other.pid, own.workroom
            );
            Err(Error::new(ErrorKind::Incompatible, message)
                .hint("use the newer program, or stop its daemon with `workroom daemon stop`"))
        }
    }
}

impl Owning {
    /// Opens the workspace that this process holds the lock of, and lets others in; those who come while it opens wait.
    pub(crate) fn begin(lock: Lock, folder: &Path, options: &OpenOptions, daemon: bool) -> Result<Self> {
        let (owning, opened) = Self::begin_anyway(lock, folder, options, daemon);
        opened.map(|()| owning)
    }

    /// As [`Owning::begin`]; where the workspace cannot be opened, others are let in to hear why.
    pub(crate) fn begin_anyway(
        lock: Lock,
        folder: &Path,
        options: &OpenOptions,
        daemon: bool,
    ) -> (Self, Result<()>) {
        let owner = Arc::new(Owner::new(folder.to_owned(), lock, options.engine()));
        let mut server = None;
        let opened = owner.open(|| {
            if options.sharing == Sharing::Alone {
                return note_alone(&owner, BY_WISH);
            }
            match Server::start(Arc::clone(&owner), daemon) {
                Ok(started) => server = Some(started),
                Err(error) => note_alone(&owner, &format!("the socket cannot be made: {error}")),
            }
        });
        (Self { owner, server }, opened)
    }
}

fn note_alone(owner: &Owner, why: &str) {
    if let Err(error) = owner.lock().note(Some(why)) {
        tracing::warn!(%error, "the lock file cannot be written");
    }
}

impl Drop for Owning {
    fn drop(&mut self) {
        // Others first: whoever is served to the end needs the engine.
        drop(self.server.take());
        self.owner.close();
    }
}
