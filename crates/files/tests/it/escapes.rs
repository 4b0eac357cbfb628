//! Paths that lead elsewhere, or seem to: what each operation says, and that nothing outside changes.

use crate::room::{OPERATIONS, Room, path, variant};
use corpus::DocPath;

/// Every operation on a path of a room that `prepare` has changed: each is refused as one of `variants`, and changes nothing outside.
fn check(prepare: impl Fn(&Room), text: &str, variants: &[&str]) {
    check_but("", prepare, text, variants);
}

/// As `check`, of a link or pipe itself: that it is there may be told.
fn check_itself(prepare: impl Fn(&Room), text: &str) {
    check_but("stat", prepare, text, &["other", "exists"]);
}

fn check_but(fine: &str, prepare: impl Fn(&Room), text: &str, variants: &[&str]) {
    for (name, operation) in OPERATIONS.into_iter().filter(|(name, _)| *name != fine) {
        let room = Room::new();
        prepare(&room);
        let before = room.untouchable();
        let refused = operation(&room, &path(text));
        let refused = refused.map_err(|error| (variant(&error), error.to_string()));
        assert!(
            matches!(&refused, Err((variant, _)) if variants.contains(variant)),
            "{name} of {text:?}: {refused:?}"
        );
        assert_eq!(room.untouchable(), before, "{name} of {text:?} changed something");
    }
}

#[cfg(unix)]
fn link(room: &Room, to: &str, at: &str) {
    let to = to.replace("OUTSIDE", room.dir.path().to_str().unwrap());
    std::os::unix::fs::symlink(to, room.at(at)).unwrap();
}

#[test]
fn what_is_no_plain_path_never_gets_here() {
    for bad in [
        "",
        "/",
        ".",
        "..",
        "../secret/s.md",
        "notes/../../secret/s.md",
        "notes/..",
        "/etc/passwd",
        "//server/share",
        "notes/",
        "notes//b.md",
        "./a.md",
        "notes/./b.md",
        "a.md\0",
        "notes\0/../../secret",
        "\0",
    ] {
        assert!(DocPath::new(bad).is_err(), "{bad:?}");
    }
}

/// Names that mean something elsewhere are plain names here: written, read and listed as they are, and nowhere else.
#[cfg(target_os = "linux")]
#[test]
fn names_mean_themselves() {
    for name in [
        "%2e%2e%2fsecret",
        "100%",
        "..%2f..%2fetc",
        "\\\\server\\share",
        "C:\\x",
        "C:x",
        "..\\secret",
        "$HOME",
        "`id`",
        "$(id)",
        "a;b",
        "a|b",
        "a&b",
        "-rf",
        "~",
        "~root",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "a\nb",
        "a\tb",
        " ",
        "...",
        "..a",
        "a..",
        "con",
        "nul",
        "\u{202e}txt",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{feff}x",
        "ws-evil",
        ".workroom-evil",
        ".workroomx",
    ] {
        let room = Room::new();
        let before = room.untouchable();
        room.files.place(&room.spooled("new\n"), &path(name), workroom_files::Over::Nothing).unwrap();
        assert_eq!(std::fs::read_to_string(room.at(name)).unwrap(), "new\n", "{name:?}");
        assert_eq!(room.files.stat(&path(name)).unwrap().name(), name);
        let below = path(&format!("notes/{name}/x.md"));
        room.files.place(&room.spooled("new\n"), &below, workroom_files::Over::Nothing).unwrap();
        room.files.rename(&below, &path("notes/moved.md")).unwrap();
        room.files.remove_file(&path(name)).unwrap();
        assert_eq!(room.untouchable(), before, "{name:?}");
    }
}

/// A name in both forms of its accent is two files, as on the disk: neither is taken for the other.
#[cfg(target_os = "linux")]
#[test]
fn forms_of_one_name_are_two_names() {
    let room = Room::new();
    let (composed, apart) = (path("caf\u{e9}.md"), path("cafe\u{301}.md"));
    room.files.place(&room.spooled("composed\n"), &composed, workroom_files::Over::Nothing).unwrap();
    assert_eq!(variant(&room.files.stat(&apart).unwrap_err()), "not found");
    room.files.place(&room.spooled("apart\n"), &apart, workroom_files::Over::Nothing).unwrap();
    assert_eq!(std::fs::read_to_string(room.at("caf\u{e9}.md")).unwrap(), "composed\n");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out() {
    let out = [
        "OUTSIDE/secret",
        "../secret",
        "..",
        "/",
        "../ws-evil",
        "OUTSIDE/nothing",
        "../nothing/at/all",
        "notes/../../secret",
    ];
    for to in out {
        for below in ["link/s.md", "link/deep/t.md", "link/none/x.md", "link/new.md"] {
            check(|room| link(room, to, "link"), below, &["outside"]);
        }
        check_itself(|room| link(room, to, "link"), "link");
    }
    // A chain of links, and one to a file.
    let chain = |room: &Room| {
        link(room, "two", "one");
        link(room, "three", "two");
        link(room, "../secret", "three");
    };
    check(chain, "one/s.md", &["outside"]);
    check_itself(|room| link(room, "../secret/s.md", "file"), "file");
    check(|room| link(room, "../secret/s.md", "file"), "file/x", &["outside"]);
    check(|room| link(room, "../../secret", "notes/link"), "notes/link/s.md", &["outside"]);
}

/// One file has one path: a way round over a link would be a way past a lock, a grant and the program's own.
#[cfg(unix)]
#[test]
fn links_are_not_followed_inside_either() {
    for to in ["notes", ".workroom", ".workroom/tmp", "link", "nothing", "a.md"] {
        check(|room| link(room, to, "link"), "link/b.md", &["through"]);
        check(|room| link(room, to, "link"), "link/deep/c.md", &["through"]);
        check_itself(|room| link(room, to, "link"), "link");
    }
}

#[test]
fn the_programs_own_is_not_reached_under_any_spelling() {
    for own in [
        ".workroom",
        ".workroom/config.toml",
        ".workroom/tmp/put-1",
        ".workroom/new",
        ".WORKROOM",
        ".Workroom/config.toml",
        ".workRoom/new/x",
    ] {
        check(|_| (), own, &["own"]);
    }
}

/// Where a file system takes two names for one, the second is found out by what it is: here both are links of the disk's own kind.
#[cfg(target_os = "linux")]
#[test]
fn the_programs_own_is_known_by_what_it_is() {
    let room = Room::new();
    // The folder under another name, as a case-insensitive disk would find it under `.WorkRoom`.
    std::fs::rename(room.at(".workroom"), room.at("alias")).unwrap();
    for text in ["alias", "alias/config.toml", "alias/new", "alias/tmp/put-1"] {
        assert_eq!(variant(&room.files.stat(&path(text)).unwrap_err()), "own", "{text}");
        assert_eq!(variant(&room.files.make_folder(&path(text)).unwrap_err()), "own", "{text}");
        assert_eq!(variant(&room.files.rename(&path(text), &path("x")).unwrap_err()), "own", "{text}");
    }
    let all = corpus::PathSet::all();
    let find = workroom_files::Find { folder: None, depth: 1, pattern: None, within: &all };
    let found = room.files.find(&find, &workroom_files::Page::default()).unwrap();
    assert!(found.entries.iter().all(|entry| entry.path != "alias"), "{found:?}");
}

#[test]
fn names_that_are_too_long_are_refused_as_such() {
    let long_name = "x".repeat(300);
    let long_path = ["folder"; 400].join("/");
    for text in [long_name.clone(), format!("notes/{long_name}"), long_path] {
        for (name, operation) in OPERATIONS {
            let room = Room::new();
            let error = operation(&room, &path(&text)).unwrap_err();
            assert_eq!(variant(&error), "name", "{name}: {error}");
            assert!(error.to_string().len() < 600, "{error}");
        }
    }
}

/// A pipe is neither read nor waited for, a device not touched.
#[cfg(target_os = "linux")]
#[test]
fn special_files_are_neither_opened_nor_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let pipe = |room: &Room| mknodat(CWD, room.at("pipe"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    check_itself(pipe, "pipe");
    check(pipe, "pipe/x", &["below"]);
}

/// A file with a second name outside: written here it is another file, and the one outside stays.
#[cfg(unix)]
#[test]
fn a_hard_link_is_told_and_not_written_through() {
    let room = Room::new();
    std::fs::hard_link(room.dir.path().join("secret/s.md"), room.at("hard.md")).unwrap();
    assert_eq!(room.files.stat(&path("hard.md")).unwrap().links, 2);
    let before = room.untouchable();
    room.files.place(&room.spooled("new\n"), &path("hard.md"), workroom_files::Over::File).unwrap();
    assert_eq!(std::fs::read_to_string(room.at("hard.md")).unwrap(), "new\n");
    assert_eq!(room.files.stat(&path("hard.md")).unwrap().links, 1);
    assert_eq!(room.untouchable(), before);
}
