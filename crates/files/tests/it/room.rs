//! A workspace's folder with a folder beside it that nothing may reach.

use corpus::DocPath;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use workroom_files::{Error, Files, Over, Page, Result};

pub(crate) struct Room {
    pub(crate) dir: TempDir,
    pub(crate) files: Files,
}

pub(crate) fn path(text: &str) -> DocPath {
    DocPath::new(text).unwrap()
}

impl Room {
    /// `ws/` with a few files and `.workroom/`, `ws-evil/` and `secret/` beside it.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        for (path, bytes) in [
            ("ws/a.md", "a\n"),
            ("ws/notes/b.md", "b\n"),
            ("ws/notes/deep/c.md", "c\n"),
            ("ws/.workroom/config.toml", "own\n"),
            ("ws/.workroom/tmp/put-1", "new\n"),
            ("ws-evil/x.md", "evil\n"),
            ("secret/s.md", "secret\n"),
            ("secret/deep/t.md", "secret\n"),
        ] {
            let at = dir.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, bytes).unwrap();
        }
        let files = Files::open(&dir.path().join("ws"), ".workroom").unwrap();
        Self { dir, files }
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join("ws").join(path)
    }

    /// A temporary file of the program's own, to be put somewhere.
    pub(crate) fn spooled(&self, bytes: &str) -> PathBuf {
        let at = self.at(".workroom/tmp/put-1");
        std::fs::write(&at, bytes).unwrap();
        at
    }

    /// A folder of the program's own, to be put somewhere.
    pub(crate) fn staged(&self) -> PathBuf {
        let at = self.at(".workroom/tmp/copy");
        if !at.exists() {
            std::fs::create_dir(&at).unwrap();
        }
        std::fs::write(at.join("x.md"), "x\n").unwrap();
        at
    }

    /// All that must never change: what lies beside the workspace, and the program's own.
    pub(crate) fn untouchable(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        for folder in ["ws-evil", "secret", "ws/.workroom"] {
            gather(&self.dir.path().join(folder), &mut all);
        }
        // What operations are given to work with lies there.
        all.retain(|path, _| !path.starts_with(self.at(".workroom/tmp/")));
        all
    }
}

fn gather(folder: &Path, all: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            all.insert(entry.path(), String::new());
            gather(&entry.path(), all);
        } else {
            all.insert(entry.path(), std::fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// An operation on a path, with whatever else it needs.
pub(crate) type Operation = fn(&Room, &DocPath) -> Result<()>;

/// Every operation there is, each as it would act on the path.
pub(crate) const OPERATIONS: [(&str, Operation); 14] = [
    ("stat", |room, path| room.files.stat(path).map(drop)),
    ("open_file", |room, path| room.files.open_file(path).map(drop)),
    ("find", |room, path| find(room, path)),
    ("place over nothing", |room, path| room.files.place(&room.spooled("new\n"), path, Over::Nothing)),
    ("place over a file", |room, path| room.files.place(&room.spooled("new\n"), path, Over::File)),
    ("place_folder", |room, path| room.files.place_folder(&room.staged(), path)),
    ("make_folder", |room, path| room.files.make_folder(path).map(drop)),
    ("remove_file", |room, path| room.files.remove_file(path)),
    ("remove_folder", |room, path| room.files.remove_folder(path)),
    ("take", |room, path| room.files.take(path, &room.at(".workroom/tmp/gone"))),
    ("rename from", |room, from| room.files.rename(from, &path("moved")).map(drop)),
    ("rename to", |room, to| room.files.rename(&path("a.md"), to).map(drop)),
    ("copy_folder", |room, from| {
        room.files.copy_folder(from, &path("copied"), &room.at(".workroom/tmp/copied"))
    }),
    ("copy and place", |room, to| {
        let copy = room.at(".workroom/tmp/copied");
        room.files.copy_folder(&path("notes/deep"), to, &copy)?;
        room.files.place_folder(&copy, to)
    }),
];

fn find(room: &Room, folder: &DocPath) -> Result<()> {
    let all = corpus::PathSet::all();
    let find = workroom_files::Find { folder: Some(folder), depth: usize::MAX, pattern: None, within: &all };
    room.files.find(&find, &Page::default()).map(drop)
}

/// An error's variant, to compare.
pub(crate) fn variant(error: &Error) -> &'static str {
    match error {
        Error::NotFound(_) => "not found",
        Error::Exists(_) => "exists",
        Error::Outside { .. } => "outside",
        Error::Through { .. } => "through",
        Error::Other { .. } => "other",
        Error::Below { .. } => "below",
        Error::Own(_) => "own",
        Error::NotEmpty(_) => "not empty",
        Error::IntoItself { .. } => "into itself",
        Error::Name { .. } => "name",
        Error::Pattern { .. } => "pattern",
        _ => "io",
    }
}
