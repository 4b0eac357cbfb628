//! The workspaces right below one folder, each by its folder's name: listed, made, cloned, archived, deleted.
//!
//! Invariant: a workspace is there whole or not at all: it is made apart under a name that is none, and put in its place in one step; what is
//! deleted is taken away in one step and removed afterwards. No link is followed, and none is a workspace.
//! Not here: who may (`server`), serving them, what is in one.

use crate::{Workspace, stop_daemon};
use engine::{Config, Engine, Error, ErrorKind, Lock, Result, WORKROOM_DIR};
use serde::Serialize;
use std::io;
use std::path::{Path, PathBuf};

/// The longest name of a workspace.
const LONGEST_NAME: usize = 64;
/// How folders begin that are not workspaces yet, or no more: no name of a workspace does.
const MAKING: &str = ".making-";
const DELETED: &str = ".deleted-";

/// Workspaces below one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspaces {
    root: PathBuf,
}

/// A workspace among others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name: that of its folder.
    pub name: String,
    /// What names it also when it is moved or renamed; absent until a program that makes ids has opened it.
    pub id: Option<String>,
    /// Whether it is archived: read and searched, not changed and not watched.
    pub archived: bool,
    /// Its folder.
    #[serde(skip)]
    pub folder: PathBuf,
}

impl Workspaces {
    /// Those right below this folder.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Whether it can be a workspace's name: letters, digits, dots, dashes and underscores, beginning with a letter or digit.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let usual = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        name.len() <= LONGEST_NAME
            && name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(usual)
    }

    /// The folders of all workspaces that are there, by name, in order.
    ///
    /// # Errors
    /// When the folder cannot be listed.
    pub fn folders(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = std::fs::read_dir(&self.root)?.flatten();
        let named = entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry)));
        // A link would lead elsewhere, and under two names one workspace would be opened twice.
        let fit = named.filter(|(name, entry)| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            Self::is_name(name) && is_folder && entry.path().join(WORKROOM_DIR).is_dir()
        });
        let mut folders: Vec<(String, PathBuf)> = fit.map(|(name, entry)| (name, entry.path())).collect();
        folders.sort_unstable();
        Ok(folders)
    }

    /// All workspaces that are there, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be listed, or the settings of one not be read.
    pub fn list(&self) -> Result<Vec<Named>> {
        let folders = self.folders().map_err(|error| Error::from(error).at(&self.root))?;
        folders.into_iter().map(|(name, folder)| Named::of(name, folder)).collect()
    }

    /// The workspace of that name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound).
    pub fn find(&self, name: &str) -> Result<Named> {
        let folder = self.root.join(name);
        let is_there = Self::is_name(name)
            && std::fs::symlink_metadata(&folder).is_ok_and(|meta| meta.is_dir())
            && folder.join(WORKROOM_DIR).is_dir();
        if is_there {
            return Named::of(name.to_owned(), folder);
        }
        Err(Error::new(ErrorKind::NotFound, format!("no such workspace: `{name}`"))
            .at(&self.root)
            .hint("`workroom workspaces list` shows their names"))
    }

    /// Makes an empty workspace.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for what can be no name, [`Conflict`](ErrorKind::Conflict) when it is taken, and when the disk refuses.
    pub fn create(&self, name: &str) -> Result<Named> {
        self.make(name, |_| Ok(()))
    }

    /// Makes a workspace of another one: with its files and its settings, and with none of its tokens, its history, its comments or its index. Files
    /// are copied one by one, as each is; links are left out.
    ///
    /// # Errors
    /// As [`Workspaces::create`], and when there is no template of that name.
    pub fn clone_as(&self, template: &str, name: &str) -> Result<Named> {
        let from = self.find(template)?.folder;
        self.make(name, |folder| {
            copy_below(&from, folder)?;
            Engine::copy_settings(&from, folder)
        })
    }

    /// Makes a workspace of a checkpoint of another one: with the files as they were then and the settings as they are now, and with nothing else of it.
    ///
    /// # Errors
    /// As [`Workspaces::create`] and [`Workspace::branch_checkpoint`].
    pub fn branch_as(&self, source: &Workspace, checkpoint: &str, name: &str) -> Result<Named> {
        self.make(name, |folder| source.branch_checkpoint(checkpoint, folder).map(drop))
    }

    /// Puts a workspace away, or takes it out again. Returns it as it is then. Whoever has it open learns of it soon.
    ///
    /// # Errors
    /// When there is none of that name, or the disk refuses.
    pub fn set_archived(&self, name: &str, archived: bool) -> Result<Named> {
        let found = self.find(name)?;
        Engine::set_archived(&found.folder, archived)?;
        Ok(Named { archived, ..found })
    }

    /// Deletes a workspace with all that is in it, for good. Its name is to be given twice, so that none is deleted by a slip. A daemon that has it
    /// open is asked to leave.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when the names differ, [`NotFound`](ErrorKind::NotFound), [`Locked`](ErrorKind::Locked) when a program has it
    /// open that does not leave, and when the disk refuses.
    pub fn delete(&self, name: &str, again: &str) -> Result<()> {
        if name != again {
            return Err(Error::new(ErrorKind::Invalid, format!("`{name}` was not deleted: `{again}` is not its name"))
                .hint("give the name once more to confirm that the workspace is to be deleted with all that is in it"));
        }
        let folder = self.find(name)?.folder;
        // What this process has open it knows to be at an end; others are asked.
        if Lock::holder(&folder).pid != Some(std::process::id()) {
            stop_daemon(&folder)?;
        }
        let gone = self.apart(DELETED)?;
        fs_err::rename(&folder, &gone)?;
        self.sync()?;
        Ok(fs_err::remove_dir_all(&gone)?)
    }

    /// Makes a workspace apart, and puts it in its place.
    fn make(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<Named> {
        if !Self::is_name(name) {
            return Err(Error::new(ErrorKind::Invalid, format!("`{name}` cannot be a workspace's name"))
                .hint("use letters, digits, dots, dashes and underscores, up to 64 of them"));
        }
        let folder = self.root.join(name);
        self.claim(&folder, name)?;
        let apart = self.apart(MAKING)?;
        let made = fs_err::create_dir(&apart).map_err(Error::from).and_then(|()| {
            fill(&apart)?;
            Workspace::init(&apart)?;
            put(&apart, &folder)?;
            self.sync()
        });
        if let Err(error) = made {
            // Whatever is left of it is no workspace; the name is free again.
            drop((std::fs::remove_dir_all(&apart), std::fs::remove_dir(&folder)));
            return Err(error);
        }
        Named::of(name.to_owned(), folder)
    }

    /// Takes the name: of two who want it at once, one gets it. An empty folder is nobody's.
    fn claim(&self, folder: &Path, name: &str) -> Result<()> {
        let taken = || {
            Error::new(ErrorKind::Conflict, format!("the name `{name}` is taken"))
                .at(folder)
                .hint("choose another name")
        };
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                std::fs::remove_dir(folder).map_err(|_| taken())?;
                std::fs::create_dir(folder).map_err(|_| taken())
            }
            made => made.map_err(|error| Error::from(error).at(&self.root)),
        }
    }

    fn apart(&self, prefix: &str) -> Result<PathBuf> {
        Ok(self.root.join(format!("{prefix}{}", Engine::new_id()?)))
    }

    fn sync(&self) -> Result<()> {
        if cfg!(unix) {
            fs_err::File::open(&self.root)?.sync_all()?;
        }
        Ok(())
    }
}

impl Named {
    fn of(name: String, folder: PathBuf) -> Result<Self> {
        let (id, archived) = (Engine::id_of(&folder)?, Config::of(&folder)?.archived);
        Ok(Self { name, id, archived, folder })
    }
}

/// Puts a folder where an empty one is.
fn put(apart: &Path, folder: &Path) -> Result<()> {
    if !cfg!(unix) {
        fs_err::remove_dir(folder)?;
    }
    Ok(fs_err::rename(apart, folder)?)
}

/// Copies what is in a workspace's folder, but for what the program keeps there for itself.
fn copy_below(from: &Path, to: &Path) -> Result<()> {
    let mut folders = vec![(from.to_path_buf(), to.to_path_buf())];
    while let Some((from, to)) = folders.pop() {
        for entry in fs_err::read_dir(&from)? {
            let entry = entry?;
            let (kind, target) = (entry.file_type()?, to.join(entry.file_name()));
            if kind.is_dir() && entry.file_name() != WORKROOM_DIR {
                fs_err::create_dir(&target)?;
                folders.push((entry.path(), target));
            } else if kind.is_file() {
                copy_file(&entry.path(), &target)?;
            }
        }
    }
    Ok(())
}

/// What is gone meanwhile is left out.
fn copy_file(from: &Path, to: &Path) -> Result<()> {
    match fs_err::copy(from, to) {
        Ok(_) => Ok(fs_err::File::open(to)?.sync_all()?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Workspace {
    /// Switches indexing off for a file, or a folder with all below it: it is read, written and listed, and not searched. Or on again. What is indexed
    /// follows at once. Returns whether that was another setting.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for what is no path, or lies in one that stays off; and as [`Workspace::index`].
    pub fn set_indexing(&self, path: &str, is_on: bool) -> Result<bool> {
        let is_other = self.switch_indexing(path, is_on)?;
        self.index(&engine::NoProgress)?;
        Ok(is_other)
    }

    /// As [`Workspace::set_indexing`]; what is indexed follows with the next run.
    ///
    /// # Errors
    /// As [`Workspace::set_indexing`].
    pub fn switch_indexing(&self, path: &str, is_on: bool) -> Result<bool> {
        let is_other = Engine::set_indexing(self.root(), path, is_on)?;
        self.reopen()?;
        Ok(is_other)
    }

    /// Puts the workspace away, so that it is read and searched and not changed or watched; or takes it out again. Returns whether that was another
    /// setting.
    ///
    /// # Errors
    /// When the settings cannot be written, or the workspace not be opened again.
    pub fn set_archived(&self, archived: bool) -> Result<bool> {
        let is_other = Engine::set_archived(self.root(), archived)?;
        self.reopen()?;
        Ok(is_other)
    }

    /// What names this workspace also when its folder is moved or renamed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn id(&self) -> Result<Option<String>> {
        Engine::id_of(self.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "A1", "notes-2026_b.old", "0"] {
            assert!(Workspaces::is_name(good), "{good}");
        }
        for bad in ["", ".a", "-a", "a/b", "a b", "ü", "..", &"a".repeat(65)] {
            assert!(!Workspaces::is_name(bad), "{bad}");
        }
    }

    fn names(workspaces: &Workspaces) -> Vec<String> {
        workspaces.list().unwrap().into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn a_clone_has_the_files_and_settings_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let workspaces = Workspaces::below(root.path());
        let template = workspaces.create("template").unwrap();
        let workspace = Workspace::open(&template.folder).unwrap();
        workspace.write("notes/tide.md", b"The tide turns at six.\n").unwrap();
        workspace.comment(&crate::About::whole("notes/tide.md"), "Which tide?").unwrap();
        workspace.set_indexing("logs", false).unwrap();
        drop(workspace);
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc", template.folder.join("link")).unwrap();

        let copy = workspaces.clone_as("template", "prod").unwrap();
        assert_ne!(copy.id, template.id);
        assert!(copy.id.is_some());
        assert!(std::fs::symlink_metadata(copy.folder.join("link")).is_err());
        assert!(
            !copy.folder.join(".workroom/custody").exists() && !copy.folder.join(".workroom/index").exists()
        );
        assert_eq!(Config::of(&copy.folder).unwrap().index.off, ["logs"]);
        let prod = Workspace::open(&copy.folder).unwrap();
        prod.index(&engine::NoProgress).unwrap();
        assert_eq!(prod.search(&engine::Query::new("tide")).unwrap()[0].path, "notes/tide.md");
        assert!(prod.comments(None, true, &engine::PathSet::all()).unwrap().is_empty());
        prod.write("notes/prod.md", b"Only here.\n").unwrap();
        assert!(!template.folder.join("notes/prod.md").exists());

        assert_eq!(names(&workspaces), ["prod", "template"]);
        for (name, kind) in [("prod", ErrorKind::Conflict), ("../x", ErrorKind::Invalid)] {
            assert_eq!(workspaces.clone_as("template", name).unwrap_err().kind(), kind);
        }
        assert_eq!(workspaces.clone_as("absent", "x").unwrap_err().kind(), ErrorKind::NotFound);
        // What failed left nothing, and what a killed process left is in nobody's way.
        std::fs::create_dir(root.path().join("empty")).unwrap();
        std::fs::create_dir_all(root.path().join(".making-abcd/.workroom")).unwrap();
        workspaces.create("empty").unwrap();
        assert_eq!(names(&workspaces), ["empty", "prod", "template"]);
    }

    #[test]
    fn what_is_archived_is_read_and_not_changed() {
        let root = tempfile::tempdir().unwrap();
        let workspaces = Workspaces::below(root.path());
        let folder = workspaces.create("old").unwrap().folder;
        let workspace = Workspace::open(&folder).unwrap();
        workspace.write("a.md", b"The heron stands.\n").unwrap();
        assert!(workspace.set_archived(true).unwrap() && !workspace.set_archived(true).unwrap());
        assert!(workspaces.find("old").unwrap().archived && workspace.status().unwrap().archived);
        let refused = |result: Result<()>| result.err().map(|error| error.kind());
        for result in [
            workspace.write("b.md", b"x").map(drop),
            workspace.remove("a.md").map(drop),
            workspace.rename("a.md", "b.md").map(drop),
            workspace.make_folder("c").map(drop),
            workspace.copy("a.md", "c.md").map(drop),
        ] {
            assert_eq!(refused(result), Some(ErrorKind::Unsupported));
        }
        assert_eq!(workspace.search(&engine::Query::new("heron")).unwrap().len(), 1);
        assert_eq!(workspace.read("a.md").unwrap(), b"The heron stands.\n");
        workspace.set_archived(false).unwrap();
        workspace.write("b.md", b"x").unwrap();
    }

    #[test]
    fn a_workspace_is_deleted_by_its_name_given_twice() {
        let root = tempfile::tempdir().unwrap();
        let workspaces = Workspaces::below(root.path());
        workspaces.create("a").unwrap();
        workspaces.create("b").unwrap();
        assert_eq!(workspaces.delete("a", "b").unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(workspaces.delete("c", "c").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(names(&workspaces), ["a", "b"]);
        workspaces.delete("a", "a").unwrap();
        assert_eq!(names(&workspaces), ["b"]);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1, "nothing is left of it");
    }

    #[test]
    fn indexing_is_switched_off_and_on_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace::create(folder.path()).unwrap();
        workspace.write("a/x.md", b"The heron stands.\n").unwrap();
        workspace.write("b.md", b"The heron flies.\n").unwrap();
        let found = || {
            let hits = workspace.search(&engine::Query::new("heron")).unwrap();
            let mut paths: Vec<String> = hits.into_iter().map(|hit| hit.path).collect();
            paths.sort();
            paths
        };
        assert_eq!(found(), ["a/x.md", "b.md"]);
        assert!(workspace.set_indexing("a", false).unwrap());
        assert_eq!(found(), ["b.md"]);
        assert_eq!(workspace.status().unwrap().index_off, ["a"]);
        // Files there are files all the same.
        workspace.write("a/y.md", b"The heron sleeps.\n").unwrap();
        assert_eq!(workspace.read("a/y.md").unwrap(), b"The heron sleeps.\n");
        assert_eq!(found(), ["b.md"]);
        let problems = workspace.problems().unwrap();
        assert!(problems.len() == 2 && problems.iter().all(|problem| problem.code == "not-indexed"));
        assert!(workspace.set_indexing("a", true).unwrap());
        assert_eq!(found(), ["a/x.md", "a/y.md", "b.md"]);
        assert!(workspace.problems().unwrap().is_empty());
        workspace.set_indexing("/", false).unwrap();
        assert!(found().is_empty());
        assert_eq!(workspace.set_indexing("a", true).unwrap_err().kind(), ErrorKind::Invalid);
        workspace.set_indexing("/", true).unwrap();
        assert_eq!(found().len(), 3);
    }
}
