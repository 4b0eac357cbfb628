//! Ignore rules: tables, and the agreement of a scan with the question about one path.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use corpus::DocPath;
use proptest::prelude::*;
use workroom_watch::{DEFAULT_IGNORE, IGNORE_FILE, Reason, Rules, RulesOptions, ScanItem, scan};

use crate::room::{Folder, listing, path};

/// Makes the ignore files, and the files that must be kept and dropped, and asks both ways.
#[track_caller]
fn check(ignore_files: &[(&str, &str)], kept: &[&str], dropped: &[&str]) {
    let folder = Folder::new(kept);
    dropped.iter().for_each(|file| folder.write(file, "x"));
    ignore_files.iter().for_each(|(file, text)| folder.write(file, text));
    let rules = folder.rules();
    let wanted: BTreeSet<&str> = kept.iter().copied().collect();
    let found = listing(&rules, None);
    let found: BTreeSet<&str> = found
        .iter()
        .map(String::as_str)
        .filter(|file| ignore_files.iter().all(|(known, _)| known != file))
        .collect();
    assert_eq!(found, wanted);
    for file in kept.iter().chain(dropped) {
        assert_eq!(rules.is_indexable(&path(file)), wanted.contains(file), "{file}");
    }
}

#[test]
fn the_syntax_of_git() {
    check(
        &[(".gitignore", "*.log\n!keep.log\n/top\n# no\n\n")],
        &["keep.log", "d/top", "# no"],
        &["a.log", "d/b.log", "top"],
    );
    check(
        &[(".gitignore", "build/\ndoc/*.txt\n**/x/y\n")],
        &["doc/d/a.txt", "y"],
        &["build/a", "d/build/b", "doc/a.txt", "d/x/y"],
    );
    check(&[(".gitignore", "build/\n")], &["build"], &[]);
}

#[test]
fn nested_files_and_ignored_folders() {
    check(
        &[
            (".gitignore", "*.tmp\nsecret/\n"),
            ("a/.gitignore", "!*.tmp\n/only-here\n"),
            ("secret/.gitignore", "!*\n"),
        ],
        &["a/x.tmp", "a/b/x.tmp", "only-here", "a/b/only-here"],
        &["x.tmp", "a/only-here", "secret/f"],
    );
}

#[test]
fn which_file_is_stronger() {
    check(&[(".gitignore", "*.log\n"), (".workroomignore", "!a.log\n")], &["a.log"], &["b.log"]);
    check(&[(".workroomignore", "*.log\n"), ("d/.gitignore", "!a.log\n")], &[], &["d/a.log"]);
    check(&[(".ignore", "!a\n"), (".gitignore", "a\nb\n")], &["a"], &["b"]);
    check(&[(".gitignore", "!a\n"), (".git/info/exclude", "a\nb\n")], &["a"], &["b", "d/b"]);
}

#[test]
fn reserved_folders_stay_out() {
    check(
        &[(".workroomignore", "!.git\n!.workroom\n!.git/**\n")],
        &[".github/w", "git/f", "d/.gitkeep"],
        &[".git/HEAD", ".workroom/lock", "d/.git/HEAD", "d/.workroom/x"],
    );
}

#[test]
fn a_repository_inside_has_its_own_rules() {
    let inner = &["vendor/.git/HEAD"];
    check(
        &[(".gitignore", "*.log\n"), (".workroomignore", "*.bak\n")],
        &["vendor/a.log"],
        &[inner[0], "a.log", "vendor/a.bak"],
    );
}

#[test]
fn what_is_wrong_with_an_ignore_file_is_told_and_the_rest_counts() {
    let folder = Folder::new(&["a.log", "b.txt"]);
    fs_err::write(folder.at(".gitignore"), b"\xef\xbb\xbf*.log\nx{y\n\xff\xfe\nb.txt").unwrap();
    let items: Vec<ScanItem> = scan(&folder.rules(), None).collect();
    let [ScanItem::Problem(problem), ScanItem::File(file)] = &items[..] else { panic!("{items:?}") };
    assert_eq!((file.path.as_str(), problem.path.as_str()), (".gitignore", ".gitignore"));
    assert!(matches!(problem.reason, Reason::BadRule { line: 2, .. }), "{problem}");
}

#[test]
fn git_files_are_a_choice() {
    let folder = Folder::new(&["a.log"]);
    folder.write(".gitignore", "*.log\n");
    let rules = Rules::new(&folder.root, RulesOptions { git: false, ..RulesOptions::default() }).unwrap();
    assert_eq!(listing(&rules, None), [".gitignore", "a.log"]);
}

#[test]
fn an_edited_ignore_file_counts_at_once() {
    let folder = Folder::new(&["a.log"]);
    let rules = folder.rules();
    let now = SystemTime::now();
    for round in 0..50 {
        folder.write(".gitignore", if round % 2 == 0 { "*.log\n" } else { "*.lot\n" });
        // The same size and the same time, as a file system with a coarse clock shows it.
        let file = fs_err::OpenOptions::new().write(true).open(folder.at(".gitignore")).unwrap();
        file.into_parts().0.set_modified(now).unwrap();
        assert_eq!(rules.is_indexable(&path("a.log")), round % 2 == 1, "round {round}");
    }
}

#[test]
fn a_path_that_does_not_exist_is_judged_by_the_rules() {
    let folder = Folder::new(&[]);
    folder.write(".gitignore", "no/\n");
    let rules = folder.rules();
    assert!(rules.is_indexable(&path("yes/it/may")) && !rules.is_indexable(&path("no/it/may/not")));
    // No such file can be opened, and no question about it may overflow the stack.
    assert!(!rules.is_indexable(&path(&vec!["deep"; 5000].join("/"))));
}

#[test]
fn the_default_rules() {
    check(
        &[(IGNORE_FILE, DEFAULT_IGNORE)],
        &[
            "src/main.rs",
            "docs/target.md",
            "a/b.md",
            ".env.example",
            "agents/a-1/config.json",
            "agents/a-1/a_state.json",
            "agents/a-1/steps/notes.md",
            "x/agents/a-1/steps/00000001.json",
        ],
        &[
            "target/debug/x",
            "a/node_modules/x/y.js",
            "p/__pycache__/m.pyc",
            ".venv/bin/x",
            "a.md~",
            "#a.md#",
            ".a.swp",
            ".DS_Store",
            "agents/a-1/config.json.tmp",
            "agents/a-1/a_state.json.temp",
            "agents/a-1/a_state.json.backup",
            "agents/a-1/steps/00000001.json",
        ],
    );
}

#[derive(Clone, Debug)]
struct Tree {
    files: Vec<String>,
    ignore_files: Vec<(String, String)>,
}

fn trees() -> impl Strategy<Value = Tree> {
    let name = || prop::sample::select(vec!["a", "b", "c.log", ".h"]);
    let file = prop::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"));
    let line = prop::sample::select(vec![
        "a", "b/", "/a", "/b/", "*.log", "!c.log", "!a", "!b/", "*", "!*", ".*", "a/b", "a/**", "**/b",
        "!/a/", "/*", "b/*",
    ]);
    let text = prop::collection::vec(line, 1..4).prop_map(|lines| lines.join("\n"));
    let dir = prop::collection::vec(name(), 0..3).prop_map(|parts| parts.join("/"));
    let source = prop::sample::select(vec![".gitignore", ".ignore", ".workroomignore", ".git/info/exclude"]);
    let ignore_file = (dir, source, text).prop_map(|(dir, source, text)| {
        (if dir.is_empty() { source.to_owned() } else { format!("{dir}/{source}") }, text)
    });
    (prop::collection::vec(file, 1..10), prop::collection::vec(ignore_file, 0..4))
        .prop_map(|(files, ignore_files)| Tree { files, ignore_files })
}

/// Makes what can be made: a name may be wanted as a file and as a folder.
fn plant(folder: &Folder, file: &str, text: &str) {
    let at = folder.at(file);
    let made = at.parent().is_some_and(|parent| fs_err::create_dir_all(parent).is_ok());
    if made && !at.is_dir() {
        fs_err::write(at, text).unwrap();
    }
}

fn all_files(root: &Path, dir: &Path, out: &mut Vec<DocPath>) {
    for entry in fs_err::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all_files(root, &entry.path(), out);
        } else {
            out.push(DocPath::from_fs(root, &entry.path()).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_scan_and_the_question_about_one_path_agree(tree in trees(), hidden: bool, git: bool) {
        let folder = Folder::new(&[]);
        tree.files.iter().for_each(|file| plant(&folder, file, "x"));
        tree.ignore_files.iter().for_each(|(file, text)| plant(&folder, file, text));
        let rules = Rules::new(&folder.root, RulesOptions { hidden, git }).unwrap();
        let scanned: BTreeSet<String> = listing(&rules, None).into_iter().collect();
        let mut all = Vec::new();
        all_files(&folder.root, &folder.root, &mut all);
        let asked: BTreeSet<String> =
            all.iter().filter(|file| rules.is_indexable(file)).map(DocPath::to_string).collect();
        prop_assert_eq!(&scanned, &asked);
        // A scan of a subtree is the part of the whole one that lies there.
        for subtree in ["a", "b", "a/b"] {
            let part: BTreeSet<String> = listing(&rules, Some(subtree)).into_iter().collect();
            let wanted = scanned.iter().filter(|file| path(file).is_under(subtree)).cloned().collect();
            prop_assert_eq!(part, wanted);
        }
    }
}
