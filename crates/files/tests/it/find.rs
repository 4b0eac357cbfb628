//! Walks: in order, page by page, and only through what may be known.

use crate::room::{Room, path};
use corpus::PathSet;
use proptest::prelude::*;
use workroom_files::{Files, Find, Page, Pattern};

/// All that is found, `limit` at a time.
fn paged(files: &Files, find: &Find<'_>, limit: usize) -> Vec<String> {
    let mut page = Page::first(limit);
    let mut all = Vec::new();
    loop {
        let found = files.find(find, &page).unwrap();
        assert!(found.entries.len() <= limit);
        all.extend(found.entries.into_iter().map(|entry| entry.path));
        page.after = found.next;
        if page.after.is_none() {
            return all;
        }
    }
}

fn check(folder: &str, depth: usize, pattern: Option<&str>, within: &PathSet, expected: &[&str]) {
    let room = Room::new();
    std::fs::write(room.at("notes.md"), "n\n").unwrap();
    std::fs::create_dir(room.at("Empty")).unwrap();
    let folder = (!folder.is_empty()).then(|| path(folder));
    let pattern = pattern.map(|pattern| Pattern::new(pattern).unwrap());
    let find = Find { folder: folder.as_ref(), depth, pattern: pattern.as_ref(), within };
    for limit in [1, 2, 100] {
        assert_eq!(paged(&room.files, &find, limit), expected, "{limit} at a time");
    }
}

#[test]
fn lists_trees_and_patterns() {
    let all = PathSet::all();
    check("", 1, None, &all, &["Empty", "a.md", "notes", "notes.md"]);
    check("notes", 1, None, &all, &["notes/b.md", "notes/deep"]);
    check("", 2, None, &all, &["Empty", "a.md", "notes", "notes/b.md", "notes/deep", "notes.md"]);
    let whole = ["Empty", "a.md", "notes", "notes/b.md", "notes/deep", "notes/deep/c.md", "notes.md"];
    check("", usize::MAX, None, &all, &whole);
    check("", usize::MAX, Some("**/*.md"), &all, &["a.md", "notes/b.md", "notes/deep/c.md", "notes.md"]);
    check("notes", usize::MAX, Some("*.md"), &all, &["notes/b.md"]);
    check("", usize::MAX, Some("*"), &all, &["Empty", "a.md", "notes", "notes.md"]);
    check("", usize::MAX, Some("{notes,Empty}/**"), &all, &["notes/b.md", "notes/deep", "notes/deep/c.md"]);
}

#[test]
fn only_what_may_be_known_is_told() {
    check("", usize::MAX, None, &PathSet::none(), &[]);
    check("", usize::MAX, None, &PathSet::under(["notes/deep"]), &["notes", "notes/deep", "notes/deep/c.md"]);
    check("", usize::MAX, None, &PathSet::under(["a.md", "gone/x"]), &["a.md"]);
    // A folder that leads to nothing that is there is not told of.
    check("", usize::MAX, None, &PathSet::under(["notes/none"]), &[]);
    let room = Room::new();
    let within = PathSet::under(["notes/deep"]);
    let find = Find { folder: None, depth: 1, pattern: None, within: &within };
    let bare = room.files.find(&find, &Page::default()).unwrap().entries.remove(0);
    assert_eq!((bare.path.as_str(), bare.modified_ms, bare.created_ms, bare.links), ("notes", 0, None, 1));
    for hidden in ["Empty", "none", "a.md", "a.md/x", "notes/x"] {
        let folder = path(hidden);
        let find = Find { folder: Some(&folder), depth: 1, pattern: None, within: &within };
        let said = room.files.find(&find, &Page::default()).unwrap_err().to_string();
        assert_eq!(said, format!("no such file: {hidden}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_give_what_one_look_gives(
        names in proptest::collection::btree_set("[ab.-]{1,2}(/[ab.-]{1,2}){0,3}", 0..14),
        limit in 1..5usize,
    ) {
        let room = Room::new();
        for name in &names {
            if let Ok(name) = corpus::DocPath::new(name) {
                // Where a file stands in the way of a folder, it is left out.
                drop(room.files.make_folder(&name));
            }
        }
        let all = PathSet::all();
        let find = Find { folder: None, depth: usize::MAX, pattern: None, within: &all };
        let whole = paged(&room.files, &find, 10_000);
        prop_assert_eq!(&paged(&room.files, &find, limit), &whole);
        let mut sorted = whole.clone();
        sorted.sort_by(|a, b| a.split('/').cmp(b.split('/')));
        sorted.dedup();
        prop_assert_eq!(sorted, whole);
    }
}
