//! The ignore files of one folder, read and compiled.
//!
//! Invariant: a bad ignore file never hides or fails anything; it becomes a [`Problem`] and its good lines count.
//! Not here: how the files of several folders combine (see `rules`).

use std::io::Read as _;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::open::{OpenError, open};
use crate::problem::{Problem, Reason};
use crate::stat::{Presence, Stat, wall_clock_ns};

/// Where rules come from, strongest first.
pub(crate) const SOURCES: [Source; 4] = [
    Source { file: ".workroomignore", of_git: false },
    Source { file: ".ignore", of_git: false },
    Source { file: ".gitignore", of_git: true },
    Source { file: ".git/info/exclude", of_git: true },
];

/// One kind of ignore file.
pub(crate) struct Source {
    /// Its place in a folder.
    pub(crate) file: &'static str,
    /// Whether it counts only inside the repository it lies in.
    pub(crate) of_git: bool,
}

/// Longer ignore files are not read: compiling a pattern costs many times its length in memory.
const MAX_BYTES: u64 = 1 << 20;

/// What the ignore files of one folder say. Cheap when there are none.
#[derive(Debug, Default)]
pub(crate) struct FolderRules {
    matchers: [Option<Gitignore>; SOURCES.len()],
    /// Whether the folder is the top of a repository: rules of an outer repository do not reach into it.
    pub(crate) is_repository: bool,
    /// What is wrong with the files.
    pub(crate) problems: Vec<Problem>,
    stamps: [Option<Stat>; SOURCES.len()],
    /// Whether equal stamps prove equal content, see [`Stat::is_racy`].
    may_be_reused: bool,
}

impl FolderRules {
    /// The rules of folder `dir` (relative to `root`), which are `known` if nothing changed.
    pub(crate) fn load(
        root: &Path,
        dir: &str,
        with_git: bool,
        known: Option<std::sync::Arc<Self>>,
    ) -> std::sync::Arc<Self> {
        let at = if dir.is_empty() { root.to_path_buf() } else { root.join(dir) };
        let stamps = SOURCES.each_ref().map(|source| {
            let wanted = with_git || !source.of_git;
            wanted.then(|| stamp(&at.join(source.file))).flatten()
        });
        let is_repository = with_git && at.join(".git").symlink_metadata().is_ok();
        if let Some(known) = known
            && known.may_be_reused
            && known.stamps == stamps
            && known.is_repository == is_repository
        {
            return known;
        }
        let now = wall_clock_ns();
        let may_be_reused = !stamps.iter().flatten().any(|stamp| stamp.is_racy(now));
        let mut rules = Self { stamps, is_repository, may_be_reused, ..Self::default() };
        for (index, stamp) in stamps.iter().enumerate() {
            if let Some(stamp) = stamp {
                rules.matchers[index] = rules.compile(root, dir, SOURCES[index].file, stamp.size);
            }
        }
        rules.into()
    }

    /// Whether it has no say at all, so that it need not be kept.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_repository && self.stamps.iter().all(Option::is_none)
    }

    /// What the file number `source` of [`SOURCES`] says about `path`, relative to this folder: `Some(true)` to keep it.
    pub(crate) fn verdict(&self, source: usize, path: &str, is_dir: bool) -> Option<bool> {
        match self.matchers[source].as_ref()?.matched(path, is_dir) {
            Match::None => None,
            Match::Ignore(_) => Some(false),
            Match::Whitelist(_) => Some(true),
        }
    }

    fn compile(&mut self, root: &Path, dir: &str, file: &str, size: u64) -> Option<Gitignore> {
        let shown = if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") };
        if size > MAX_BYTES {
            let text = format!("it has {size} bytes, more than {MAX_BYTES}");
            self.problems.push(Problem::new(&shown, Reason::RulesUnused(text)));
            return None;
        }
        match read(root, &shown) {
            Ok(bytes) => parse(&bytes, &shown, &mut self.problems),
            Err(why) => {
                self.problems.push(Problem::new(&shown, Reason::RulesUnused(why)));
                None
            }
        }
    }
}

/// Only regular files count, as with git: a link could lead anywhere.
fn stamp(path: &Path) -> Option<Stat> {
    match Presence::of(path) {
        Ok(Presence::File(stat)) => Some(stat),
        // An unreadable folder is reported when it is listed.
        _ => None,
    }
}

/// At most as much as is allowed, whatever the file has become since it was looked at.
fn read(root: &Path, path: &str) -> Result<Vec<u8>, String> {
    let (file, _) = open(root, path).map_err(|error| match error {
        OpenError::Refused(error) => error.kind().to_string(),
        error => error.to_string(),
    })?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.kind().to_string())?;
    Ok(bytes)
}

fn parse(bytes: &[u8], shown: &str, problems: &mut Vec<Problem>) -> Option<Gitignore> {
    let text = String::from_utf8_lossy(bytes);
    // An empty root: candidates are given relative to the folder.
    let mut builder = GitignoreBuilder::new("");
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if let Err(error) = builder.add_line(None, line) {
            let reason = Reason::BadRule { line: index + 1, text: error.to_string() };
            problems.push(Problem::new(shown, reason));
        }
    }
    match builder.build() {
        Ok(matcher) => Some(matcher),
        Err(error) => {
            problems.push(Problem::new(shown, Reason::BadRule { line: 0, text: error.to_string() }));
            None
        }
    }
}
