//! The packs of a folder, and where in them each content lies.
//!
//! Invariant: where something lies is known from the packs alone, read when it is first asked for. Whoever reads waits for no writer. A pack that a
//! crash left with an unfinished end is written to no more.
//! Not here: the bytes of a pack (`pack`).

use super::load::load;
use super::pack::{BLOCK, HEAD, Head, MAGIC, Packer, Unpacked, unpack};
use crate::journal::{private, sync_folder};
use crate::{Error, Result};
use corpus::ContentHash;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// A pack that has grown so far is followed by another.
const FULL: u64 = 64 << 20;
pub(super) const SUFFIX: &str = "pack";
pub(super) const UNFINISHED: &str = "new";

/// Contents by their hash. To be shared by threads.
pub struct Contents {
    folder: PathBuf,
    known: RwLock<Option<Known>>,
    tail: Mutex<Tail>,
}

/// What lies where.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) places: HashMap<ContentHash, Place>,
    /// The size of each pack.
    pub(super) packs: BTreeMap<u32, u64>,
    /// Whether the last pack ends with a whole record, so that more can follow.
    pub(super) is_whole: bool,
    pub(super) damage: Vec<Damage>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) pack: u32,
    pub(super) offset: u64,
    pub(super) head: Head,
}

/// The pack that is written to.
struct Tail {
    open: Option<Open>,
    packer: Packer,
}

struct Open {
    number: u32,
    file: File,
    end: u64,
    /// How far it is on the disk.
    synced: u64,
    /// Whether something lies behind the end that is no record.
    frayed: bool,
}

/// Bytes of a pack that are not what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The pack.
    pub path: PathBuf,
    /// Where it begins.
    pub offset: u64,
    /// What was found.
    pub why: &'static str,
}

/// What was made room of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Contents that are gone.
    pub contents: u64,
    /// Bytes on the disk.
    pub bytes: u64,
}

impl Contents {
    /// The contents that are kept in `folder`, which is made when something is put there.
    #[must_use]
    pub fn at(folder: &Path) -> Self {
        let tail = Tail { open: None, packer: Packer::new() };
        Self { folder: folder.to_path_buf(), known: RwLock::default(), tail: Mutex::new(tail) }
    }

    /// Whether a content is kept.
    ///
    /// # Errors
    /// When the packs cannot be read.
    pub fn contains(&self, hash: &ContentHash) -> Result<bool> {
        self.known(|known| known.places.contains_key(hash))
    }

    /// Number of contents, and what their packs take on the disk.
    ///
    /// # Errors
    /// As [`Contents::contains`].
    pub fn size(&self) -> Result<(u64, u64)> {
        self.known(|known| (known.places.len() as u64, known.packs.values().sum()))
    }

    /// What a content takes on the disk; 0 for one that is not kept.
    ///
    /// # Errors
    /// As [`Contents::contains`].
    pub fn stored_bytes(&self, hash: &ContentHash) -> Result<u64> {
        self.known(|known| known.places.get(hash).map_or(0, |place| place.head.record_bytes()))
    }

    /// Keeps all that a reader gives, in bounded memory, if it is not kept already. It survives a crash of the process at once, and a power cut
    /// after [`Contents::sync`].
    ///
    /// # Errors
    /// When it cannot be read, or the disk refuses. Nothing is kept then.
    pub fn put(&self, mut from: impl Read) -> Result<(ContentHash, u64)> {
        let mut first = Vec::new();
        from.by_ref()
            .take(BLOCK as u64)
            .read_to_end(&mut first)
            .map_err(Error::io(&self.folder, "read for"))?;
        if first.len() < BLOCK {
            // Most contents are small, and most of what is put again is found here, without a write.
            let hash = ContentHash::of(&first);
            if self.contains(&hash)? {
                return Ok((hash, first.len() as u64));
            }
        }
        self.add(first.as_slice().chain(from))
    }

    fn add(&self, from: impl Read) -> Result<(ContentHash, u64)> {
        let mut tail = lock(&self.tail);
        let Tail { open, packer } = &mut *tail;
        let pack = self.open_pack(open)?;
        let path = self.path(pack.number);
        let head = write_record(pack, packer, from).map_err(Error::io(&path, "write"))?;
        // What is known already is written over by the next one.
        if !self.contains(&head.hash)? {
            let place = Place { pack: pack.number, offset: pack.end, head };
            let head = place.head.encode();
            let written = pack.file.seek(SeekFrom::Start(pack.end)).and_then(|_| pack.file.write_all(&head));
            written.map_err(Error::io(&path, "write"))?;
            pack.frayed = false;
            pack.end += place.head.record_bytes();
            let end = pack.end;
            self.change(|known| {
                known.places.insert(place.head.hash, place);
                known.packs.insert(place.pack, end);
            });
        }
        Ok((head.hash, head.bytes))
    }

    /// Makes all that was put survive a power cut.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> Result<()> {
        match &mut lock(&self.tail).open {
            Some(open) => self.sync_pack(open),
            None => Ok(()),
        }
    }

    /// As [`Contents::sync`], if this content may not be on the disk yet.
    ///
    /// # Errors
    /// As [`Contents::sync`].
    pub fn sync_of(&self, hash: &ContentHash) -> Result<()> {
        let Some(place) = self.known(|known| known.places.get(hash).copied())? else { return Ok(()) };
        let mut tail = lock(&self.tail);
        if tail.open.is_none() {
            // Whoever wrote there before may have ended before it was synced.
            tail.open = self.last_pack()?;
        }
        match &mut tail.open {
            Some(open) if place.pack == open.number && place.offset >= open.synced => self.sync_pack(open),
            _ => Ok(()),
        }
    }

    /// Hands a content on. What was handed on is it only when this succeeds.
    ///
    /// # Errors
    /// [`NotFound`](Error::NotFound) when it is not kept, [`Damaged`](Error::Damaged) when it is not what it was, and when the disk or `to`
    /// refuses.
    pub fn copy_to(&self, hash: &ContentHash, to: &mut impl Write) -> Result<u64> {
        let find = || self.known(|known| known.places.get(hash).copied());
        let missing = || Error::NotFound { id: hash.to_string() };
        let mut place = find()?.ok_or_else(missing)?;
        let file = match File::open(self.path(place.pack)) {
            // Its pack has just been copied into another.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                place = find()?.ok_or_else(missing)?;
                File::open(self.path(place.pack))
            }
            opened => opened,
        };
        let path = self.path(place.pack);
        let mut file = file.map_err(Error::io(&path, "open"))?;
        file.seek(SeekFrom::Start(place.offset + HEAD as u64)).map_err(Error::io(&path, "read"))?;
        unpack(&place.head, &mut BufReader::new(file), to).map_err(|bad| self.bad(&place, bad))?;
        Ok(place.head.bytes)
    }

    /// The bytes of a content.
    ///
    /// # Errors
    /// As [`Contents::copy_to`].
    pub fn read(&self, hash: &ContentHash) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.copy_to(hash, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads every content, and says what is not what it was. That is not kept any more from then on: where its bytes are met again they are put
    /// anew.
    ///
    /// # Errors
    /// When the packs cannot be read.
    pub fn verify(&self) -> Result<Vec<Damage>> {
        let all: Vec<ContentHash> = self.known(|known| known.places.keys().copied().collect())?;
        for hash in all {
            match self.copy_to(&hash, &mut io::sink()) {
                Ok(_) | Err(Error::Damaged { .. } | Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.known(|known| known.damage.clone())
    }

    /// Drops what is not `needed`, where that makes room. Nobody may put what they will need meanwhile.
    ///
    /// # Errors
    /// When the disk refuses. Nothing that is needed is lost.
    pub fn retain(&self, needed: impl Fn(&ContentHash) -> bool) -> Result<Freed> {
        self.known(|_| ())?;
        let mut tail = lock(&self.tail);
        if let Some(open) = &mut tail.open {
            self.sync_pack(open)?;
        }
        // Whatever comes next goes into another pack, so that each of those there can be dropped.
        tail.open = None;
        self.change(|known| known.is_whole = false);
        let mut freed = Freed::default();
        for (pack, size) in self.known(|known| known.packs.clone())? {
            let held: Vec<Place> = self
                .known(|known| known.places.values().filter(|place| place.pack == pack).copied().collect())?;
            let (kept, dropped): (Vec<Place>, Vec<Place>) =
                held.into_iter().partition(|place| needed(&place.head.hash));
            let left: u64 = kept.iter().map(|place| place.head.record_bytes()).sum();
            if left * 2 > size {
                continue;
            }
            freed.bytes += size.saturating_sub(self.replace_pack(pack, &kept)?);
            freed.contents += dropped.len() as u64;
        }
        Ok(freed)
    }

    /// Copies what is kept of a pack into a new one, and deletes it. Returns the new one's size.
    fn replace_pack(&self, old: u32, kept: &[Place]) -> Result<u64> {
        let mut moved = Vec::new();
        let mut size = 0;
        if !kept.is_empty() {
            let number = self.known(|known| next_number(&known.packs))?;
            let (source, unfinished) = (self.path(old), self.path(number).with_extension(UNFINISHED));
            let copied = copy_records(&source, &unfinished, kept, number);
            (moved, size) = copied.map_err(Error::io(&source, "copy"))?;
            let path = self.path(number);
            std::fs::rename(&unfinished, &path).map_err(Error::io(&path, "put in place"))?;
            sync_folder(&path)?;
        }
        self.change(|known| {
            known.packs.remove(&old);
            known.places.retain(|_, place| place.pack != old);
            for place in moved {
                known.packs.insert(place.pack, size);
                known.places.insert(place.head.hash, place);
            }
        });
        let path = self.path(old);
        std::fs::remove_file(&path).map_err(Error::io(&path, "remove"))?;
        sync_folder(&path)?;
        Ok(size)
    }

    fn path(&self, pack: u32) -> PathBuf {
        self.folder.join(format!("{pack:06}.{SUFFIX}"))
    }

    /// The pack to write to: the last one, a new one when that is full.
    fn open_pack<'a>(&self, open: &'a mut Option<Open>) -> Result<&'a mut Open> {
        if let Some(full) = open.as_mut().filter(|open| open.end >= FULL) {
            self.sync_pack(full)?;
            *open = None;
        }
        match open {
            Some(open) => Ok(open),
            none => Ok(none.insert(match self.last_pack()? {
                Some(last) => last,
                None => self.new_pack()?,
            })),
        }
    }

    /// The last pack, if there may be more in it.
    fn last_pack(&self) -> Result<Option<Open>> {
        let last = self.known(|known| {
            known.packs.last_key_value().filter(|_| known.is_whole).map(|(n, end)| (*n, *end))
        })?;
        let Some((number, end)) = last.filter(|(_, end)| *end < FULL) else { return Ok(None) };
        let path = self.path(number);
        let file = private().read(true).write(true).open(&path).map_err(Error::io(&path, "open"))?;
        // What is there was perhaps never synced by whoever wrote it.
        Ok(Some(Open { number, file, end, synced: 0, frayed: false }))
    }

    fn new_pack(&self) -> Result<Open> {
        make_folder(&self.folder)?;
        let number = self.known(|known| next_number(&known.packs))?;
        let path = self.path(number);
        let file = private().read(true).write(true).create_new(true).open(&path);
        let mut file = file.map_err(Error::io(&path, "make"))?;
        file.write_all(&MAGIC).map_err(Error::io(&path, "write"))?;
        sync_folder(&path)?;
        let end = MAGIC.len() as u64;
        self.change(|known| {
            known.packs.insert(number, end);
            known.is_whole = true;
        });
        Ok(Open { number, file, end, synced: 0, frayed: false })
    }

    fn sync_pack(&self, open: &mut Open) -> Result<()> {
        if open.synced < open.end {
            open.file.sync_data().map_err(Error::io(&self.path(open.number), "write"))?;
            open.synced = open.end;
        }
        Ok(())
    }

    fn bad(&self, place: &Place, bad: Unpacked) -> Error {
        let path = self.path(place.pack);
        match bad {
            Unpacked::Io(error) => Error::io(&path, "read")(error),
            Unpacked::Damaged(why) => {
                let record = self.change(|known| {
                    let before = |other: &&Place| other.pack == place.pack && other.offset < place.offset;
                    let record = known.places.values().filter(before).count() as u64;
                    known.places.remove(&place.head.hash);
                    known.damage.push(Damage { path: path.clone(), offset: place.offset, why });
                    record
                });
                Error::Damaged { path, offset: place.offset, record: record.unwrap_or_default(), why }
            }
        }
    }

    fn known<T>(&self, look: impl FnOnce(&Known) -> T) -> Result<T> {
        if let Some(known) = &*self.known.read().unwrap_or_else(PoisonError::into_inner) {
            return Ok(look(known));
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(known) => Ok(look(known)),
            None => Ok(look(known.insert(load(&self.folder)?))),
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> Option<T> {
        self.known.write().unwrap_or_else(PoisonError::into_inner).as_mut().map(change)
    }
}

/// Writes the blocks of a record behind the last one; its head comes after them, and makes it one.
fn write_record(pack: &mut Open, packer: &mut Packer, from: impl Read) -> io::Result<Head> {
    if pack.frayed {
        // The rest of one that was longer must not follow a shorter one.
        pack.file.set_len(pack.end)?;
    }
    pack.frayed = true;
    pack.file.seek(SeekFrom::Start(pack.end + HEAD as u64))?;
    let mut to = BufWriter::new(&mut pack.file);
    let head = packer.pack(from, &mut to)?;
    to.flush()?;
    Ok(head)
}

/// Copies records into a new pack, durable when this returns. Returns where they lie, and its size.
fn copy_records(from: &Path, to: &Path, kept: &[Place], number: u32) -> io::Result<(Vec<Place>, u64)> {
    let mut source = File::open(from)?;
    let mut target = BufWriter::new(private().write(true).create(true).truncate(true).open(to)?);
    target.write_all(&MAGIC)?;
    let (mut moved, mut offset) = (Vec::with_capacity(kept.len()), MAGIC.len() as u64);
    for place in kept {
        source.seek(SeekFrom::Start(place.offset))?;
        let length = place.head.record_bytes();
        if io::copy(&mut Read::by_ref(&mut source).take(length), &mut target)? != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        moved.push(Place { pack: number, offset, ..*place });
        offset += length;
    }
    target.flush()?;
    target.get_ref().sync_all()?;
    Ok((moved, offset))
}

fn next_number(packs: &BTreeMap<u32, u64>) -> u32 {
    packs.last_key_value().map_or(1, |(number, _)| number.saturating_add(1))
}

fn make_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(Error::io(folder, "make"))?;
    sync_folder(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Whoever panicked left a pack that is longer than it says: the next content is written over that.
fn lock(tail: &Mutex<Tail>) -> MutexGuard<'_, Tail> {
    tail.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").field("folder", &self.folder).finish_non_exhaustive()
    }
}
