//! Healing: opening the stores, whatever state they are in, and making them agree.
//!
//! Invariant: after it, every live chunk has its text in the lexicon, no dead chunk has, and ids yet to be given were never given.
//! The ledger is the truth. What it does not know is dropped; what it knows and the lexicon lost is hidden and named in
//! [`OpenReport::reingest`], for the caller to read again from the files. The ledger keeps such documents' ids and their vectors, so
//! reading them again costs no teacher. Each step can be cut off anywhere: the next open finds what is left to do from the stores.

use crate::open::Writer;
use crate::repairs::Repairs;
use crate::{DocTable, Error, OpenReport, SkipTable, fault};
use corpus::{ChunkId, Seq};
use ledger::Ledger;
use lexicon::{Lexicon, LexiconOptions};
use roaring::RoaringTreemap;
use std::path::Path;
use std::sync::Arc;

/// What the ledger holds, in memory.
pub(crate) struct Tables {
    pub(crate) docs: DocTable,
    pub(crate) skips: SkipTable,
    pub(crate) live: RoaringTreemap,
}

/// Opens the ledger and reads its tables. One that cannot be used is set aside, and an empty one begins.
pub(crate) fn open_ledger(
    dir: &Path,
    due: Repairs,
    report: &mut OpenReport,
) -> Result<(Ledger, Tables), Error> {
    let at = dir.join("ledger");
    let open = || Ledger::open(&at, &ledger::Options::default()).map_err(|error| ledger_error(dir, error));
    let (ledger, opened) = open()?;
    note_healing(&opened, report);
    if report.rebuild {
        note_rescan(dir, due)?;
    }
    match examine(&ledger, due).and_then(|()| read_tables(&ledger)) {
        Ok(tables) => return Ok((ledger, tables)),
        Err(error @ ledger::Error::Incomplete { .. }) => {
            // Before the count that shows it is gone.
            note_rescan(dir, due)?;
            report.rebuild = true;
            report.repaired.push(format!("the ledger lost rows ({error}); the files say which"));
            match ledger.recount().and_then(|()| read_tables(&ledger)) {
                Ok(tables) => return Ok((ledger, tables)),
                Err(error) if error.is_damage() => note_aside(&error, report),
                Err(error) => return Err(Error::Ledger(error)),
            }
        }
        Err(error) if error.is_damage() => note_aside(&error, report),
        Err(error) => return Err(Error::Ledger(error)),
    }
    note_rescan(dir, due)?;
    drop(ledger);
    let aside = ledger::set_aside(&at).map_err(Error::Ledger)?;
    report.repaired.push(format!("the damaged ledger was set aside as {}", aside.display()));
    let (ledger, _) = open()?;
    let tables = read_tables(&ledger).map_err(Error::Ledger)?;
    Ok((ledger, tables))
}

fn note_aside(error: &ledger::Error, report: &mut OpenReport) {
    report.rebuild = true;
    report.repaired.push(format!("the ledger is damaged ({error}); it is made anew from the files"));
}

fn note_rescan(dir: &Path, due: Repairs) -> Result<(), Error> {
    Repairs { rescan: true, ..due }.replace(dir, due)
}

fn ledger_error(dir: &Path, error: ledger::Error) -> Error {
    match error {
        ledger::Error::Locked { .. } => Error::Locked { path: dir.to_path_buf() },
        error => Error::Ledger(error),
    }
}

fn note_healing(opened: &ledger::OpenReport, report: &mut OpenReport) {
    let what = match &opened.outcome {
        ledger::Outcome::Replayed { set_aside } => {
            format!("was damaged; its log was replayed, the damaged files are in {}", set_aside.display())
        }
        ledger::Outcome::Reset { set_aside } => {
            format!("was damaged beyond repair; its files are in {}", set_aside.display())
        }
        ledger::Outcome::Created if !report.created => "was missing".to_owned(),
        _ => return,
    };
    // Even a replayed log may lack the last commits: the files say what is missing.
    report.rebuild = true;
    report.repaired.push(format!("the ledger {what}"));
}

/// Reads every row of a ledger that is suspect.
fn examine(ledger: &Ledger, due: Repairs) -> Result<(), ledger::Error> {
    if !due.verify_ledger {
        return Ok(());
    }
    let found = ledger.verify()?;
    match found.damaged.first() {
        Some(row) => Err(ledger::Error::Corrupt { tree: row.tree, key: row.key.clone(), why: row.why }),
        None => Ok(()),
    }
}

fn read_tables(ledger: &Ledger) -> Result<Tables, ledger::Error> {
    let mut docs = DocTable::default();
    let mut live = RoaringTreemap::new();
    let (mut n_docs, mut n_chunks, mut end) = (0, 0_u64, 0);
    let mut skips = SkipTable::default();
    let loaded = ledger.load(
        |record| {
            n_docs += 1;
            n_chunks += u64::from(record.n_chunks);
            end = end.max(record.chunks().end);
            live.insert_range(record.chunks());
            docs.insert(Arc::new(record));
        },
        |skip| skips.insert_mut(skip.path.clone(), Arc::new(skip)),
    );
    loaded?;
    // Rows may each be as they were written and still not fit together.
    if docs.len() != n_docs || live.len() != n_chunks || end > ledger.next_chunk() {
        let why = "two documents share a path or a chunk, or one has chunks that were never given out";
        return Err(ledger::Error::Corrupt { tree: "docs", key: "all".to_owned(), why });
    }
    Ok(Tables { docs, skips, live })
}

/// Opens the lexicon of `ledger`. One that cannot be used, or belongs to another ledger, is made anew, empty.
pub(crate) fn open_lexicon(
    dir: &Path,
    ledger: &Ledger,
    due: Repairs,
    report: &mut OpenReport,
) -> Result<Lexicon, Error> {
    let at = dir.join("lexicon");
    if due.rebuild_lexicon {
        report.repaired.push("the full text failed though it seems sound; it is made anew".to_owned());
        remove_if_there(&at)?;
    }
    let options = LexiconOptions {
        store: ledger.store_id(),
        distrust: due.verify_lexicon,
        ..LexiconOptions::default()
    };
    let error = match Lexicon::open(&at, options).and_then(|lexicon| examine_text(lexicon, due)) {
        Err(lexicon::Error::Locked { .. }) => return Err(Error::Locked { path: dir.to_path_buf() }),
        Err(error) if error.is_damage() => error,
        opened => return opened.map_err(Error::Lexicon),
    };
    if matches!(error, lexicon::Error::Foreign { .. }) {
        // Either of the two is not ours, or the ledger began anew and could not say so before it was cut off.
        note_rescan(dir, due)?;
        report.rebuild = true;
    }
    let why = std::error::Error::source(&error).map(|why| format!(": {why}")).unwrap_or_default();
    report.repaired.push(format!("the full text could not be used ({error}{why}); it is made anew"));
    remove_if_there(&at)?;
    Lexicon::open(&at, options).map_err(Error::Lexicon)
}

/// Reads every chunk of a lexicon that is suspect.
fn examine_text(lexicon: Lexicon, due: Repairs) -> Result<Lexicon, lexicon::Error> {
    if due.verify_lexicon
        && let Some((file, why)) = lexicon.searcher().verify()?.into_iter().next()
    {
        let source = format!("{}: {why}", file.display()).into();
        return Err(lexicon::Error::Corrupt { dir: file, op: "examine the full text", source });
    }
    Ok(lexicon)
}

/// Makes lexicon and ledger agree. After a clean end this is one comparison of two pairs of numbers.
pub(crate) fn reconcile(
    writer: &mut Writer,
    dir: &Path,
    due: Repairs,
    report: &mut OpenReport,
) -> Result<(), Error> {
    if due.verify_ledger {
        drop_text_without_vectors(writer, report)?;
    }
    let text_seq = writer.ledger.text_seq();
    let in_step = writer.lexicon.seq().unwrap_or_default() == text_seq;
    let as_many = writer.current.text.n_chunks() == writer.current.live.len();
    if in_step && as_many && writer.lexicon.n_checked() == 0 && report.repaired.is_empty() {
        return Ok(());
    }
    if writer.lexicon.seq() > Some(Seq(writer.current.seq.0 + 1)) {
        // One commit ahead is a crash between the two stores; more is a ledger that forgot.
        report.rebuild = true;
        report.repaired.push("the ledger lacks commits that the full text has".to_owned());
        note_rescan(dir, due)?;
    }
    let in_lexicon = writer.current.text.chunk_ids().map_err(Error::Lexicon)?;
    let orphans = &in_lexicon - &*writer.current.live;
    let missing = &*writer.current.live - &in_lexicon;
    // Numbers that an unfinished commit gave away are not given again.
    writer.next_chunk = writer.next_chunk.max(in_lexicon.max().map_or(0, |last| last + 1));
    if !orphans.is_empty() || !in_step && missing.is_empty() {
        fault::at(fault::RECONCILE)?;
        for chunk in &orphans {
            writer.lexicon.delete_chunk(ChunkId(chunk)).map_err(Error::Lexicon)?;
        }
        writer.current.text = writer.lexicon.commit(text_seq).map_err(Error::Lexicon)?;
    }
    if !orphans.is_empty() {
        report.repaired.push(format!("dropped the text of {} chunks of an unfinished commit", orphans.len()));
    }
    hide(writer, &missing, report);
    Ok(())
}

/// Documents some of whose vectors the ledger lost are read again like those whose text is lost: their text goes, and with that it shows
/// at every open until it is done. Which chunks never had a vector is not known; they come with the others.
fn drop_text_without_vectors(writer: &mut Writer, report: &mut OpenReport) -> Result<(), Error> {
    let mut have = RoaringTreemap::new();
    let loaded = writer.ledger.load_vectors(|row| {
        have.insert(row.chunk.0);
    });
    let lost = match loaded {
        Err(error @ ledger::Error::Incomplete { .. }) => error,
        loaded => return loaded.map_err(Error::Ledger),
    };
    report.repaired.push(format!("the ledger lost vectors ({lost}); they are made anew"));
    let missing = &*writer.current.live - &have;
    for doc in writer.current.docs.iter().filter(|doc| missing.range_cardinality(doc.chunks()) > 0) {
        writer.lexicon.delete_document(doc.id).map_err(Error::Lexicon)?;
    }
    writer.current.text = writer.lexicon.commit(writer.ledger.text_seq()).map_err(Error::Lexicon)?;
    writer.ledger.recount().map_err(Error::Ledger)
}

/// Takes documents with lost text out of sight, whole, until their files are read again.
fn hide(writer: &mut Writer, missing: &RoaringTreemap, report: &mut OpenReport) {
    if missing.is_empty() {
        return;
    }
    let mut live = (*writer.current.live).clone();
    for doc in writer.current.docs.iter() {
        let chunks = doc.chunks();
        if missing.range_cardinality(chunks.clone()) > 0 {
            live.remove_range(chunks);
            report.reingest.push(doc.path.clone());
        }
    }
    report
        .repaired
        .push(format!("the text of {} documents was lost; they will be read again", report.reingest.len()));
    writer.current.live = Arc::new(live);
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    fault::at(fault::REBUILD)?;
    match fs_err::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
