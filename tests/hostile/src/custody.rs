//! The journals, packs and logs of custody, made of any bytes: opening them is no panic, damage is an error with its place or is left out, and
//! whatever could be opened goes on.
//!
//! Invariant: files lie in a folder of the one call, in memory where the system has such a place.
//! Not here: that what was acknowledged survives (`custody`'s own tests, `tests/faults`).

use crate::input::Input;
use custody::audit::{self, Doing, Filter};
use custody::content::Contents;
use custody::events::Retention;
use custody::journal::{Format, Journal, Replay, Unfit};
use custody::lease::{Clock, Now};
use custody::versions::{Record, Versions};
use custody::{
    Act, Actor, After, Audit, Error, ErrorKind, EventFilter, EventLog, Grant, History, LeaseRequest, Leases,
    NewEvent, NewToken, Principal, Right, Rights, Tokens, Via,
};
use fs_err as fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const NOW: i64 = 1_795_000_000_000;
const PACK: &str = "000001.pack";
const EVENTS: &str = "000000000001.jsonl";
const AUDIT: &str = "000000000000.jsonl";
/// The journals, by name and version; the file has the name.
const JOURNALS: [&str; 6] = ["leases", "versions", "history", "tokens", "comments", "approvals"];

/// Gives a target bytes to open in a folder of its own.
fn inside(work: impl FnOnce(&Path) -> io::Result<()>) {
    let made = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let worked = made.and_then(|folder: TempDir| work(folder.path()));
    assert!(worked.is_ok(), "the disk refuses: {worked:?}");
}

/// Any bytes as a pack of contents: the last one, or one behind which another follows.
pub(crate) fn packs(bytes: &[u8]) {
    inside(|folder| {
        let mut input = Input::new(bytes);
        let is_last = input.byte().is_multiple_of(2);
        fs::write(folder.join(PACK), input.rest())?;
        if !is_last {
            fs::write(folder.join("000002.pack"), b"WRPACK01")?;
        }
        let contents = Contents::at(folder);
        let found = contents.verify();
        // A version of packs that nobody knows yet is refused as a whole.
        for damage in found.iter().flatten() {
            assert!(damage.offset <= bytes.len() as u64 && !damage.why.is_empty(), "{damage:?}");
        }
        if found.is_ok() {
            let (hash, _) = contents.put(&b"The heron waits."[..]).map_err(io::Error::other)?;
            assert_eq!(contents.read(&hash).ok().as_deref(), Some(&b"The heron waits."[..]));
        }
        Ok(())
    });
}

/// Any bytes as a file of events: as they are, or each line with the checksum that belongs to it.
pub(crate) fn events(bytes: &[u8]) {
    inside(|folder| {
        let mut input = Input::new(bytes);
        let is_raw = input.byte().is_multiple_of(2);
        let body = if is_raw { input.rest().to_vec() } else { with_checksums(input.rest()) };
        fs::write(folder.join(EVENTS), body)?;
        let log = EventLog::open(folder, Retention::default()).map_err(io::Error::other)?;
        let told = log.tell([NewEvent::new("file.created").at("new.md")], NOW);
        assert!(told.is_ok() || is_at_the_end(&told), "{told:?}");
        let all = corpus::PathSet::all();
        let page =
            log.read(&After::Start, &EventFilter::default(), &all, 10_000).map_err(io::Error::other)?;
        let numbers: Vec<u64> = page.events.iter().map(|listed| listed.event.seq).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        let last = page.events.last().and_then(|listed| listed.event.path.clone());
        assert!(
            told.is_err() || last.as_deref() == Some("new.md"),
            "what was told is not the last: {last:?}"
        );
        Ok(())
    });
}

/// Whether numbers have come to their end, as they do where the last one there is stands in a file.
fn is_at_the_end(told: &custody::Result<()>) -> bool {
    told.as_ref().is_err_and(|error| error.kind() == ErrorKind::Invalid)
}

fn with_checksums(lines: &[u8]) -> Vec<u8> {
    let lines = lines.split(|byte| *byte == b'\n').flat_map(|line| {
        let body = line.strip_suffix(b"}").unwrap_or(line);
        [body, format!(",\"crc\":\"{:08x}\"}}\n", crc32fast::hash(body)).as_bytes()].concat()
    });
    lines.collect()
}

/// Any bytes as a file of the audit log, as its signed head, or as both.
pub(crate) fn audits(bytes: &[u8]) {
    inside(|folder| {
        let folder = folder.join("audit");
        let mut input = Input::new(bytes);
        let which = input.byte() % 3;
        let noted = Audit::open(&folder).and_then(|audit| {
            audit.note(act("a.md"), NOW)?;
            audit.sign(NOW)
        });
        assert!(noted.is_ok(), "{noted:?}");
        if which != 1 {
            fs::write(folder.join(AUDIT), input.rest())?;
        }
        if which != 0 {
            fs::write(folder.join("head.json"), input.rest())?;
        }
        check_audit(&folder, bytes.len());
        if let Ok(audit) = Audit::open(&folder) {
            let noted = audit.note(act("b.md"), NOW);
            let is_full = noted.as_ref().is_err_and(|error| error.kind() == ErrorKind::Invalid);
            assert!(noted.is_ok() || is_full, "{noted:?}");
            drop(audit);
            check_audit(&folder, bytes.len());
        }
        Ok(())
    });
}

/// Whatever is wrong is told with a place inside the files.
fn check_audit(folder: &Path, longest: usize) {
    let Ok(report) = audit::verify(folder, None) else { return };
    for finding in &report.findings {
        let is_inside = finding.offset <= longest as u64 + (4 << 10);
        assert!(is_inside && !finding.what.is_empty(), "{finding:?}");
    }
    drop(audit::query(folder, &Filter::default(), 0, 100));
    drop(audit::last(folder, &Filter::default(), None, 100));
    drop(audit::pending(folder));
}

fn act(path: &str) -> Act {
    Act::new(Doing::FileWrite, Actor::owner(Via::Library)).on(path)
}

/// Any bytes as one of the journals: as they are, or each line as a sound record of it.
pub(crate) fn journals(bytes: &[u8]) {
    inside(|folder| {
        let mut input = Input::new(bytes);
        let choice = input.byte();
        let name = JOURNALS[usize::from(choice >> 1) % JOURNALS.len()];
        let file = folder.join(format!("{name}.journal"));
        if choice.is_multiple_of(2) {
            fs::write(&file, input.rest())?;
        } else {
            let mut journal = Journal::at(&file, Format { kind: name, version: 1 }, Anything);
            for line in input.rest().split(|byte| *byte == b'\n').take(256) {
                let added = journal.writer().and_then(|mut writer| writer.append_unsynced(line));
                assert!(added.is_ok(), "{added:?}");
            }
        }
        let size = fs::metadata(&file)?.len();
        if let Err(error) = used(folder, name) {
            let is_told = match &error {
                Error::Damaged { offset, why, .. } => *offset <= size && !why.is_empty(),
                error => {
                    matches!(error.kind(), ErrorKind::Incompatible | ErrorKind::Invalid | ErrorKind::Held)
                }
            };
            assert!(is_told, "{name}: {error:?}");
        }
        Ok(())
    });
}

/// A state that takes every record.
struct Anything;

impl Replay for Anything {
    fn clear(&mut self) {}

    fn apply(&mut self, _: u64, _: &[u8]) -> Result<(), Unfit> {
        Ok(())
    }
}

/// A clock that stands still.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Now {
        Now { wall_ms: NOW, steady_ms: 1 << 40, boot: "noon".to_owned() }
    }
}

/// Opens a journal, looks at all of it, and adds to it.
fn used(folder: &Path, name: &str) -> custody::Result<()> {
    let (owner, by) = (Principal::owner(), Actor::owner(Via::Library));
    match name {
        "leases" => {
            let leases = Leases::open(folder, Arc::new(Noon))?;
            drop(leases.holding());
            let request = LeaseRequest {
                paths: vec!["a.md".to_owned()],
                mode: custody::lease::Mode::Exclusive,
                seconds: 60,
                purpose: String::new(),
            };
            leases.take(&by, &custody::lease::new_id()?, request, Duration::ZERO, &|| true).map(drop)
        }
        "versions" => {
            let versions = Versions::open(folder)?;
            versions.look(|table| drop(format!("{table:?}")));
            // Nothing is noted where nothing is known.
            if versions.is_kept() { versions.note(&[tagged()]) } else { Ok(()) }
        }
        "history" => {
            let history = History::open(folder, |_| true)?;
            if let Ok(path) = corpus::DocPath::new("a.md") {
                drop(history.known(&path, &corpus::ContentHash::of(b"")));
                history.removed(&path, &by, NOW);
            }
            Ok(())
        }
        "tokens" => {
            let tokens = Tokens::at(folder);
            drop((tokens.list(&owner, NOW)?, tokens.transfers(&owner, NOW)?));
            let grants = vec![Grant::new("a", Rights::of([Right::Read]))?];
            tokens.create(&owner, NewToken::new("somebody else", grants), NOW).map(drop)
        }
        "comments" => custody::comment::Comments::at(folder).list(|_| true).map(drop),
        _ => custody::approval::Approvals::at(folder).list(|_| true).map(drop),
    }
}

fn tagged() -> Record {
    Record::Tagged { id: "checkpoint_a".to_owned(), tags: vec!["v1".to_owned()] }
}

/// What the fuzzers begin with: files that the program's own code has just written.
pub(crate) fn seeds(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let folder = tempfile::tempdir()?;
    let made = |name: &str| fs::read(folder.path().join(name));
    let mut seeds = Vec::new();
    let mut add = |choice: u8, name: &str, body: &[u8]| {
        seeds.push((format!("{choice}-{name}"), [&[choice][..], body].concat()));
    };
    match target {
        "packs" => {
            let contents = Contents::at(folder.path());
            for text in ["The heron waits.\n".repeat(400), "Otters.".to_owned(), String::new()] {
                contents.put(text.as_bytes()).map_err(io::Error::other)?;
            }
            (0..2).try_for_each(|choice| made(PACK).map(|body| add(choice, PACK, &body)))?;
        }
        "events" => {
            let log = EventLog::open(folder.path(), Retention::default()).map_err(io::Error::other)?;
            let events =
                [NewEvent::new("file.moved").at("a").to("b"), NewEvent::new("alert.raised").with("n", 1)];
            log.tell(events, NOW).map_err(io::Error::other)?;
            let body = made(EVENTS)?;
            add(0, EVENTS, &body);
            add(1, EVENTS, &without_checksums(&body));
        }
        "audits" => {
            let audit = Audit::open(&folder.path().join("audit")).map_err(io::Error::other)?;
            for path in ["a.md", "b/c.md"] {
                audit.note(act(path), NOW).map_err(io::Error::other)?;
            }
            audit.sign(NOW).map_err(io::Error::other)?;
            add(0, AUDIT, &made(&format!("audit/{AUDIT}"))?);
            add(1, "head", &made("audit/head.json")?);
        }
        "journals" => {
            for (n, name) in JOURNALS.into_iter().enumerate() {
                used(folder.path(), name).map_err(io::Error::other)?;
                if let Ok(body) = made(&format!("{name}.journal")) {
                    add((n << 1) as u8, name, &body);
                    // Behind the header and its two marks, the texts of the records stand between numbers: a beginning for lines.
                    add((n << 1 | 1) as u8, name, body.get(128 + 20..).unwrap_or_default());
                }
            }
        }
        _ => {}
    }
    Ok(seeds)
}

fn without_checksums(lines: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(lines);
    let bodies = text.lines().filter_map(|line| line.split_once(",\"crc\":"));
    bodies.flat_map(|(body, _)| format!("{body}}}\n").into_bytes()).collect()
}
