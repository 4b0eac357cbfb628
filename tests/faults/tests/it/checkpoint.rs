//! An owner is killed before each call by which it changes something while it makes a checkpoint, or restores one: whoever opens the workspace next
//! finds it as it was before or as it is after, never in between, and the index with it.
//!
//! Not here: power cuts (what is durable when is in docs/safety.md), the same over a socket (`takeover`).

use crate::killed::killed;
use crate::takeover::folder;
use faults::tree::Tree;
use std::collections::BTreeMap;
use std::path::Path;
use workroom::{Mode, PathSet, Query, Workspace};

const THEN: [(&str, &str); 5] = [
    ("a.md", "The first line.\n"),
    ("d/deep/three.md", "Three herons.\n"),
    ("d/one.md", "One gull.\n"),
    ("d/two.md", "Two terns.\n"),
    ("gone/was.md", "A folder that is gone.\n"),
];

/// A workspace with a checkpoint, and much that has changed since; and its files then and now.
fn prepared() -> (Tree, BTreeMap<String, String>, BTreeMap<String, String>) {
    let dir = tempfile::tempdir().unwrap();
    let workspace = Workspace::create(dir.path()).unwrap();
    for (path, text) in THEN {
        workspace.write(path, text.as_bytes()).unwrap();
    }
    workspace.create_checkpoint("", &["v1".to_owned()]).unwrap();
    let then = folder(dir.path());
    workspace.write("a.md", b"Another line.\n").unwrap();
    workspace.write("d/one.md", b"No gull.\n").unwrap();
    workspace.remove_folder("gone", true).unwrap();
    workspace.remove("d/two.md").unwrap();
    workspace.write("new/made.md", b"Made since.\n").unwrap();
    workspace.rename("d/deep/three.md", "new/three.md").unwrap();
    workspace.write("gone", b"A file where a folder was.\n").unwrap();
    let now = folder(dir.path());
    drop(workspace);
    std::fs::remove_dir_all(dir.path().join(".workroom/run")).unwrap();
    (Tree::read(dir.path()).unwrap(), without_empty(then), without_empty(now))
}

/// Files alone: folders come and go with them.
fn without_empty(files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    files.into_iter().filter(|(path, _)| !path.ends_with('/')).collect()
}

/// The index shows the files, and nothing else.
fn is_indexed(workspace: &Workspace, files: &BTreeMap<String, String>, at: &str) {
    assert_eq!(
        workspace.documents().unwrap().iter().collect::<Vec<_>>(),
        files.keys().collect::<Vec<_>>(),
        "{at}"
    );
    for (path, text) in files {
        let hits = workspace.search(&Query::new(text.trim()).mode(Mode::Lexical)).unwrap();
        assert!(
            hits.iter().any(|hit| hit.path == *path && hit.fresh && hit.quote.contains(text.trim())),
            "{at}: {path}"
        );
    }
}

fn holds(root: &Path, files: &BTreeMap<String, String>) -> bool {
    without_empty(folder(root)) == *files
}

#[test]
fn a_restore_that_is_killed_is_made_as_a_whole_or_not_at_all() {
    let (tree, then, now) = prepared();
    let (mut before, mut after) = (0, 0);
    for nth in 0.. {
        let (dir, was_killed) = killed(&tree, &["restore"], nth);
        let root = dir.path().join("room");
        let at = format!("killed before call {nth}");
        let workspace = Workspace::open(&root).unwrap();
        let files = if holds(&root, &now) { &now } else { &then };
        assert!(holds(&root, files), "{at}: {:?}", folder(&root));
        is_indexed(&workspace, files, &at);
        if files == &now {
            before += 1;
        } else {
            after += 1;
            // What was there before is a checkpoint, and can be had back.
            let made = workspace.checkpoints().unwrap();
            workspace.restore_checkpoint(&made[0].id, "").unwrap();
            assert!(holds(&root, &now), "{at}, undone: {:?}", folder(&root));
        }
        let left: Vec<_> = std::fs::read_dir(root.join(".workroom/tmp")).unwrap().flatten().collect();
        assert!(left.is_empty(), "{at}: {left:?}");
        if !was_killed {
            break;
        }
    }
    println!("restore: {before} times before, {after} times after");
    assert!(before > 3 && after > 10, "{before} {after}");
}

#[test]
fn a_checkpoint_that_is_killed_is_there_as_a_whole_or_not_at_all() {
    let (tree, _, now) = prepared();
    let (mut before, mut after) = (0, 0);
    for nth in 0.. {
        let (dir, was_killed) = killed(&tree, &["create"], nth);
        let root = dir.path().join("room");
        let at = format!("killed before call {nth}");
        let workspace = Workspace::open(&root).unwrap();
        assert!(holds(&root, &now), "{at}");
        if workspace.checkpoints().unwrap().iter().any(|made| made.tags == ["made"]) {
            after += 1;
            let files = workspace.checkpoint_files("made", &PathSet::all(), (None, 100)).unwrap();
            let files: Vec<&str> = files
                .iter()
                .map(|file| file.path.as_str())
                .filter(|path| *path != ".workroomignore")
                .collect();
            assert_eq!(files, now.keys().map(String::as_str).collect::<Vec<_>>(), "{at}");
            workspace.write("a.md", b"Lost otherwise.\n").unwrap();
            workspace.restore_checkpoint("made", "").unwrap();
            assert!(holds(&root, &now), "{at}: {:?}", folder(&root));
        } else {
            before += 1;
        }
        if !was_killed {
            break;
        }
    }
    println!("create: {before} times before, {after} times after");
    assert!(before > 2 && after > 0, "{before} {after}");
}
