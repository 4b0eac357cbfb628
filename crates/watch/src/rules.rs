//! Which files of the folder belong to the workspace.
//!
//! Invariant: a walk and a question about one path use the same code, `Rules::keeps` and `Rules::enter`, so they agree.
//! Invariant: nothing above the root is read, so a workspace means the same wherever it is moved.
//! Not here: the syntax of patterns (crate `ignore`), listing folders (see `scan`).
//!
//! Precedence: `.workroomignore`, `.ignore`, `.gitignore`, `.git/info/exclude`, the first that says anything; within one kind
//! the nearest folder's file. What lies in an ignored folder cannot be taken back in, as with git.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use corpus::DocPath;

use crate::rule_file::{FolderRules, SOURCES};
use crate::{Error, Presence, Problem};

/// The name of the workspace's own ignore file, in the syntax of `.gitignore`; the strongest of all.
pub const IGNORE_FILE: &str = SOURCES[0].file;

/// The text of the [`IGNORE_FILE`] that a new workspace starts with. Nothing of it is built in: who deletes a line sees the files.
pub const DEFAULT_IGNORE: &str = "\
# What the workspace does not index, in the syntax of .gitignore.
# It is stronger than .gitignore: `!name` here takes in what .gitignore leaves out.

# This file says nothing worth finding
.workroomignore

# Other version control
.hg/
.svn/
.jj/

# Installed dependencies and build output
node_modules/
target/
.venv/
venv/
__pycache__/
*.pyc
.mypy_cache/
.pytest_cache/
.ruff_cache/
.tox/
.gradle/
.next/
.nuxt/
.parcel-cache/
.terraform/
.cache/

# Earlier steps of agents' states: the last one is searchable beside them
agents/*/steps/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].json

# Left behind by saves that did not come to their end
agents/*/*_state.json.temp
agents/*/*_state.json.backup

# Left behind by editors and systems
*~
*.swp
*.swo
*.tmp
.#*
\\#*#
.DS_Store
Thumbs.db
desktop.ini
";

/// Folders (or files) of this name are never part of a workspace, at any depth: our own data, and git's.
const RESERVED: [&str; 2] = [".workroom", ".git"];

/// What [`Rules`] are made of besides the ignore files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RulesOptions {
    /// Whether names that begin with a dot are taken in (unless a rule excludes them). Otherwise only what a rule takes in by `!name`.
    pub hidden: bool,
    /// Whether `.gitignore` and `.git/info/exclude` count.
    pub git: bool,
}

impl Default for RulesOptions {
    fn default() -> Self {
        Self { hidden: true, git: true }
    }
}

/// The ignore rules of one workspace. Cheap to clone; clones share what they read.
///
/// Ignore files are read when they are needed and again when their [`Stat`](crate::Stat) changed, so an answer is never out of date.
#[derive(Clone, Debug)]
pub struct Rules {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    options: RulesOptions,
    /// Compiled rules by folder; only of folders that have some.
    known: Mutex<HashMap<String, Arc<FolderRules>>>,
}

impl Rules {
    /// Rules for the workspace at `root`, which may be reached by a symbolic link: it is resolved once, here.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when there is nothing at `root` or it cannot be looked at, [`Error::NotAFolder`] when it is a file.
    pub fn new(root: &Path, options: RulesOptions) -> Result<Self, Error> {
        let root = fs_err::canonicalize(root).map_err(Error::Unreadable)?;
        if Presence::of(&root)? != Presence::Folder {
            return Err(Error::NotAFolder(root));
        }
        Ok(Self { inner: Arc::new(Inner { root, options, known: Mutex::default() }) })
    }

    /// The workspace's folder, absolute and without symbolic links.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Whether a regular file at `path` would be part of a [`scan`](crate::scan()): the ignore files of all its folders, reserved
    /// names, and no symbolic link on the way. `false` for what is there but is no regular file. A path where nothing is yet is judged by the rules alone.
    #[must_use]
    pub fn is_indexable(&self, path: &DocPath) -> bool {
        if !View::new(self).keeps(path.as_str(), false) {
            return false;
        }
        match path.to_fs(self.root()).symlink_metadata() {
            Ok(metadata) => metadata.is_file(),
            Err(error) => crate::stat::is_absence(error.kind()),
        }
    }

    /// Answers about several paths at this moment: the ignore files of each folder are looked at once.
    #[must_use]
    pub fn judge(&self) -> Judge<'_> {
        Judge(View::new(self))
    }

    /// Forgets what was read from the ignore files of folder `dir`, for changes that a file's time may not show.
    pub(crate) fn forget(&self, dir: &str) {
        self.known().remove(dir);
    }

    /// The rules that hold for the entries of the root.
    pub(crate) fn top(&self) -> Arc<Chain> {
        Arc::new(Chain { dir: String::new(), rules: self.load(""), above: None })
    }

    /// The rules that hold for the entries of folder `dir`, which lies directly in a folder ruled by `above`.
    pub(crate) fn enter(&self, above: &Arc<Chain>, dir: &str) -> Arc<Chain> {
        let rules = self.load(dir);
        if rules.is_empty() {
            return above.clone();
        }
        Arc::new(Chain { dir: dir.to_owned(), rules, above: Some(above.clone()) })
    }

    /// Whether an entry of a folder ruled by `chain` belongs to the workspace. `path` is relative to the root.
    pub(crate) fn keeps(&self, chain: &Chain, path: &str, is_dir: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_reserved(name) {
            return false;
        }
        chain.verdict(path, is_dir).unwrap_or(self.inner.options.hidden || !name.starts_with('.'))
    }

    fn descend(&self, above: &Arc<Chain>, dir: &str) -> Option<Arc<Chain>> {
        let is_link = || self.root().join(dir).symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        (self.keeps(above, dir, true) && !is_link()).then(|| self.enter(above, dir))
    }

    fn load(&self, dir: &str) -> Arc<FolderRules> {
        let known = self.known().get(dir).cloned();
        let was_known = known.is_some();
        let rules = FolderRules::load(self.root(), dir, self.inner.options.git, known);
        if !rules.is_empty() {
            self.known().insert(dir.to_owned(), rules.clone());
        } else if was_known {
            self.forget(dir);
        }
        rules
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<FolderRules>>> {
        // The map is only ever changed by whole entries, so a panic elsewhere leaves it valid.
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rules that hold in one folder: its own and those of the folders above it. Folders without ignore files have no link.
#[derive(Debug)]
pub(crate) struct Chain {
    dir: String,
    rules: Arc<FolderRules>,
    above: Option<Arc<Chain>>,
}

impl Chain {
    /// What is wrong with the ignore files of folder `dir`, if this chain begins with it.
    pub(crate) fn problems_of(&self, dir: &str) -> &[Problem] {
        if self.dir == dir { &self.rules.problems } else { &[] }
    }

    fn verdict(&self, path: &str, is_dir: bool) -> Option<bool> {
        (0..SOURCES.len()).find_map(|source| self.verdict_of(source, path, is_dir))
    }

    fn verdict_of(&self, source: usize, path: &str, is_dir: bool) -> Option<bool> {
        let mut link = Some(self);
        while let Some(chain) = link {
            let below = path.strip_prefix(chain.dir.as_str()).unwrap_or(path).trim_start_matches('/');
            let verdict = chain.rules.verdict(source, below, is_dir);
            if verdict.is_some() {
                return verdict;
            }
            if SOURCES[source].of_git && chain.rules.is_repository {
                return None;
            }
            link = chain.above.as_deref();
        }
        None
    }
}

/// Whether files belong to a workspace, at one moment.
pub struct Judge<'a>(View<'a>);

impl Judge<'_> {
    /// As [`Rules::is_indexable`], of what is known to be a regular file.
    pub fn takes_in(&mut self, file: &DocPath) -> bool {
        self.0.keeps(file.as_str(), false)
    }
}

/// Answers about many paths at one moment: the rules of each folder are looked at once.
pub(crate) struct View<'a> {
    rules: &'a Rules,
    /// `None` for folders that are ignored or reached by a symbolic link.
    chains: HashMap<String, Option<Arc<Chain>>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Self { rules, chains: HashMap::new() }
    }

    /// Whether `path`, as a file or as a folder, is kept by the rules, and so are all folders above it. Does not look at `path` itself.
    pub(crate) fn keeps(&mut self, path: &str, is_dir: bool) -> bool {
        match self.chain(parent(path)) {
            Some(chain) => self.rules.keeps(&chain, path, is_dir),
            None => false,
        }
    }

    /// The rules for the entries of folder `dir`, unless it does not belong to the workspace.
    pub(crate) fn chain(&mut self, dir: &str) -> Option<Arc<Chain>> {
        if let Some(known) = self.chains.get(dir) {
            return known.clone();
        }
        let rules = self.rules;
        let mut chain = self.chains.entry(String::new()).or_insert_with(|| Some(rules.top())).clone()?;
        // From the top down and not recursively: a path that only a caller made up may be of any depth.
        let ends = dir.match_indices('/').map(|(at, _)| at).chain([dir.len()]);
        for folder in ends.map(|end| &dir[..end]).filter(|folder| !folder.is_empty()) {
            chain = match self.chains.get(folder) {
                Some(known) => known.clone()?,
                None => {
                    let opened = rules.descend(&chain, folder);
                    self.chains.insert(folder.to_owned(), opened.clone());
                    opened?
                }
            };
        }
        Some(chain)
    }
}

/// The folder that holds `path`; the empty string is the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(dir, _)| dir)
}

/// Whether files and folders of this name never belong to a workspace.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// Whether a file of this name holds ignore rules.
pub(crate) fn is_ignore_file(name: &str) -> bool {
    SOURCES.iter().any(|source| source.file == name)
}
