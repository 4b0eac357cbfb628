//! What lies where in the packs of a folder, found from their heads.
//!
//! Invariant: a content is only known if its head is sound and all of it is there. Behind a head that is not, the next sound one is looked for: damage is
//! one content's own.
//! Not here: whether a content is what it was (`pack`, when it is read), writing (`store`).

use super::pack::{HEAD, Head, MAGIC, Unpacked, find_mark, unpack};
use super::store::{Damage, Known, Place, SUFFIX, UNFINISHED};
use crate::{Error, Result};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Finds out what lies where.
pub(super) fn load(folder: &Path) -> Result<Known> {
    let mut known = Known::default();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(known),
        Err(error) => return Err(Error::io(folder, "read")(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder, "read"))?.path();
        match path.extension().and_then(|suffix| suffix.to_str()) {
            Some(SUFFIX) => {
                let name = path.file_stem().and_then(|name| name.to_str());
                numbers.extend(name.and_then(|name| name.parse::<u32>().ok()));
            }
            // A copy that a crash left unfinished.
            Some(UNFINISHED) => std::fs::remove_file(&path).map_err(Error::io(&path, "remove"))?,
            _ => {}
        }
    }
    numbers.sort_unstable();
    let last = numbers.last().copied();
    for number in numbers {
        let path = folder.join(format!("{number:06}.{SUFFIX}"));
        read_pack(&path, number, Some(number) == last, &mut known).map_err(Error::io(&path, "read"))?;
        if Some(number) == last {
            // Whoever wrote it may have ended before it was synced: what is known from here on is to survive, too.
            File::open(&path).and_then(|file| file.sync_all()).map_err(Error::io(&path, "sync"))?;
        }
    }
    Ok(known)
}

/// Finds the records of a pack. Of the last one each is read as a whole: a power cut may have left the head of what was never synced, without what
/// follows it.
fn read_pack(path: &Path, number: u32, is_last: bool, known: &mut Known) -> io::Result<()> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let (mut offset, mut whole) = (MAGIC.len() as u64, size >= MAGIC.len() as u64);
    while offset < size {
        let Some(head) = read_head(&mut file, offset)?.filter(|head| offset + head.record_bytes() <= size)
        else {
            let found = next_record(&mut file, offset + 1, size)?;
            // What nothing follows is what a crash has left of the last one.
            if let Some(found) = found {
                // Zeros are a head that never came to the disk before the power went: nothing that was acknowledged.
                if !is_hole(&mut file, offset)? {
                    let why = "the head of a content is not sound";
                    known.damage.push(Damage { path: path.to_path_buf(), offset, why });
                }
                (offset, whole) = (found, false);
                continue;
            }
            break;
        };
        let place = Place { pack: number, offset, head };
        let is_sound = !is_last || is_sound(&mut file, &place)?;
        if is_sound {
            known.places.insert(head.hash, place);
        } else {
            strike_out(path, offset);
        }
        whole &= is_sound;
        offset += head.record_bytes();
    }
    known.is_whole = whole && offset == size;
    known.packs.insert(number, size);
    Ok(())
}

fn read_head(file: &mut File, offset: u64) -> io::Result<Option<Head>> {
    Ok(Head::decode(&head_bytes(file, offset)?))
}

/// What stands where a head should be; less of it at the end of the pack.
fn head_bytes(file: &mut File, offset: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEAD);
    file.seek(SeekFrom::Start(offset))?;
    file.take(HEAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether zeros stand where a head should be.
fn is_hole(file: &mut File, offset: u64) -> io::Result<bool> {
    let bytes = head_bytes(file, offset)?;
    Ok(bytes.len() == HEAD && bytes.iter().all(|byte| *byte == 0))
}

/// Puts zeros in the place of a head whose content never came to the disk, lest it be believed once another pack is the last. Where that cannot be
/// written, it is done at the next opening.
fn strike_out(path: &Path, offset: u64) {
    let written = File::options().write(true).open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&[0; HEAD])
    });
    if let Err(error) = written {
        tracing::warn!(path = %path.display(), offset, %error, "a content that was lost cannot be struck out");
    }
}

fn is_sound(file: &mut File, place: &Place) -> io::Result<bool> {
    file.seek(SeekFrom::Start(place.offset + HEAD as u64))?;
    match unpack(&place.head, &mut BufReader::new(file), &mut io::sink()) {
        Ok(()) => Ok(true),
        Err(Unpacked::Damaged(_)) => Ok(false),
        Err(Unpacked::Io(error)) => Err(error),
    }
}

/// Where, from an offset on, the next record begins whose head is sound.
fn next_record(file: &mut File, mut from: u64, size: u64) -> io::Result<Option<u64>> {
    const PORTION: u64 = 1 << 20;
    /// A mark may lie across the end of a portion.
    const OVERLAP: u64 = 7;
    let mut bytes = Vec::new();
    while from < size {
        bytes.clear();
        file.seek(SeekFrom::Start(from))?;
        Read::by_ref(file).take(PORTION).read_to_end(&mut bytes)?;
        match find_mark(&bytes) {
            Some(at) => {
                let at = from + at as u64;
                if read_head(file, at)?.is_some_and(|head| at + head.record_bytes() <= size) {
                    return Ok(Some(at));
                }
                from = at + 1;
            }
            None => from = (from + PORTION - OVERLAP).max(from + 1),
        }
    }
    Ok(None)
}
