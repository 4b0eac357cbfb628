//! The model of the disk, by properties over random logs.

use faults::log::{Kind, Place, ROOT};
use faults::{Change, Disk, Log, Medium, NodeId, Tree};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MEDIA: [Medium; 2] = [Medium::Strict, Medium::Ordered];
/// Folders besides the root, in the root, durable from the start.
const FOLDERS: u32 = 2;
const FILES: u32 = 4;

#[derive(Clone, Debug)]
enum Step {
    Write(u32, u64, u8, usize),
    Resize(u32, u64),
    Name(u32, u8, u32),
    Unname(u32, u8),
    Move(u32, u8, u32, u8),
    SyncFile(u32),
    SyncFolder(u32),
    SyncAll,
}

fn step() -> impl Strategy<Value = Step> {
    let (file, folder, name) = (0..FILES, 0..=FOLDERS, 0..3_u8);
    prop_oneof![
        4 => (file.clone(), 0..3000_u64, 1..=255_u8, 1..1500_usize).prop_map(|(f, o, b, n)| Step::Write(f, o, b, n)),
        1 => (file.clone(), 0..3000_u64).prop_map(|(f, n)| Step::Resize(f, n)),
        3 => (folder.clone(), name.clone(), file.clone()).prop_map(|(d, n, f)| Step::Name(d, n, f)),
        1 => (folder.clone(), name.clone()).prop_map(|(d, n)| Step::Unname(d, n)),
        3 => (folder.clone(), name.clone(), folder.clone(), name).prop_map(|(d, n, e, m)| Step::Move(d, n, e, m)),
        2 => file.prop_map(Step::SyncFile),
        2 => folder.prop_map(Step::SyncFolder),
        1 => Just(Step::SyncAll),
    ]
}

/// Folder 0 is the root; the others and the files follow it.
fn folder(number: u32) -> NodeId {
    NodeId(number)
}

fn file(number: u32) -> NodeId {
    NodeId(number + FOLDERS + 1)
}

fn place(in_folder: u32, name: u8) -> Place {
    Place { folder: folder(in_folder), name: format!("n{name}").into() }
}

fn log(steps: &[Step]) -> Log {
    let mut before = Vec::new();
    for number in 1..=FOLDERS {
        before.push(Change::Make(folder(number), Kind::Folder));
        before.push(Change::Name(Place { folder: ROOT, name: format!("d{number}").into() }, folder(number)));
    }
    before.extend((0..FILES).map(|number| Change::Make(file(number), Kind::File)));
    let change = |step: &Step| match *step {
        Step::Write(number, offset, byte, len) => {
            Change::Write { node: file(number), offset, bytes: vec![byte; len].into() }
        }
        Step::Resize(number, len) => Change::Resize(file(number), len),
        Step::Name(in_folder, name, number) => Change::Name(place(in_folder, name), file(number)),
        Step::Unname(in_folder, name) => Change::Unname(place(in_folder, name)),
        Step::Move(from, name, to, new) => Change::Move { from: place(from, name), to: place(to, new) },
        Step::SyncFile(number) => Change::Sync(file(number)),
        Step::SyncFolder(number) => Change::Sync(folder(number)),
        Step::SyncAll => Change::SyncAll,
    };
    Log { before, changes: steps.iter().map(change).collect(), unsupported: Vec::new() }
}

fn names(tree: &Tree) -> BTreeMap<String, usize> {
    tree.0.keys().map(|path| (path.to_string_lossy().into_owned(), 0)).collect()
}

proptest! {
    #[test]
    fn after_everything_was_synced_nothing_is_lost(steps in vec(step(), 0..40), seed: u64) {
        let mut steps = steps;
        steps.push(Step::SyncAll);
        let log = log(&steps);
        for medium in MEDIA {
            let disk = Disk::at(&log, medium, log.changes.len());
            prop_assert_eq!(disk.after_cut(seed).differences(&disk.live()), Vec::<String>::new());
        }
    }

    #[test]
    fn syncing_each_file_and_folder_is_syncing_everything(steps in vec(step(), 0..40), seed: u64) {
        let mut steps = steps;
        steps.extend((0..FILES).map(Step::SyncFile));
        steps.extend((0..=FOLDERS).map(Step::SyncFolder));
        let log = log(&steps);
        let disk = Disk::at(&log, Medium::Strict, log.changes.len());
        prop_assert_eq!(disk.after_cut(seed).differences(&disk.live()), Vec::<String>::new());
    }

    #[test]
    fn the_same_seed_gives_the_same_tree(steps in vec(step(), 0..40), seed: u64, cut in 0..40_usize) {
        let log = log(&steps);
        for medium in MEDIA {
            let tree = || Disk::at(&log, medium, cut).after_cut(seed);
            prop_assert_eq!(tree(), tree());
        }
    }

    #[test]
    fn no_byte_is_invented(steps in vec(step(), 0..40), seed: u64) {
        let log = log(&steps);
        let written = |byte: u8| byte == 0 || steps.iter().any(|step| matches!(step, Step::Write(_, _, b, _) if *b == byte));
        for medium in MEDIA {
            let tree = Disk::at(&log, medium, log.changes.len()).after_cut(seed);
            for path in tree.0.keys() {
                prop_assert!(tree.file(path).unwrap_or_default().iter().all(|byte| written(*byte)));
            }
        }
    }

    #[test]
    fn on_an_ordered_disk_the_names_are_those_of_some_instant(steps in vec(step(), 0..30), seed: u64) {
        let log = log(&steps);
        let found = names(&Disk::at(&log, Medium::Ordered, log.changes.len()).after_cut(seed));
        let instants = (0..=log.changes.len()).map(|cut| names(&Disk::at(&log, Medium::Ordered, cut).live()));
        prop_assert!(instants.into_iter().any(|instant| instant == found));
    }

    /// The recipe that everything rests on: a whole temporary file, synced, renamed over the old one from another folder.
    #[test]
    fn a_file_replaced_by_the_recipe_is_the_old_or_the_new(cut in 0..=4_usize, seed: u64) {
        let old = [Step::Write(0, 0, 1, 1000), Step::Name(1, 0, 0), Step::SyncAll];
        let new = [Step::Name(2, 1, 1), Step::Write(1, 0, 2, 2000), Step::SyncFile(1), Step::Move(2, 1, 1, 0), Step::SyncFolder(1)];
        let log = log(&[&old[..], &new[..]].concat());
        for medium in MEDIA {
            for (cut, must_be_new) in [(old.len() + cut, false), (log.changes.len(), true)] {
                let tree = Disk::at(&log, medium, cut).after_cut(seed);
                let bytes = tree.file("d1/n0").unwrap_or_default();
                let is_new = bytes == [2; 2000];
                prop_assert!(is_new || (!must_be_new && bytes == [1; 1000]), "{medium:?}, cut {cut}");
            }
        }
    }
}

#[test]
fn a_renamed_file_never_has_no_name() {
    let log = log(&[Step::Name(1, 0, 0), Step::SyncAll, Step::Move(1, 0, 2, 0), Step::SyncFolder(1)]);
    let (mut seen_old, mut seen_new) = (false, false);
    for seed in 0..100 {
        let found = names(&Disk::at(&log, Medium::Strict, 3).after_cut(seed));
        let (old, new) = (found.contains_key("d1/n0"), found.contains_key("d2/n0"));
        assert!(old || new, "seed {seed}");
        seen_old |= old && !new;
        seen_new |= new;
        let synced = names(&Disk::at(&log, Medium::Strict, 4).after_cut(seed));
        assert!(synced.contains_key("d2/n0") && !synced.contains_key("d1/n0"), "seed {seed}");
    }
    assert!(seen_old && seen_new);
}

#[test]
fn without_its_folder_s_sync_a_synced_file_can_lose_its_name() {
    let log = log(&[Step::Name(1, 0, 0), Step::Write(0, 0, 7, 10), Step::SyncFile(0)]);
    let lost =
        |medium| (0..100).any(|seed| Disk::at(&log, medium, 3).after_cut(seed).file("d1/n0").is_none());
    assert!(lost(Medium::Strict));
    assert!(!lost(Medium::Ordered), "an fsync brings the names before it");
}
