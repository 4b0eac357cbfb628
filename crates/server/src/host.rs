//! The workspaces that are served, and who asks for them.
//!
//! Invariant: a workspace is opened once, on first use, and stays open. A token is looked up among the tokens of the workspace that is asked
//! for. A workspace that a token does not open is told exactly as one that is not there.
//! Not here: what a principal may do (`access`), headers (`http`).

use crate::access::Access;
use crate::changes::Changes;
use crate::refusal::{Kind, Refusal, Result};
use crate::versions::Versions;
use custody::{Grant, Principal, Refused, Right, Rights, Tokens};
use generate::Model;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use workroom::{OpenOptions, WORKROOM_DIR, Workspace};

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

/// The longest name of a workspace.
const LONGEST_NAME: usize = 64;
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
    changes: OnceLock<Changes>,
    model: Option<Arc<Model>>,
}

impl Room {
    /// A workspace under a name.
    pub(crate) fn new(name: impl Into<String>, workspace: Arc<Workspace>) -> Self {
        let tokens = tokens_of(workspace.root());
        let (versions, changes) = (Versions::default(), OnceLock::new());
        Self { name: name.into(), workspace, tokens, versions, changes, model: None }
    }

    /// With a language model, which answers questions about it.
    pub(crate) fn with_model(self, model: Option<Arc<Model>>) -> Self {
        Self { model, ..self }
    }

    /// The language model, if there is one.
    pub(crate) fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// Its changes. Watching begins with the first call.
    pub(crate) fn changes(&self) -> Result<&Changes> {
        if let Some(changes) = self.changes.get() {
            return Ok(changes);
        }
        let started =
            Changes::start(&self.workspace).map_err(|error| Refusal::of(&error, self.workspace.root()))?;
        Ok(self.changes.get_or_init(|| started))
    }
}

fn tokens_of(folder: &Path) -> Tokens {
    Tokens::at(&folder.join(WORKROOM_DIR).join(custody::FOLDER))
}

/// All that is served.
pub(crate) struct Host {
    served: Served,
    anonymous: Option<Principal>,
    open: Opener,
    model: Option<Arc<Model>>,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    /// Tokens of workspaces that are not open.
    closed: Mutex<HashMap<PathBuf, Arc<Tokens>>>,
}

impl Host {
    /// Serves these.
    pub(crate) fn new(served: Served, anonymous: Anonymous, open: Opener) -> Self {
        let (rooms, closed) = (Mutex::default(), Mutex::default());
        Self { served, anonymous: anonymous.principal(), open, model: None, rooms, closed }
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
        let entries = std::fs::read_dir(root).map_err(|error| {
            tracing::error!(%error, "the folder of the workspaces cannot be listed");
            Refusal::new(Kind::Unavailable, "the workspaces cannot be listed now")
        })?;
        let named =
            entries.flatten().filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)));
        // A link would lead elsewhere, and under two names one workspace would be opened twice.
        let fit = named.filter(|(name, entry)| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            is_name(name) && is_folder && entry.path().join(WORKROOM_DIR).is_dir()
        });
        Ok(fit.map(|(name, entry)| (name, entry.path())).collect())
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

    /// Makes a workspace and its first token, which may everything there.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when there can be no others, or for whoever administers no workspace; [`Conflict`](Kind::Conflict) when
    /// it is there.
    pub(crate) fn create(&self, name: &str, secret: Option<&str>) -> Result<(Arc<Room>, custody::Made)> {
        let names = self.names(secret)?;
        let Served::Below(root) = &self.served else {
            return Err(Refusal::new(Kind::Forbidden, "this server serves one workspace")
                .hint("start it with `--root DIR` to serve several"));
        };
        let all = self.all()?;
        let administers = |name: &String| {
            let principal = all.get(name).map(|folder| self.principal(folder, secret));
            matches!(principal, Some(Ok(Some(principal))) if principal.may(Right::Admin, ""))
        };
        if secret.is_none() {
            return Err(unauthenticated(None));
        }
        if !names.iter().any(administers) {
            let mut refusal = Refusal::new(Kind::Forbidden, "this token administers no workspace");
            refusal.scope = Some(Right::Admin.name().to_owned());
            return Err(refusal.hint("ask for a token with `admin` on the whole of one"));
        }
        if !is_name(name) {
            return Err(Refusal::invalid(format!("`{name}` cannot be a workspace's name")));
        }
        let folder = root.join(name);
        match std::fs::create_dir(&folder) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(Refusal::new(Kind::Conflict, format!("the name `{name}` is taken")));
            }
            Err(error) => {
                tracing::error!(%error, "a workspace cannot be made");
                return Err(Refusal::new(Kind::Unavailable, "a workspace cannot be made now"));
            }
        }
        Workspace::init(&folder).map_err(|error| Refusal::of(&error, &folder))?;
        let room = self.room(name, &folder)?;
        let first = custody::NewToken::new("first", vec![Grant::everything()]);
        let made = room.tokens.create(&Principal::owner(), first, now_ms());
        Ok((room, made.map_err(|error| Refusal::of_custody(&error))?))
    }

    /// Who asks, in the workspace at `folder`: the bearer of a secret, or anybody. `None` when it is nobody there.
    fn principal(&self, folder: &Path, secret: Option<&str>) -> Result<Option<Principal>> {
        let Some(secret) = secret else { return Ok(self.anonymous.clone()) };
        match self.tokens(folder).authenticate(secret, now_ms()) {
            Ok(principal) => Ok(Some(principal)),
            Err(Refused::Unreadable(error)) => Err(Refusal::of_custody(&error)),
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
        Ok(room)
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
        let Served::Folder(folder) = &self.served else { return self.all().map(drop) };
        let room = self.room(&name_of(folder), folder)?;
        room.changes().map(drop)
    }
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
    let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(usual)
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
    fn names_are_plain() {
        for good in ["a", "A1", "notes-2026_b.old", "0"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", ".a", "-a", "a/b", "a b", "ü", "..", &"a".repeat(65)] {
            assert!(!is_name(bad), "{bad}");
        }
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
