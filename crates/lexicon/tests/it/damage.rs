//! Files that were changed behind our back.

use std::path::{Path, PathBuf};

use corpus::{ChunkId, Seq};
use workroom_lexicon::{Error, Lexicon, LexiconOptions};

use crate::{doc, open};

/// A closed index of one segment, and the files of that segment.
fn index() -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    (0..200).for_each(|id| {
        doc(id, id, &format!("some text with word{id} and again word{}", id % 7)).add_to(&mut lexicon)
    });
    lexicon.commit(Seq(1)).unwrap();
    lexicon.close().unwrap();
    let paths = fs_err::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| has_segment_name(path)).collect();
    files.sort();
    assert!(files.len() >= 5, "{files:?}");
    (dir, files)
}

fn has_segment_name(path: &Path) -> bool {
    path.file_stem()
        .and_then(|stem| stem.to_str())
        .is_some_and(|stem| stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn try_everything(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let lexicon = Lexicon::open(dir, LexiconOptions::default())?;
    let searcher = lexicon.searcher();
    searcher.search("some word3 \"text with\"", 10, &|_| true, false)?;
    searcher.search("again", 10, &|id| id.0 % 2 == 0, true)?;
    searcher.fetch(&(0..200).map(ChunkId).collect::<Vec<_>>())?;
    searcher.chunk_ids()?;
    searcher.verify()
}

#[test]
fn a_changed_byte_is_an_error_or_found_by_verify() {
    let (dir, files) = index();
    assert_eq!(try_everything(dir.path()).unwrap(), Vec::<PathBuf>::new());
    for file in &files {
        let good = fs_err::read(file).unwrap();
        for at in [0, good.len() / 2, good.len().saturating_sub(1)].into_iter().filter(|&at| at < good.len())
        {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            fs_err::write(file, &bad).unwrap();
            let named = Path::new(file.file_name().unwrap());
            match try_everything(dir.path()) {
                Ok(damaged) => assert_eq!(damaged, [named], "byte {at}"),
                Err(Error::Corrupt { .. } | Error::Incompatible { .. }) => {}
                Err(other) => panic!("byte {at} of {named:?}: {other:?}"),
            }
        }
        fs_err::write(file, &good).unwrap();
    }
    assert_eq!(try_everything(dir.path()).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn missing_and_unreadable_files_say_corrupt() {
    let check = |break_it: &dyn Fn(&Path, &[PathBuf])| {
        let (dir, files) = index();
        break_it(dir.path(), &files);
        let error = Lexicon::open(dir.path(), LexiconOptions::default()).unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
    };
    check(&|_, files| fs_err::remove_file(&files[0]).unwrap());
    check(&|_, files| fs_err::write(&files[0], b"").unwrap());
    check(&|dir, _| fs_err::write(dir.join("meta.json"), b"{").unwrap());
    check(&|dir, _| fs_err::write(dir.join(".managed.json"), b"not json").unwrap());
}

#[test]
fn a_directory_that_cannot_be_made_says_io() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs_err::write(&file, b"").unwrap();
    let error = Lexicon::open(&file.join("index"), LexiconOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[test]
fn a_failed_commit_poisons_until_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let index_dir = dir.path().join("index");
    let mut lexicon = open(&index_dir);
    doc(1, 1, "first").add_to(&mut lexicon);
    lexicon.commit(Seq(1)).unwrap();
    doc(2, 2, "second").add_to(&mut lexicon);
    let away = dir.path().join("away");
    fs_err::rename(&index_dir, &away).unwrap();
    assert!(lexicon.commit(Seq(2)).is_err());
    assert!(lexicon.is_poisoned());
    assert!(matches!(lexicon.delete_document(corpus::DocId(1)), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.commit(Seq(2)), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.rollback(), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.set_bulk(true), Err(Error::Poisoned { .. } | Error::Uncommitted { .. })));
    drop(lexicon);
    let lexicon = open(&away);
    assert_eq!((lexicon.seq(), crate::found(&lexicon.searcher(), "first second")), (Some(Seq(1)), vec![1]));
}
