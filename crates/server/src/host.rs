//! The workspaces that are served, and who asks for them.
//!
//! Invariant: a workspace is opened once, on first use, and stays open. A token is looked up among the tokens of the workspace that is asked
//! for. A workspace that a token does not open is told exactly as one that is not there.
//! Not here: what a principal may do (`access`), headers (`http`), making and deleting them (`host::several`).

mod several;

pub(crate) use several::NewWorkspace;

use crate::access::Access;
use crate::feed::Feed;
use crate::refusal::{Kind, Refusal, Result};
use crate::refused::{Due, RefusedTokens};
use crate::versions::Versions;
use custody::{Claimed, Grant, Principal, Refused, Right, Rights, Tokens, Via};
use generate::Model;
use hooks::{Deliveries, DeliveryOptions, Endpoints};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Instant;
use workroom::{OpenOptions, WORKROOM_DIR, Workspace, Workspaces};

/// Which workspaces are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// The one in this folder.
    Folder(PathBuf),
    /// Every one right below this folder, by its folder's name; new ones can be made there.
    Below(PathBuf),
}

/// What whoever shows no token may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anonymous {
    /// Nothing.
    #[default]
    None,
    /// Read everything.
    Read,
    /// Read and write everything.
    Write,
}

/// Says how the workspace in a folder is opened.
pub type Opener = Arc<dyn Fn(&Path) -> OpenOptions + Send + Sync>;

/// The id of whoever shows no token.
pub(crate) const ANONYMOUS: &str = "anonymous";

impl Anonymous {
    fn principal(self) -> Option<Principal> {
        let rights = match self {
            Self::None => return None,
            Self::Read => Rights::of([Right::Read]),
            Self::Write => Rights::of([Right::Read, Right::Write]),
        };
        let grants = vec![Grant::new("", rights).ok()?];
        Some(Principal { id: ANONYMOUS.into(), name: ANONYMOUS.into(), kind: custody::Kind::Token, grants })
    }
}

/// An open workspace with all that belongs to serving it.
pub(crate) struct Room {
    /// Its name in addresses.
    pub(crate) name: String,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) tokens: Tokens,
    pub(crate) versions: Versions,
    feed: OnceLock<Feed>,
    pub(crate) webhooks: Endpoints,
    model: Option<Arc<Model>>,
}

impl Room {
    /// A workspace under a name.
    pub(crate) fn new(name: impl Into<String>, workspace: Arc<Workspace>) -> Self {
        let tokens = tokens_of(workspace.root());
        let (versions, feed) = (Versions::default(), OnceLock::new());
        let webhooks = Endpoints::at(&custody_of(workspace.root()));
        Self { name: name.into(), workspace, tokens, versions, feed, webhooks, model: None }
    }

    /// With a language model, which answers questions about it.
    pub(crate) fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { model, ..self }
    }

    /// The language model, if there is one.
    pub(crate) fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// Its events as they happen. Watching begins with the first call.
    pub(crate) fn feed(&self) -> Result<&Feed> {
        if let Some(feed) = self.feed.get() {
            return Ok(feed);
        }
        let started =
            Feed::start(&self.workspace).map_err(|error| Refusal::of(&error, self.workspace.root()))?;
        Ok(self.feed.get_or_init(|| started))
    }
}

fn custody_of(folder: &Path) -> PathBuf {
    folder.join(WORKROOM_DIR).join(custody::FOLDER)
}

fn tokens_of(folder: &Path) -> Tokens {
    Tokens::at(&custody_of(folder))
}

/// All that is served.
pub(crate) struct Host {
    served: Served,
    anonymous: Option<Principal>,
    open: Opener,
    model: Option<Arc<Model>>,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    /// Those that send events elsewhere, of each open workspace by its name.
    deliveries: Mutex<HashMap<String, Deliveries>>,
    /// Workspaces that were deleted, until nobody works in them any more.
    ending: Mutex<HashMap<String, Weak<Workspace>>>,
    /// Tokens that were not accepted, until that is noted.
    refused: RefusedTokens,
    /// Tokens of workspaces that are not open.
    closed: Mutex<HashMap<PathBuf, Arc<Tokens>>>,
}

impl Host {
    /// Serves these.
    pub(crate) fn new(served: Served, anonymous: Anonymous, open: Opener) -> Self {
        let (rooms, closed, deliveries) = (Mutex::default(), Mutex::default(), Mutex::default());
        let ending = Mutex::default();
        Self {
            served,
            anonymous: anonymous.principal(),
            open,
            model: None,
            rooms,
            ending,
            refused: RefusedTokens::default(),
            closed,
            deliveries,
        }
    }

    /// With a language model for all that is served.
    pub(crate) fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { model, ..self }
    }

    /// The name of the workspace that is meant where none is named; none when there are several.
    pub(crate) fn default_name(&self) -> Option<String> {
        match &self.served {
            Served::Folder(folder) => Some(name_of(folder)),
            Served::Below(_) => None,
        }
    }

    /// The names of all workspaces that are there, in order, with their folders.
    fn all(&self) -> Result<BTreeMap<String, PathBuf>> {
        let root = match &self.served {
            Served::Folder(folder) => return Ok(BTreeMap::from([(name_of(folder), folder.clone())])),
            Served::Below(root) => root,
        };
        let folders = Workspaces::below(root).folders().map_err(|error| {
            tracing::error!(%error, "the folder of the workspaces cannot be listed");
            Refusal::new(Kind::Unavailable, "the workspaces cannot be listed now")
        })?;
        Ok(folders.into_iter().collect())
    }

    /// Whether there is any token at all.
    pub(crate) fn has_tokens(&self) -> bool {
        let now_ms = now_ms();
        let any = |folder: &PathBuf| {
            self.tokens(folder).list(&Principal::owner(), now_ms).is_ok_and(|tokens| !tokens.is_empty())
        };
        self.all().is_ok_and(|all| all.values().any(any))
    }

    /// The workspaces that whoever asks may know of.
    ///
    /// # Errors
    /// [`Unauthenticated`](Kind::Unauthenticated) when it is nobody.
    pub(crate) fn names(&self, secret: Option<&str>) -> Result<Vec<String>> {
        let mut names = Vec::new();
        for (name, folder) in self.all()? {
            if self.principal(&folder, secret)?.is_some() {
                names.push(name);
            }
        }
        if names.is_empty() && (secret.is_some() || self.anonymous.is_none()) {
            return Err(unauthenticated(secret));
        }
        Ok(names)
    }

    /// The workspace of that name, for whoever asks.
    ///
    /// # Errors
    /// [`Unauthenticated`](Kind::Unauthenticated) when it is nobody anywhere; [`NotFound`](Kind::NotFound) when it is nobody in this one, or
    /// there is none.
    pub(crate) fn enter(&self, name: &str, secret: Option<&str>) -> Result<Access> {
        let all = self.all()?;
        let folder = all.get(name);
        let principal = match folder {
            Some(folder) => self.principal(folder, secret)?,
            None => None,
        };
        if let (Some(folder), Some(principal)) = (folder, principal) {
            return Ok(Access::new(self.room(name, folder)?, Arc::new(principal)));
        }
        self.names(secret)?;
        Err(Refusal::new(Kind::NotFound, format!("no such workspace: `{name}`")))
    }

    /// As [`Host::enter`], for somebody at that address: what is not accepted is noted soon.
    pub(crate) fn enter_from(&self, from: IpAddr, name: &str, secret: Option<&str>) -> Result<Access> {
        let entered = self.enter(name, secret);
        if entered.is_err()
            && let Some(secret) = secret
            && let Some(folder) = self.all()?.get(name)
            && let Some((why, token)) = self.tokens(folder).refusal(secret, now_ms())
        {
            self.refused.count(name, from, (&why, token), Instant::now());
        }
        entered
    }

    /// Whether a token was not accepted and that is not noted yet.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.has_any()
    }

    /// Notes which tokens were not accepted, as far as it is time. Returns whether there is more to come.
    pub(crate) fn note_refused(&self) -> bool {
        let room = |name: &str| {
            let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
            rooms.get(name).cloned()
        };
        let (due, more) = self.refused.due(Instant::now(), |name| room(name).is_some());
        for Due { workspace, act } in due {
            let noted = room(&workspace).map(|room| room.workspace.note_now(act));
            if let Some(Err(error)) = noted {
                tracing::error!(%error, workspace, "tokens that were not accepted are not in the audit log");
            }
        }
        more
    }

    /// Takes ownership of the workspace that a claim is for. Returns its name with what came of it.
    ///
    /// # Errors
    /// [`NotFound`](Kind::NotFound) when it is for none of these; and when the name cannot be taken.
    pub(crate) fn claim(&self, claim: &str, name: &str) -> Result<(String, Claimed)> {
        let now_ms = now_ms();
        let invalid = || {
            Refusal::new(
                Kind::NotFound,
                "the claim is not valid: it was taken, taken back, has expired, or never was",
            )
            .hint("ask whoever gave it to you for another one")
        };
        let custody = |error: custody::Error| Refusal::of_custody(&error);
        for (workspace, folder) in self.all()? {
            let tokens = self.tokens(&folder);
            if !tokens.is_claimable(claim, now_ms).map_err(custody)? {
                continue;
            }
            let claimed = tokens.claim(claim, name, Via::Http, now_ms).map_err(custody)?;
            let told = self.room(&workspace, &folder).and_then(|room| {
                room.workspace.tell_transfers().map_err(|error| Refusal::of(&error, &folder))
            });
            if let Err(refusal) = told {
                // It is done; the next owner tells it.
                tracing::error!(
                    why = refusal.detail,
                    "that ownership has changed hands is not in the audit log yet"
                );
            }
            return Ok((workspace, claimed));
        }
        Err(invalid())
    }

    /// Who asks, in the workspace at `folder`: the bearer of a secret, or anybody. `None` when it is nobody there.
    fn principal(&self, folder: &Path, secret: Option<&str>) -> Result<Option<Principal>> {
        let Some(secret) = secret else { return Ok(self.anonymous.clone()) };
        match self.tokens(folder).authenticate(secret, now_ms()) {
            Ok(principal) => Ok(Some(principal)),
            Err(Refused::Unreadable(error)) => Err(Refusal::of_custody(&error)),
            Err(Refused::Paused) => Err(paused()),
            Err(_) => Ok(None),
        }
    }

    fn tokens(&self, folder: &Path) -> Arc<Tokens> {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(closed.entry(folder.to_path_buf()).or_insert_with(|| Arc::new(tokens_of(folder))))
    }

    fn room(&self, name: &str, folder: &Path) -> Result<Arc<Room>> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(name) {
            return Ok(Arc::clone(room));
        }
        let workspace = Workspace::open_with(folder, &(self.open)(folder));
        let workspace = workspace.map_err(|error| Refusal::of(&error, folder))?;
        let room = Arc::new(Room::new(name, Arc::new(workspace)).with_model(self.model.clone()));
        rooms.insert(name.to_owned(), Arc::clone(&room));
        drop(rooms);
        self.deliver(&room);
        Ok(room)
    }

    /// Sends what happens there to its webhooks, for as long as this serves. Without it everything else is served as well.
    fn deliver(&self, room: &Room) {
        let custody = custody_of(room.workspace.root());
        match Deliveries::start(Arc::clone(&room.workspace), &custody, DeliveryOptions::default()) {
            Ok(started) => {
                let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
                deliveries.insert(room.name.clone(), started);
            }
            Err(error) => tracing::error!(%error, workspace = room.name, "webhooks are not served"),
        }
    }

    /// Whether what is served is where it was.
    pub(crate) fn is_there(&self) -> bool {
        match &self.served {
            Served::Folder(folder) => folder.join(WORKROOM_DIR).is_dir(),
            Served::Below(root) => std::fs::read_dir(root).is_ok(),
        }
    }

    /// Opens what can be opened before anybody asks, so that the first one does not wait.
    pub(crate) fn warm(&self) -> Result<()> {
        let Served::Folder(folder) = &self.served else {
            // One that sends events elsewhere does so whether anybody asks for it or not.
            let sending =
                self.all()?.into_iter().filter(|(_, folder)| Endpoints::are_there(&custody_of(folder)));
            return sending
                .map(|(name, folder)| self.room(&name, &folder))
                .try_for_each(|room| room.map(drop));
        };
        let room = self.room(&name_of(folder), folder)?;
        room.feed().map(drop)
    }
}

/// Whoever shows a token that is paused knows its secret, so nothing is told that they do not know.
fn paused() -> Refusal {
    Refusal::new(Kind::Forbidden, "the token is paused")
        .hint("an administrator of the workspace can say why, and resume it")
}

/// What is told to nobody in particular.
pub(crate) fn unauthenticated(secret: Option<&str>) -> Refusal {
    match secret {
        None => Refusal::new(Kind::Unauthenticated, "no token was shown")
            .hint("send `Authorization: Bearer wrk_...`; the workspace's owner makes one with `workroom token create`"),
        Some(_) => Refusal::new(Kind::Unauthenticated, "the token is not valid")
            .hint("ask the workspace's owner for another one"),
    }
}

/// Whether it can be a workspace's name.
pub(crate) fn is_name(name: &str) -> bool {
    Workspaces::is_name(name)
}

/// The name of the workspace in a folder: the folder's, as far as it can be one.
fn name_of(folder: &Path) -> String {
    let resolved = folder.canonicalize();
    let folder = resolved.as_deref().unwrap_or(folder);
    let name = folder.file_name().map(|name| name.to_string_lossy().replace(' ', "-")).unwrap_or_default();
    if is_name(&name) { name } else { "workspace".to_owned() }
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_called_as_its_folder_as_far_as_that_can_be() {
        assert_eq!(name_of(Path::new("/no/such/My Notes")), "My-Notes");
        assert_eq!(name_of(Path::new("/")), "workspace");
    }

    #[test]
    fn a_workspace_that_is_not_yours_is_as_none() {
        let root = tempfile::tempdir().unwrap();
        let open: Opener =
            Arc::new(|_| OpenOptions { sharing: workroom::Sharing::Alone, ..OpenOptions::default() });
        let host = Host::new(Served::Below(root.path().to_path_buf()), Anonymous::None, open);
        let mut secrets = Vec::new();
        for name in ["mine", "theirs"] {
            let folder = root.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            Workspace::init(&folder).unwrap();
            let new = custody::NewToken::new("t", vec![Grant::everything()]);
            secrets.push(tokens_of(&folder).create(&Principal::owner(), new, now_ms()).unwrap().secret);
        }
        let mine = Some(secrets[0].reveal());
        assert_eq!(host.names(mine).unwrap(), ["mine"]);
        assert!(host.enter("mine", mine).is_ok());
        let refused = |name: &str, secret| {
            host.enter(name, secret).err().map(|refusal| format!("{refusal:?}").replace(name, "X"))
        };
        assert!(refused("theirs", mine).is_some());
        assert_eq!(refused("theirs", mine), refused("absent", mine));
        assert_eq!(refused("theirs", None), refused("absent", None));
        assert_eq!(refused("mine", Some("wrk_x")), refused("absent", Some("wrk_x")));
        assert_eq!(host.enter("mine", None).err().map(|refusal| refusal.kind), Some(Kind::Unauthenticated));
    }
}
