//! Versions, the trash and checkpoints of a workspace, through all that happens to files.

use crate::room::{Room, open};
use std::collections::BTreeMap;
use workroom_engine::{
    Act, Actor, Claim, Condition, ErrorKind, FileChange, Hit, How, Mode, NoProgress, PathSet, Query, Spooled,
    Trust, Via, version_of,
};

impl Room {
    fn write(&self, path: &str, text: &str) -> String {
        let spooled = Spooled::write(self.folder.path(), text.as_bytes()).unwrap();
        self.engine()
            .put(path, &spooled, &Condition::Any, &Claim::default(), &Act::default())
            .unwrap()
            .version
    }

    /// Writes a file past the program.
    fn drop_in(&self, path: &str, text: &str) {
        let at = self.at(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, text).unwrap();
    }

    fn remove(&self, path: &str) {
        self.engine().remove(path, &Condition::Any, &Act::default()).unwrap();
    }

    fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.at(path)).ok()
    }

    fn read_version(&self, path: &str, version: &str) -> String {
        let spooled = self.engine().spool_version(path, version).unwrap();
        let bytes = spooled.read(self.folder.path()).unwrap();
        spooled.discard(self.folder.path());
        String::from_utf8(bytes).unwrap()
    }

    /// What each version of a file held, the newest first, and how it came to be known.
    fn history(&self, path: &str) -> Vec<(String, How)> {
        let versions = self.engine().versions(path).unwrap();
        versions.iter().map(|one| (self.read_version(path, &one.version), one.how)).collect()
    }

    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if !path.is_dir() {
                    let below = path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
                    found.insert(below, std::fs::read_to_string(path).unwrap());
                } else if entry.file_name() != ".workroom" {
                    folders.push(path);
                }
            }
        }
        found
    }

    /// As whoever may see these folders finds it: what is deleted has a share in the scores of the whole until the index has merged it away.
    fn search(&self) -> Vec<Hit> {
        let within = PathSet::under([".workroomignore", "a.md", "back", "d", "lib", "moved"]);
        let hits = [Mode::Hybrid, Mode::Lexical, Mode::Dense].map(|mode| {
            let query = Query::new("where does the heron fish when the tide is low?")
                .mode(mode)
                .within(within.clone())
                .limit(100);
            self.engine().search(&query).unwrap()
        });
        hits.into_iter().flatten().collect()
    }
}

fn written(text: &str) -> (String, How) {
    (text.to_owned(), How::Written)
}

fn seen(text: &str) -> (String, How) {
    (text.to_owned(), How::Seen)
}

#[test]
fn what_a_file_held_is_kept_through_changes_moves_and_restarts() {
    let mut room = Room::new("");
    room.drop_in("a.md", "zero\n");
    room.engine().index(&NoProgress).unwrap();
    let one = room.write("a.md", "one\n");
    room.write("a.md", "two\n");
    // An editor comes in between, after a while, and the program is the next to write.
    room.engine().keep_versions().unwrap();
    room.drop_in("a.md", "by an editor\n");
    room.write("a.md", "three\n");
    let all =
        [written("three\n"), seen("by an editor\n"), written("two\n"), written("one\n"), seen("zero\n")];
    assert_eq!(room.history("a.md"), all);
    room.engine().rename("a.md", "deep/b.md", &Condition::Any, &Act::default()).unwrap();
    for _ in 0..2 {
        assert_eq!(room.history("deep/b.md"), all);
        assert_eq!(room.engine().versions("a.md").unwrap_err().kind(), ErrorKind::NotFound);
        room.reopen();
    }
    let current: Vec<bool> =
        room.engine().versions("deep/b.md").unwrap().iter().map(|one| one.current).collect();
    assert_eq!(current, [true, false, false, false, false]);
    // Put back, it is a new version, and a diff says what that did.
    let before = version_of(b"three\n");
    let restored = room
        .engine()
        .restore_version("deep/b.md", &one[..8], &Condition::Version(before.clone()), &Act::default())
        .unwrap();
    assert_eq!((restored.version.as_str(), room.read("deep/b.md").as_deref()), (one.as_str(), Some("one\n")));
    assert_eq!(room.history("deep/b.md")[..2], [("one\n".to_owned(), How::Restored), written("three\n")]);
    let diff = room.engine().diff_versions("deep/b.md", &before, None).unwrap().diff.unwrap();
    assert!(diff.ends_with("-three\n+one\n"), "{diff}");
    let refused =
        room.engine().restore_version("deep/b.md", &one, &Condition::Version(before), &Act::default());
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn a_version_is_one_files_own() {
    let room = Room::new("");
    let secret = room.write("secret.md", "the heron\n");
    room.write("open.md", "the gull\n");
    for version in [&secret[..], &secret[..6], "000000", "zzzzzz", "12345"] {
        let error = room.engine().spool_version("open.md", version).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid), "{error}");
    }
}

#[test]
fn what_was_removed_comes_back_from_the_trash() {
    let mut room = Room::new("");
    room.write("a.md", "a heron\n");
    room.write("d/b.md", "a gull\n");
    room.drop_in("d/ignored.bin", "not text");
    let act = Act::default();
    room.remove("a.md");
    room.engine().remove_folder("d", true, &act).unwrap();
    assert!(room.search().is_empty());
    room.reopen();
    let trash = room.engine().trash(&PathSet::all());
    let told: Vec<(&str, bool)> = trash.iter().map(|entry| (entry.path.as_str(), entry.folder)).collect();
    assert_eq!(told, [("d", true), ("a.md", false)]);
    assert_eq!(room.engine().trash(&PathSet::under(["d"])).len(), 1);
    // Its version outlives it.
    assert_eq!(room.history("a.md"), [written("a heron\n")]);
    room.write("a.md", "something else\n");
    let taken = room.engine().restore_from_trash(&trash[1].id, None, &act).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    let (path, _) = room.engine().restore_from_trash(&trash[1].id, Some("back/a.md"), &act).unwrap();
    assert_eq!((path.as_str(), room.read("back/a.md").as_deref()), ("back/a.md", Some("a heron\n")));
    room.engine().restore_from_trash(&trash[0].id, None, &act).unwrap();
    assert_eq!(room.read("d/ignored.bin").as_deref(), Some("not text"));
    assert!(room.search().iter().any(|hit| hit.path == "d/b.md"));
    assert!(room.engine().trash(&PathSet::all()).is_empty());
    let gone = room.engine().restore_from_trash(&trash[0].id, None, &act).unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    room.remove("d/b.md");
    assert_eq!(room.engine().empty_trash(None, &act).unwrap(), 1);
    assert_eq!(std::fs::read_dir(room.at(".workroom/trash")).unwrap().count(), 0);
}

#[test]
fn what_was_not_trusted_is_trusted_no_more_for_having_been_removed() {
    let room = Room::new("");
    let by = Actor { principal: "k7".into(), name: "ann".into(), via: Via::Mcp, client: None };
    let act = Act::of(by);
    let spooled = Spooled::write(room.folder.path(), b"the heron\n").unwrap();
    let claim = Claim { trust: Some(Trust::Untrusted), ..Claim::default() };
    room.engine().put("mail.md", &spooled, &Condition::Any, &claim, &act).unwrap();
    let label = |path: &str| room.engine().show(path, &PathSet::all()).unwrap().trust;
    room.engine().remove("mail.md", &Condition::Any, &act).unwrap();
    let id = room.engine().trash(&PathSet::all())[0].id.clone();
    room.engine().restore_from_trash(&id, Some("plan.md"), &act).unwrap();
    assert_eq!(label("plan.md"), Trust::Untrusted);
    let version = version_of(b"the heron\n");
    let spooled = Spooled::write(room.folder.path(), b"a plan\n").unwrap();
    room.engine().put("plan.md", &spooled, &Condition::Any, &Claim::default(), &act).unwrap();
    room.engine().restore_version("plan.md", &version, &Condition::Any, &act).unwrap();
    assert_eq!(label("plan.md"), Trust::Untrusted);
}

#[test]
fn a_trash_of_no_days_is_none() {
    let room = Room::new("[versions]\ntrash_days = 0\nkeep = false\n");
    room.write("a.md", "one\n");
    room.write("a.md", "two\n");
    room.remove("a.md");
    assert!(room.engine().trash(&PathSet::all()).is_empty());
    assert_eq!(room.engine().versions("a.md").unwrap_err().kind(), ErrorKind::NotFound);
}

/// A small library with a text that the query is about in each file.
fn fill(room: &Room, n: usize) {
    for i in 0..n {
        let what = ["heron", "tide", "mill", "gate", "reeds"][i % 5];
        room.drop_in(
            &format!("lib/{}/{i}.md", i % 3),
            &format!("# Note {i}\n\nThe {what} at the low bank, {i} times.\n"),
        );
    }
    room.engine().index(&NoProgress).unwrap();
}

#[test]
fn a_restore_brings_back_every_file_and_every_score_and_can_be_undone() {
    let mut room = Room::new("");
    let act = Act::default();
    fill(&room, 40);
    std::fs::write(room.at(".workroomignore"), "private/\n").unwrap();
    room.drop_in("private/key.md", "left alone\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let run = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(room.at("lib/0/0.md"), run).unwrap();
    }
    let made = room.engine().create_checkpoint("as it was", &["v1".into()], &act).unwrap();
    assert_eq!(made.files, 41, "with the ignore file, without what it names");
    let (files, hits) = (room.files(), room.search());
    assert!(hits.len() > 40);

    room.write("lib/0/0.md", "The heron has moved.\n");
    room.write("lib/1/new.md", "A new heron.\n");
    room.remove("lib/2/2.md");
    room.engine().rename("lib/1", "moved", &Condition::Any, &act).unwrap();
    room.drop_in("lib/0/by-an-editor.md", "A heron of an editor.\n");
    room.engine().index(&NoProgress).unwrap();
    let (changed_files, changed_hits) = (room.files(), room.search());
    let changes = room.engine().diff_checkpoints("v1", None, "lib/0", &PathSet::all(), (None, 100)).unwrap();
    let changes: Vec<(&str, FileChange)> =
        changes.iter().map(|one| (one.path.as_str(), one.change)).collect();
    assert_eq!(
        changes,
        [("lib/0/0.md", FileChange::Modified), ("lib/0/by-an-editor.md", FileChange::Created)]
    );

    let done = room.engine().restore_checkpoint("v1", "", &act).unwrap();
    assert_eq!(room.files(), files);
    same(&room, hits.clone());
    assert!(!room.at("moved").exists(), "a folder that was made since is gone");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(room.at("lib/0/0.md")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
    room.reopen();
    same(&room, hits);
    let undone = room.engine().restore_checkpoint(&done.before, "", &act).unwrap();
    assert_eq!((undone.written, undone.removed), (done.removed + 1, done.written - 1));
    assert_eq!(room.files(), changed_files);
    same(&room, changed_hits);
    // A folder alone.
    room.engine().restore_checkpoint(&made.id, "lib/0/", &act).unwrap();
    let mixed = room.files();
    for (path, text) in &mixed {
        let expected = if path.starts_with("lib/0/") { &files } else { &changed_files };
        assert_eq!(expected.get(path), Some(text), "{path}");
    }
    assert!(!mixed.contains_key("lib/0/by-an-editor.md") && mixed.contains_key("moved/new.md"));
}

/// Searching finds what it found before: paths, chunks, scores, in the same order.
fn same(room: &Room, before: Vec<Hit>) {
    let (now, before) = (strip(room.search()), strip(before));
    assert_eq!(now.len(), before.len());
    for (now, before) in now.iter().zip(&before) {
        assert_eq!(now, before);
    }
}

/// Hits but for when they were read and who wrote what, which a restore adds to.
fn strip(mut hits: Vec<Hit>) -> Vec<Hit> {
    for hit in &mut hits {
        hit.origin = None;
        hit.modified = String::new();
        hit.indexed_at = String::new();
    }
    hits
}

#[test]
fn what_is_in_the_way_of_a_restore_stays_and_so_does_all_else() {
    let room = Room::new("");
    let act = Act::default();
    room.drop_in(".workroomignore", "*.key\n");
    room.write("a", "a file\n");
    room.write("b.md", "before\n");
    room.engine().create_checkpoint("", &["v1".into()], &act).unwrap();
    room.remove("a");
    room.drop_in("a/own.key", "not to be lost\n");
    room.write("b.md", "after\n");
    let error = room.engine().restore_checkpoint("v1", "", &act).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert!(error.to_string().contains("a/own.key"), "{error}");
    assert_eq!(room.engine().checkpoints().len(), 1, "there is nothing to undo");
    assert_eq!(room.read("b.md").as_deref(), Some("after\n"));
    for (name, path, kind) in [
        ("v2", "", ErrorKind::NotFound),
        ("v1", "none", ErrorKind::NotFound),
        ("v1", "../x", ErrorKind::Invalid),
    ] {
        assert_eq!(
            room.engine().restore_checkpoint(name, path, &act).unwrap_err().kind(),
            kind,
            "{name} {path}"
        );
    }
}

#[test]
fn checkpoints_are_tagged_branched_and_deleted() {
    let mut room = Room::new("");
    let act = Act::default();
    room.write("a.md", "the heron\n");
    let first = room.engine().create_checkpoint("one", &["v1".into()], &act).unwrap();
    let taken = room.engine().create_checkpoint("two", &["v1".into()], &act).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    assert_eq!(
        room.engine().create_checkpoint("", &["a b".into()], &act).unwrap_err().kind(),
        ErrorKind::Invalid
    );
    room.write("a.md", "the gull\n");
    let second = room.engine().create_checkpoint("two", &[], &act).unwrap();
    room.engine().tag_checkpoint(&second.id, &["v2".into(), "latest".into()]).unwrap();
    room.reopen();
    let listed = room.engine().checkpoints();
    let told: Vec<(&str, &[String])> =
        listed.iter().map(|one| (one.note.as_str(), one.tags.as_slice())).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.contains(&("one", &["v1".to_owned()]))
            && told.contains(&("two", &["v2".to_owned(), "latest".to_owned()]))
    );
    let files = room.engine().checkpoint_files("v1", &PathSet::all(), (None, 10)).unwrap();
    assert!(files.iter().any(|file| file.path == "a.md" && file.version == version_of(b"the heron\n")));
    assert!(room.engine().checkpoint_files("v1", &PathSet::under(["x"]), (None, 10)).unwrap().is_empty());

    let other = tempfile::tempdir().unwrap();
    let branch = other.path().join("branch");
    assert_eq!(room.engine().branch_checkpoint("v1", &branch).unwrap(), first.files);
    assert_eq!(room.engine().branch_checkpoint("v1", &branch).unwrap_err().kind(), ErrorKind::Conflict);
    let inside = room.at("inside");
    assert_eq!(room.engine().branch_checkpoint("v1", &inside).unwrap_err().kind(), ErrorKind::Invalid);
    let branched = open(&branch);
    branched.index(&NoProgress).unwrap();
    let hits = branched.search(&Query::new("heron").limit(5)).unwrap();
    assert_eq!((hits.len(), hits[0].path.as_str()), (1, "a.md"));

    room.engine().delete_checkpoint("v1", &act).unwrap();
    assert_eq!(room.engine().restore_checkpoint("v1", "", &act).unwrap_err().kind(), ErrorKind::NotFound);
}
