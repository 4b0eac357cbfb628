//! What a commit holds, and what a crash, a rollback or a second writer leave.

use corpus::{ChunkId, DocId, Seq};
use roaring::RoaringTreemap;
use workroom_lexicon::{Error, Lexicon, LexiconOptions, Stemming};

use crate::{doc, found, indexed, open};

#[test]
fn chunks_come_back_as_they_were_stored() {
    let docs: Vec<_> = (0..300)
        .map(|id| doc(id * 7, id / 10, &format!("text {id} über 中文")).titled("T", &["a", "b"]))
        .collect();
    let (_dir, searcher) = indexed(&docs);
    let wanted: Vec<_> = docs.iter().rev().map(|doc| doc.stored.chunk_id).chain([ChunkId(1)]).collect();
    let fetched = searcher.fetch(&wanted).unwrap();
    let expected: Vec<_> = docs.iter().rev().map(|doc| Some(doc.stored.clone())).chain([None]).collect();
    assert_eq!(fetched, expected);
    assert_eq!(searcher.chunk_ids().unwrap(), (0..300).map(|id| id * 7).collect::<RoaringTreemap>());
    assert_eq!((searcher.n_chunks(), searcher.n_segments()), (300, 1));
    assert!(searcher.size_bytes().unwrap() > 1000);
    assert_eq!(searcher.verify().unwrap(), []);
}

#[test]
fn a_new_index_is_empty_and_answers() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(&dir.path().join("made/by/open"));
    assert_eq!((lexicon.seq(), lexicon.searcher().n_chunks()), (None, 0));
    assert_eq!(found(&lexicon.searcher(), "anything"), [0_u64; 0]);
    lexicon.commit(Seq(3)).unwrap();
    assert_eq!(lexicon.seq(), Some(Seq(3)), "a commit of nothing is a commit");
}

#[test]
fn a_document_is_replaced_within_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    doc(1, 1, "old committed").add_to(&mut lexicon);
    doc(2, 2, "other committed").add_to(&mut lexicon);
    let before = lexicon.commit(Seq(1)).unwrap();
    doc(3, 1, "old staged").add_to(&mut lexicon);
    lexicon.delete_document(DocId(1)).unwrap();
    doc(4, 1, "new staged").add_to(&mut lexicon);
    let after = lexicon.commit(Seq(2)).unwrap();
    assert_eq!(found(&after, "committed staged"), [2, 4]);
    assert_eq!(after.fetch(&[ChunkId(1), ChunkId(3)]).unwrap(), [None, None]);
    assert_eq!(found(&before, "committed staged"), [1, 2], "a snapshot stays as it was");
    assert!(before.fetch(&[ChunkId(1)]).unwrap()[0].is_some());
}

#[test]
fn what_is_not_committed_is_gone_after_a_crash() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    doc(1, 1, "kept").add_to(&mut lexicon);
    lexicon.commit(Seq(7)).unwrap();
    doc(2, 2, "lost").add_to(&mut lexicon);
    lexicon.delete_document(DocId(1)).unwrap();
    drop(lexicon);
    let mut lexicon = open(dir.path());
    assert_eq!(lexicon.seq(), Some(Seq(7)));
    assert_eq!(found(&lexicon.searcher(), "kept lost"), [1]);
    doc(3, 3, "kept too").add_to(&mut lexicon);
    assert_eq!(found(&lexicon.commit(Seq(8)).unwrap(), "kept lost"), [1, 3]);
}

/// tantivy names a file of deletions by the number of the last operation, and the numbers begin again where the last commit ended.
#[test]
fn a_commit_that_was_cut_off_can_be_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    // So many that the deletion of one does not make the segment worth rewriting.
    (0..8).for_each(|id| doc(id, id, "kept").add_to(&mut lexicon));
    doc(8, 8, "lost").add_to(&mut lexicon);
    lexicon.commit(Seq(1)).unwrap();
    lexicon.finish().unwrap();
    drop(lexicon);
    let segments = fs_err::read(dir.path().join("meta.json")).unwrap();
    for attempt in 0..3 {
        let mut lexicon = open(dir.path());
        lexicon.delete_document(DocId(8)).unwrap();
        assert!(found(&lexicon.commit(Seq(2)).unwrap(), "lost").is_empty(), "attempt {attempt}");
        lexicon.finish().unwrap();
        drop(lexicon);
        // As if it had ended before it named its segments.
        fs_err::write(dir.path().join("meta.json"), &segments).unwrap();
    }
}

#[test]
fn rollback_forgets_what_is_staged() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    doc(1, 1, "kept").add_to(&mut lexicon);
    lexicon.commit(Seq(1)).unwrap();
    doc(2, 2, "kept not").add_to(&mut lexicon);
    lexicon.delete_document(DocId(1)).unwrap();
    lexicon.rollback().unwrap();
    doc(3, 3, "kept as well").add_to(&mut lexicon);
    assert_eq!(found(&lexicon.commit(Seq(2)).unwrap(), "kept"), [1, 3]);
}

#[test]
fn bulk_is_switched_between_commits_only() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    lexicon.set_bulk(true).unwrap();
    (0..500).for_each(|id| doc(id, id, "bulk text").add_to(&mut lexicon));
    assert!(matches!(lexicon.set_bulk(false), Err(Error::Uncommitted { .. })));
    assert_eq!(lexicon.commit(Seq(1)).unwrap().n_chunks(), 500);
    lexicon.set_bulk(false).unwrap();
    lexicon.set_bulk(false).unwrap();
    doc(500, 500, "live text").add_to(&mut lexicon);
    assert_eq!(lexicon.commit(Seq(2)).unwrap().n_chunks(), 501);
    lexicon.finish().unwrap();
    drop(lexicon);
    assert_eq!(open(dir.path()).seq(), Some(Seq(2)));
}

#[test]
fn many_commits_are_merged_and_the_number_survives() {
    let dir = tempfile::tempdir().unwrap();
    let mut lexicon = open(dir.path());
    for id in 0..40 {
        doc(id, id, "a little text").add_to(&mut lexicon);
        lexicon.commit(Seq(id)).unwrap();
    }
    lexicon.finish().unwrap();
    drop(lexicon);
    let lexicon = open(dir.path());
    assert_eq!((lexicon.seq(), lexicon.searcher().n_chunks()), (Some(Seq(39)), 40));
    assert!(lexicon.searcher().n_segments() < 20, "{} segments", lexicon.searcher().n_segments());
}

#[test]
fn there_is_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(Lexicon::open(dir.path(), LexiconOptions::default()), Err(Error::Locked { .. })));
    drop(first);
    open(dir.path());
}

#[test]
fn another_language_is_incompatible() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    let options = LexiconOptions { stemming: Stemming::None, ..LexiconOptions::default() };
    assert!(matches!(Lexicon::open(dir.path(), options), Err(Error::Incompatible { .. })));
}
