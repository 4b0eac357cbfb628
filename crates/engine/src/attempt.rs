//! Attempts: changes that other processes ask for, each made once although the owner that was asked may die in the middle.
//!
//! Invariant: the one step that a change consists of is noted under its id before it is made, and that it was made after it, both while nobody else
//! writes there. Whoever opens the workspace next looks which steps were made, before anybody can ask for another change. So whoever asks again
//! under the same id is told of the first time.
//! Not here: who asks again, and when (`workroom`).
//!
//! A note is not synced: a power cut ends those who could ask again as well. One that cannot be written costs no change, and no more than this.

use crate::layout::Layout;
use crate::{Engine, Result};
use corpus::DocPath;
use files::{Files, Identity};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// An attempt at a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Of all attempts at the same change, where there may be several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Whether the owner that was asked before went away without an answer.
    #[serde(default)]
    again: bool,
}

impl Attempt {
    /// The first of perhaps several: by a process that can ask another owner.
    #[must_use]
    pub fn first() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self { id: Some(format!("{process:x}-{:x}-{number:x}", since.as_nanos())), again: false }
    }

    /// The next one, when the owner that was asked is lost.
    #[must_use]
    pub fn again(&self) -> Self {
        Self { again: true, ..self.clone() }
    }

    /// Whether an owner that was asked before went away.
    pub(crate) fn is_again(&self) -> bool {
        self.again
    }

    /// What tells it from all others, where it may be made again.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Forgets it in the workspace at `root`: it was answered.
    pub fn forget(&self, root: &Path) {
        if let Some(note) = self.note(&Layout { root: root.to_path_buf() }) {
            // A change that was refused has none; what is left is swept with all else.
            drop(fs::remove_file(note));
        }
    }

    fn note(&self, layout: &Layout) -> Option<PathBuf> {
        let id = self.id.as_deref().filter(|id| is_plain(id))?;
        Some(layout.temporary().join(format!("{PREFIX}{id}")))
    }
}

const PREFIX: &str = "asked-";
/// What is added to a note when its step was made; its first line is the step.
const MADE: &[u8] = b"made\n";
/// Of a note and of an id.
const LONGEST: u64 = 16 << 10;
const LONGEST_ID: usize = 80;

/// Ids come from other processes and become names of files.
fn is_plain(id: &str) -> bool {
    let usual = |c: char| c.is_ascii_hexdigit() || c == '-';
    (1..=LONGEST_ID).contains(&id.len()) && id.chars().all(usual)
}

/// The step that a change consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// This gets that path.
    Placed(Identity, String),
    /// This leaves that path, and has none.
    Taken(Identity, String),
    /// Something new is made there.
    Made(String),
}

impl Step {
    fn is_made(&self, files: &Files) -> bool {
        let at = |path: &str| DocPath::new(path).ok().map(|path| files.identity(&path));
        match self {
            Self::Placed(what, to) => matches!(at(to), Some(Ok(found)) if found == *what),
            Self::Taken(what, from) => match at(from) {
                Some(Ok(found)) => found != *what,
                // That the system cannot say it is no proof.
                Some(Err(error)) => !matches!(error, files::Error::Io { .. }),
                None => false,
            },
            Self::Made(at_path) => matches!(at(at_path), Some(Ok(_))),
        }
    }
}

impl Engine {
    /// Whether an earlier attempt has made the change.
    pub(crate) fn was_made(&self, attempt: &Attempt) -> bool {
        let note = attempt.note(&self.layout).filter(|_| attempt.again);
        note.and_then(|note| read(&note)).is_some_and(|(_, is_made)| is_made)
    }

    /// Makes a change whose one step is `step`.
    pub(crate) fn make<T>(
        &self,
        attempt: &Attempt,
        step: impl FnOnce() -> Result<Step>,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let Some(note) = attempt.note(&self.layout) else { return change() };
        let noted = begin(&note, &step()?).inspect_err(|error| {
            tracing::warn!(%error, "a change that is cut short now could be made twice");
        });
        let made = change()?;
        if let Ok(mut file) = noted
            && let Err(error) = file.write_all(MADE)
        {
            tracing::warn!(%error, "a change that is cut short now could be made twice");
        }
        Ok(made)
    }
}

fn begin(note: &Path, step: &Step) -> io::Result<File> {
    let mut file = File::create(note)?;
    file.write_all(&[serde_json::to_vec(step)?, b"\n".to_vec()].concat())?;
    Ok(file)
}

/// A note's step, and whether it says that it was made. `None` when it is none, or was cut off before anything was done.
fn read(note: &Path) -> Option<(Step, bool)> {
    if fs::metadata(note).ok()?.len() > LONGEST {
        return None;
    }
    let bytes = fs::read(note).ok()?;
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((serde_json::from_slice(&bytes[..end]).ok()?, bytes[end..].ends_with(MADE)))
}

/// Looks which steps the last owner made, before this one lets anybody in.
pub(crate) fn settle(layout: &Layout, files: &Files) -> io::Result<()> {
    for entry in fs::read_dir(layout.temporary())? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        match read(&entry.path()) {
            Some((_, true)) => {}
            Some((step, false)) if step.is_made(files) => {
                File::options().append(true).open(entry.path())?.write_all(MADE)?;
            }
            _ => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::WORKROOM_DIR;

    /// A folder with a file, and another on its way into it.
    struct Stage {
        dir: tempfile::TempDir,
        layout: Layout,
        files: Files,
        attempt: Attempt,
    }

    impl Stage {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (layout, _) = Layout::make(dir.path()).unwrap();
            let files = Files::open(dir.path(), WORKROOM_DIR).unwrap();
            fs::write(dir.path().join("old"), "old").unwrap();
            fs::write(layout.temporary().join("new"), "new").unwrap();
            Self { dir, layout, files, attempt: Attempt::first() }
        }

        fn at(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn note(&self) -> PathBuf {
            self.attempt.note(&self.layout).unwrap()
        }
    }

    type Act = fn(&Stage);

    /// Each kind of step, and how it is made.
    fn steps(stage: &Stage) -> [(Step, Act); 4] {
        let new = stage.layout.temporary().join("new");
        let [new, old] = [&new, &stage.at("old")].map(|path| files::identity_of(path).unwrap());
        [
            (Step::Placed(new, "made".into()), |stage| {
                fs::rename(stage.layout.temporary().join("new"), stage.at("made")).unwrap();
            }),
            (Step::Placed(new, "old".into()), |stage| {
                fs::rename(stage.layout.temporary().join("new"), stage.at("old")).unwrap();
            }),
            (Step::Taken(old, "old".into()), |stage| fs::remove_file(stage.at("old")).unwrap()),
            (Step::Made("folder".into()), |stage| fs::create_dir(stage.at("folder")).unwrap()),
        ]
    }

    #[test]
    fn the_next_owner_knows_which_steps_were_made() {
        for nth in 0..4 {
            for is_made in [false, true] {
                let stage = Stage::new();
                let (step, act) = &steps(&stage)[nth];
                drop(begin(&stage.note(), step).unwrap());
                if is_made {
                    act(&stage);
                }
                settle(&stage.layout, &stage.files).unwrap();
                let known = read(&stage.note());
                assert_eq!(known, is_made.then(|| (step.clone(), true)), "{step:?}, made: {is_made}");
                settle(&stage.layout, &stage.files).unwrap();
                assert_eq!(read(&stage.note()), known, "the owner after the next one knows the same");
                stage.attempt.forget(stage.dir.path());
                assert!(!stage.note().exists());
            }
        }
    }

    #[test]
    fn a_note_that_was_cut_off_anywhere_is_settled_by_what_is_there() {
        let stage = Stage::new();
        let (step, act) = &steps(&stage)[0];
        begin(&stage.note(), step).unwrap().write_all(MADE).unwrap();
        let whole = fs::read(stage.note()).unwrap();
        act(&stage);
        let line = whole.len() - MADE.len();
        for cut in 0..=whole.len() {
            fs::write(stage.note(), &whole[..cut]).unwrap();
            settle(&stage.layout, &stage.files).unwrap();
            let known = read(&stage.note()).map(|(_, is_made)| is_made);
            // Before its line is whole, nothing had been done.
            assert_eq!(known, (cut >= line).then_some(true), "cut at {cut} of {}", whole.len());
        }
    }

    #[test]
    fn what_stands_elsewhere_by_now_was_not_put_there() {
        let stage = Stage::new();
        let (step, _) = &steps(&stage)[0];
        drop(begin(&stage.note(), step).unwrap());
        fs::write(stage.at("made"), "by somebody else").unwrap();
        settle(&stage.layout, &stage.files).unwrap();
        assert_eq!(read(&stage.note()), None);
    }

    #[test]
    fn ids_lead_nowhere_else() {
        let stage = Stage::new();
        for (id, is_taken) in [
            ("1-2f-0", true),
            ("", false),
            ("../x", false),
            ("a/b", false),
            ("x", false),
            (&*"a".repeat(81), false),
        ] {
            let attempt = Attempt { id: Some(id.into()), again: true };
            assert_eq!(attempt.note(&stage.layout).is_some(), is_taken, "{id:?}");
        }
        assert_ne!(Attempt::first(), Attempt::first());
    }
}
