//! What a scan yields.

use corpus::DocPath;
use workroom_watch::{Error, Presence, Problem, Reason, Rules, RulesOptions, ScanItem, scan};

use crate::room::{Folder, listing, path};

#[test]
fn files_in_order_with_their_stat() {
    let folder = Folder::new(&["b", "a/z", "a.md", "a/b/c", ".hidden/f"]);
    let rules = folder.rules();
    assert_eq!(listing(&rules, None), [".hidden/f", "a.md", "a/b/c", "a/z", "b"]);
    assert_eq!(listing(&rules, Some("a")), ["a/b/c", "a/z"]);
    assert_eq!(listing(&rules, Some("a/z")), ["a/z"]);
    assert_eq!(listing(&rules, Some("none/at/all")), [""; 0]);
    for item in scan(&rules, None) {
        let ScanItem::File(found) = item else { panic!("{item:?}") };
        let there = Presence::of(&found.path.to_fs(&folder.root)).unwrap();
        assert_eq!(there, Presence::File(found.stat));
        assert_eq!(found.stat.size, found.path.as_str().len() as u64);
        assert!(found.stat.mtime_ns > 0 && (cfg!(not(unix)) || found.stat.inode > 0));
    }
}

#[test]
fn hidden_files_are_a_choice() {
    let folder = Folder::new(&[".a/f", ".b", "c", ".d"]);
    folder.write(".workroomignore", "!.d\n");
    let rules = Rules::new(&folder.root, RulesOptions { hidden: false, ..RulesOptions::default() }).unwrap();
    assert_eq!(listing(&rules, None), [".d", "c"]);
}

#[test]
fn a_root_that_is_none() {
    let folder = Folder::new(&["f"]);
    let open = |at: &str| Rules::new(&folder.at(at), RulesOptions::default());
    assert!(matches!(open("f"), Err(Error::NotAFolder(_))));
    assert!(matches!(open("none"), Err(Error::Unreadable(_))));
    // Gone after it was opened: that must not look like an empty workspace.
    let rules = folder.rules();
    fs_err::remove_dir_all(&folder.root).unwrap();
    let items: Vec<ScanItem> = scan(&rules, None).collect();
    let [ScanItem::Problem(problem)] = &items[..] else { panic!("{items:?}") };
    assert!(problem.hides(&path("f")));
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::UnixListener;

    use fs_err::os::unix::fs::symlink;

    use super::*;

    fn problems(rules: &Rules) -> Vec<(String, Reason)> {
        scan(rules, None)
            .filter_map(|item| match item {
                ScanItem::Problem(Problem { path, reason }) => Some((path, reason)),
                ScanItem::File(_) => None,
            })
            .collect()
    }

    #[test]
    fn links_and_special_files() {
        let folder = Folder::new(&["real/f"]);
        symlink(folder.at("real/f"), folder.at("to-file")).unwrap();
        symlink(folder.at("real"), folder.at("to-folder")).unwrap();
        symlink(&folder.root, folder.at("real/loop")).unwrap();
        symlink(&folder.outside, folder.at("out")).unwrap();
        symlink(folder.at("nowhere"), folder.at("broken")).unwrap();
        symlink(folder.at("self"), folder.at("self")).unwrap();
        let _socket = UnixListener::bind(folder.at("socket")).unwrap();
        fs_err::write(folder.root.join(OsStr::from_bytes(b"caf\xe9.txt")), "x").unwrap();
        let rules = folder.rules();
        let found = problems(&rules);
        let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["broken", "caf\u{fffd}.txt", "out", "self", "socket"]);
        assert!(matches!(found[0].1, Reason::LinkBroken(_)) && matches!(found[3].1, Reason::LinkBroken(_)));
        assert_eq!(
            [&found[1].1, &found[2].1, &found[4].1],
            [&Reason::NotUtf8, &Reason::LinkOutside, &Reason::Special("socket")]
        );
        let files: Vec<DocPath> = scan(&rules, None)
            .filter_map(|item| match item {
                ScanItem::File(found) => Some(found.path),
                ScanItem::Problem(_) => None,
            })
            .collect();
        assert_eq!(files, [path("real/f")]);
        for refused in ["to-file", "to-folder/f", "real/loop/real/f", "socket", "real"] {
            assert!(!rules.is_indexable(&path(refused)), "{refused}");
        }
    }

    #[test]
    fn a_root_behind_a_link() {
        let folder = Folder::new(&["a/f"]);
        let link = folder.outside.join("link");
        symlink(&folder.root, &link).unwrap();
        let rules = Rules::new(&link, RulesOptions::default()).unwrap();
        assert_eq!(rules.root(), folder.root);
        assert_eq!(listing(&rules, None), ["a/f"]);
    }
}
