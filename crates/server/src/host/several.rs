//! Workspaces beside each other: made, archived, deleted over the network.
//!
//! Invariant: what is made of another workspace is made for whoever administers the whole of that one. A name is free again once nobody works in
//! the workspace that had it.
//! Not here: how a folder becomes a workspace (`workroom`), entering one (`host`).

use super::{Host, Room, Served, now_ms, unauthenticated};
use crate::access::Access;
use crate::refusal::{Kind, Refusal, Result};
use custody::{Grant, Made, NewToken, Principal, Right};
use std::sync::{Arc, PoisonError};
use workroom::{Doing, Named, NoProgress, Workspaces};

/// A workspace to make.
pub(crate) struct NewWorkspace {
    /// Its name.
    pub(crate) name: String,
    /// The workspace whose files and settings it begins with.
    pub(crate) template: Option<String>,
    /// The checkpoint of the template that the files are of; without one they are as they are.
    pub(crate) checkpoint: Option<String>,
}

impl Host {
    /// Makes a workspace and its first token, which may everything there.
    ///
    /// # Errors
    /// [`Forbidden`](Kind::Forbidden) when there can be no others, or for whoever administers no workspace, or not the template;
    /// [`NotFound`](Kind::NotFound) when there is no such template or checkpoint; [`Conflict`](Kind::Conflict) when the name is taken.
    pub(crate) fn create(&self, new: &NewWorkspace, secret: Option<&str>) -> Result<(Arc<Room>, Made)> {
        let names = self.names(secret)?;
        let workspaces = self.several()?;
        self.refuse_ending(&new.name)?;
        if secret.is_none() {
            return Err(unauthenticated(None));
        }
        let made = match &new.template {
            Some(template) => self.make_of(template, new, &workspaces, secret)?,
            None => {
                self.require_some_administered(&names, secret)?;
                workspaces.create(&new.name).map_err(|error| self.refused(&error))?
            }
        };
        let room = self.room(&new.name, &made.folder)?;
        if new.template.is_some() && room.workspace.is_owner() {
            // Nobody else watches the folder; a daemon does.
            let indexed = room.workspace.index(&NoProgress);
            indexed.map_err(|error| Refusal::of(&error, &made.folder))?;
        }
        let first = NewToken::new("first", vec![Grant::everything()]);
        let made = room.tokens.create(&Principal::owner(), first, now_ms());
        Ok((room, made.map_err(|error| Refusal::of_custody(&error))?))
    }

    /// Makes one with the files of another one, as they are or as they were at a checkpoint.
    fn make_of(
        &self,
        template: &str,
        new: &NewWorkspace,
        workspaces: &Workspaces,
        secret: Option<&str>,
    ) -> Result<Named> {
        let access = self.enter(template, secret)?;
        access.require_everything(Doing::WorkspaceClone)?;
        let (made, what) = match &new.checkpoint {
            Some(checkpoint) => {
                let made = workspaces.branch_as(&access.room().workspace, checkpoint, &new.name);
                (made, format!("checkpoint `{checkpoint}` as `{}`", new.name))
            }
            None => (workspaces.clone_as(template, &new.name), format!("as `{}`", new.name)),
        };
        let made = made.map_err(|error| self.refused(&error))?;
        access.note(access.act(Doing::WorkspaceClone).saying(what));
        Ok(made)
    }

    /// Whoever administers one workspace may make an empty one beside it.
    fn require_some_administered(&self, names: &[String], secret: Option<&str>) -> Result<()> {
        let all = self.all()?;
        let administers = |name: &String| {
            let principal = all.get(name).map(|folder| self.principal(folder, secret));
            matches!(principal, Some(Ok(Some(principal))) if principal.may(Right::Admin, ""))
        };
        if names.iter().any(administers) {
            return Ok(());
        }
        let mut refusal = Refusal::new(Kind::Forbidden, "this token administers no workspace");
        refusal.scope = Some(Right::Admin.name().to_owned());
        Err(refusal.hint("ask for a token with `admin` on the whole of one"))
    }

    /// Puts the workspace that `access` is to away, or takes it out again. For who administers it.
    pub(crate) fn set_archived(access: &Access, archived: bool) -> Result<()> {
        access.require_everything(Doing::WorkspaceArchive)?;
        let workspace = &access.room().workspace;
        let set = workspace.set_archived(archived);
        set.map_err(|error| Refusal::of(&error, workspace.root()))?;
        let what = if archived { "archived" } else { "taken out of the archive" };
        access.note(access.act(Doing::WorkspaceArchive).saying(what));
        Ok(())
    }

    /// Deletes the workspace that `access` is to, with all that is in it. For who administers it and gives its name once more.
    pub(crate) fn delete(&self, access: &Access, again: &str) -> Result<String> {
        access.require_everything(Doing::WorkspaceArchive)?;
        let workspaces = self.several()?;
        let name = access.room().name.clone();
        if again != name {
            return Err(Refusal::invalid(format!("`{again}` is not the name of the workspace; nothing was deleted"))
                .hint("give the name of the workspace once more, to confirm that it is to be deleted with all that is in it"));
        }
        // Whoever still works in it holds it open; its folder is taken away all the same, and they learn of it.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        drop(self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).remove(&name));
        let ending = Arc::downgrade(&access.room().workspace);
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), ending);
        let deleted = workspaces.delete(&name, again);
        self.closed.lock().unwrap_or_else(PoisonError::into_inner).retain(|folder, _| folder.is_dir());
        deleted.map_err(|error| self.refused(&error)).map(|()| name)
    }

    /// Refuses the name of a workspace that was deleted while somebody still works in it, who writes there by its name.
    fn refuse_ending(&self, name: &str) -> Result<()> {
        let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        ending.retain(|_, workspace| workspace.strong_count() > 0);
        if !ending.contains_key(name) {
            return Ok(());
        }
        let detail = format!("the workspace `{name}` was deleted and is still being closed");
        Err(Refusal { retry_after: Some(1), ..Refusal::new(Kind::Conflict, detail) })
    }

    /// All workspaces below the folder that is served, where that is so.
    fn several(&self) -> Result<Workspaces> {
        match &self.served {
            Served::Below(root) => Ok(Workspaces::below(root)),
            Served::Folder(_) => Err(Refusal::new(Kind::Forbidden, "this server serves one workspace")
                .hint("start it with `--root DIR` to serve several")),
        }
    }

    fn refused(&self, error: &workroom::Error) -> Refusal {
        let (Served::Below(root) | Served::Folder(root)) = &self.served;
        match error.kind() {
            workroom::ErrorKind::Invalid => Refusal::invalid(error.to_string()),
            _ => Refusal::of(error, root),
        }
    }
}
