//! What each operation does when it may.

use crate::room::{Room, path, variant};
use std::io::Read;
use workroom_files::{Kind, Over};

#[test]
fn a_file_is_put_read_moved_and_removed() {
    let room = Room::new();
    let new = path("new/folder/n.md");
    room.files.place(&room.spooled("one\n"), &new, Over::Nothing).unwrap();
    assert!(!room.at(".workroom/tmp/put-1").exists());
    let again = room.files.place(&room.spooled("two\n"), &new, Over::Nothing).unwrap_err();
    assert_eq!(variant(&again), "exists");
    room.files.place(&room.spooled("three\n"), &new, Over::File).unwrap();
    let (mut file, entry) = room.files.open_file(&new).unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!((text.as_str(), entry.bytes, entry.kind), ("three\n", 6, Kind::File));
    assert_eq!(room.files.rename(&new, &path("elsewhere/n.md")).unwrap(), Kind::File);
    assert_eq!(variant(&room.files.stat(&new).unwrap_err()), "not found");
    room.files.remove_file(&path("elsewhere/n.md")).unwrap();
    assert_eq!(variant(&room.files.remove_file(&path("elsewhere/n.md")).unwrap_err()), "not found");
}

#[test]
fn a_folder_is_made_copied_moved_and_removed() {
    let room = Room::new();
    assert!(room.files.make_folder(&path("x/y")).unwrap());
    assert!(!room.files.make_folder(&path("x/y")).unwrap());
    assert_eq!(room.files.rename(&path("notes"), &path("x/notes")).unwrap(), Kind::Folder);
    assert_eq!(std::fs::read_to_string(room.at("x/notes/deep/c.md")).unwrap(), "c\n");
    let copy = room.at(".workroom/tmp/copied");
    room.files.copy_folder(&path("x"), &path("z"), &copy).unwrap();
    room.files.place_folder(&copy, &path("z")).unwrap();
    assert_eq!(std::fs::read_to_string(room.at("z/notes/deep/c.md")).unwrap(), "c\n");
    assert!(room.at("z/y").is_dir());
    assert_eq!(variant(&room.files.remove_folder(&path("z")).unwrap_err()), "not empty");
    room.files.take(&path("z"), &room.at(".workroom/tmp/gone")).unwrap();
    assert!(!room.at("z").exists() && room.at(".workroom/tmp/gone/notes/b.md").exists());
    room.files.remove_folder(&path("x/y")).unwrap();
}

#[test]
fn what_stands_in_the_way_is_named() {
    let room = Room::new();
    for (said, expected) in [
        (room.files.rename(&path("a.md"), &path("notes/b.md")).map(drop), "exists"),
        (room.files.rename(&path("a.md"), &path("notes")).map(drop), "exists"),
        (room.files.rename(&path("a.md"), &path("a.md")).map(drop), "exists"),
        (room.files.rename(&path("notes"), &path("notes/in/it")).map(drop), "into itself"),
        (room.files.rename(&path("none"), &path("x")).map(drop), "not found"),
        (room.files.rename(&path("a.md"), &path("a.md/x")).map(drop), "below"),
        (room.files.rename(&path("notes/b.md"), &path("a.md/x")).map(drop), "below"),
        (room.files.place(&room.spooled("x"), &path("notes"), Over::File), "other"),
        (room.files.place(&room.spooled("x"), &path("a.md/x"), Over::File), "below"),
        (room.files.make_folder(&path("a.md")).map(drop), "other"),
        (room.files.remove_folder(&path("a.md")), "other"),
        (room.files.remove_file(&path("notes")), "other"),
        (room.files.open_file(&path("notes")).map(drop), "other"),
        (
            room.files.copy_folder(&path("notes"), &path("notes/x"), &room.at(".workroom/tmp/c")),
            "into itself",
        ),
    ] {
        assert_eq!(said.as_ref().map_err(variant), Err(expected), "{said:?}");
    }
    assert!(!room.at("notes/in").exists(), "a refused move leaves no folders");
    assert_eq!(std::fs::read_to_string(room.at("a.md")).unwrap(), "a\n");
}

#[cfg(unix)]
#[test]
fn a_folder_with_a_link_is_not_half_copied() {
    let room = Room::new();
    std::os::unix::fs::symlink("../../secret/s.md", room.at("notes/link.md")).unwrap();
    let copy = room.at(".workroom/tmp/copied");
    let error = room.files.copy_folder(&path("notes"), &path("x"), &copy).unwrap_err();
    assert_eq!(error.to_string(), "`notes/link.md` is a symbolic link");
}

#[cfg(unix)]
#[test]
fn permissions_stay_and_rights_of_others_do_not() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    let mode = |name: &str| std::fs::metadata(room.at(name)).unwrap().permissions().mode() & 0o7777;
    room.files.place(&room.spooled("x"), &path("fresh.md"), Over::Nothing).unwrap();
    assert_eq!(mode("fresh.md"), 0o644);
    for (before, after) in [(0o600, 0o600), (0o755, 0o755), (0o4755, 0o755), (0o2711, 0o711)] {
        std::fs::set_permissions(room.at("a.md"), std::fs::Permissions::from_mode(before)).unwrap();
        room.files.place(&room.spooled("x"), &path("a.md"), Over::File).unwrap();
        assert_eq!(mode("a.md"), after, "{before:o}");
    }
}
