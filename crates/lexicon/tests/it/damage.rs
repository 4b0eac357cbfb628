//! Files that were changed behind our back.

use std::path::{Path, PathBuf};

use corpus::{ChunkId, DocId, Seq};
use workroom_lexicon::{Error, Lexicon, LexiconOptions};

use crate::{doc, open};

/// A closed index of one segment with deletions, and all of its files but the lock.
fn index() -> (tempfile::TempDir, Vec<PathBuf>) {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    (0..200).for_each(|id| {
        doc(id, id, &format!("some text with word{id} and again word{}", id % 7)).add_to(&mut lexicon)
    });
    lexicon.commit(Seq(1)).unwrap();
    lexicon.delete_document(DocId(3)).unwrap();
    lexicon.commit(Seq(2)).unwrap();
    lexicon.finish().unwrap();
    drop(lexicon);
    let names = fs_err::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut files: Vec<PathBuf> = names.map(PathBuf::from).collect();
    files.retain(|name| !name.to_string_lossy().ends_with(".lock") && name != Path::new("seal"));
    files.sort();
    assert!(files.len() >= 9, "{files:?}");
    (dir, files)
}

/// Waits until the file system's clock has moved on, so that the next change to `file` shows in its times.
fn tick(file: &Path) {
    let changed = |path: &Path| fs_err::metadata(path).and_then(|meta| meta.modified()).ok();
    let probe = tempfile::NamedTempFile::new_in(file.parent().unwrap()).unwrap();
    while changed(probe.path()) <= changed(file) {
        fs_err::write(probe.path(), "").unwrap();
    }
}

/// Opens, and if that succeeds, reads everything.
fn try_everything(dir: &Path) -> Result<usize, Error> {
    let lexicon = Lexicon::open(dir, LexiconOptions::default())?;
    let searcher = lexicon.searcher();
    let hits = searcher.search("some word3 \"text with\"", 1000, &|_| true, false)?.hits;
    assert_eq!((hits.len(), searcher.fetch(&[ChunkId(9)])?.iter().flatten().count()), (199, 1));
    assert_eq!((lexicon.seq(), searcher.chunk_ids()?.len()), (Some(Seq(2)), 199));
    assert_eq!(searcher.verify()?, []);
    Ok(lexicon.n_checked())
}

/// What may happen to a file's bytes.
fn damages(good: &[u8]) -> Vec<(&'static str, Option<Vec<u8>>)> {
    let n = good.len();
    let mut all = vec![("deleted", None), ("emptied", Some(Vec::new()))];
    for at in
        [0, n / 3, n / 2, n.saturating_sub(60), n.saturating_sub(9), n - 1].into_iter().filter(|&at| at < n)
    {
        let mut flipped = good.to_vec();
        flipped[at] ^= 0x15;
        all.push(("flipped", Some(flipped)));
        all.push(("cut", Some(good[..at].to_vec())));
    }
    let mut zeroed = good.to_vec();
    zeroed[n / 4..n / 2 + 1].fill(0);
    all.push(("zeroed", Some(zeroed)));
    all.push(("grown", Some([good, &[0; 512]].concat())));
    all
}

#[test]
fn whatever_happens_to_a_file_is_noticed_on_open() {
    let (dir, files) = index();
    assert_eq!(try_everything(dir.path()).unwrap(), 0, "what was closed well is not read again");
    for name in &files {
        let path = dir.path().join(name);
        let good = fs_err::read(&path).unwrap();
        for (how, bad) in damages(&good).into_iter().filter(|(_, bad)| bad.as_deref() != Some(&good)) {
            tick(&path);
            match bad {
                Some(bad) => fs_err::write(&path, bad).unwrap(),
                None => fs_err::remove_file(&path).unwrap(),
            }
            let error = try_everything(dir.path()).expect_err(&format!("{name:?} {how}"));
            assert!(error.is_damage(), "{name:?} {how}: {error:?}");
        }
        tick(&path);
        fs_err::write(&path, &good).unwrap();
    }
    assert!(try_everything(dir.path()).unwrap() > 0, "rewritten files are read before they are believed");
    assert_eq!(try_everything(dir.path()).unwrap(), 0, "and then not again");
}

#[test]
fn a_lost_seal_costs_one_reading() {
    let (dir, files) = index();
    for bad in [None, Some(&b"seal"[..]), Some(&[0; 200])] {
        match bad {
            Some(bad) => fs_err::write(dir.path().join("seal"), bad).unwrap(),
            None => fs_err::remove_file(dir.path().join("seal")).unwrap(),
        }
        assert_eq!(try_everything(dir.path()).unwrap(), files.len() - 2, "all but the two lists");
        assert_eq!(try_everything(dir.path()).unwrap(), 0);
    }
    let options = LexiconOptions { distrust: true, ..LexiconOptions::default() };
    assert_eq!(Lexicon::open(dir.path(), options).unwrap().n_checked(), files.len() - 2);
}

#[test]
fn scrubbing_finds_what_changes_under_an_open_index() {
    let (dir, files) = index();
    let lexicon = open(dir.path());
    let searcher = lexicon.searcher();
    assert_eq!(searcher.files().unwrap(), files);
    for name in &files {
        let path = dir.path().join(name);
        let good = fs_err::read(&path).unwrap();
        for (how, bad) in damages(&good).into_iter().filter(|(_, bad)| bad.as_deref() != Some(&good)) {
            // Into another file of that name: cutting a mapped one short is what no reader survives.
            fs_err::remove_file(&path).unwrap();
            if let Some(bad) = bad {
                fs_err::write(&path, bad).unwrap();
            }
            assert!(searcher.verify_file(name).unwrap().is_some(), "{name:?} {how}");
            assert_eq!(searcher.verify().unwrap().len(), 1, "{name:?} {how}");
            fs_err::write(&path, &good).unwrap();
        }
        assert_eq!(searcher.verify_file(name).unwrap(), None);
    }
    let merged_away = Path::new("0123456789abcdef0123456789abcdef.idx");
    assert_eq!(searcher.verify_file(merged_away).unwrap(), None, "no part of the index");
}

#[test]
fn another_ledgers_index_is_refused() {
    let (dir, _) = index();
    let options = LexiconOptions { store: 7, ..LexiconOptions::default() };
    let error = Lexicon::open(dir.path(), options).unwrap_err();
    assert!(matches!(error, Error::Foreign { found: 0, expected: 7, .. }) && error.is_damage(), "{error:?}");
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
    assert!(matches!(lexicon.delete_document(DocId(1)), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.commit(Seq(2)), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.rollback(), Err(Error::Poisoned { .. })));
    assert!(matches!(lexicon.set_bulk(true), Err(Error::Poisoned { .. } | Error::Uncommitted { .. })));
    drop(lexicon);
    let lexicon = open(&away);
    assert_eq!((lexicon.seq(), crate::found(&lexicon.searcher(), "first second")), (Some(Seq(1)), vec![1]));
}
