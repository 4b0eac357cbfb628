//! Compound files ([MS-CFB]): the streams inside a file of an older office program.
//!
//! A reader of our own, since it has to be bounded on any bytes and to get what can be had out of broken ones: chains that leave the table
//! go on with the next sector, a stream that the tree of names has lost is found by its name.
//!
//! Invariant: a stream is never longer than the file; a chain that runs in a circle ends there. No recursion.
//! Not here: writing, and what the streams mean.

use extract::Skip;

use crate::bytes::{u16_at, u32_at, u64_at, utf16};

const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The greatest number of a sector; those above it have a meaning of their own, all of which end a chain.
const MAX_SECTOR: u32 = 0xffff_fffa;
const NONE: u32 = 0xffff_ffff;
const ENTRY_BYTES: usize = 128;
const MINI_SECTOR: usize = 64;
/// More streams than this has no document; each costs a name.
const MAX_ENTRIES: usize = 100_000;

/// A compound file, opened.
#[derive(Debug)]
pub struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    /// The stream that all short streams lie in.
    mini: Vec<u8>,
    /// Streams shorter than this lie in `mini`.
    cutoff: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

const STORAGE: u8 = 1;
const STREAM: u8 = 2;

impl<'a> Compound<'a> {
    /// Whether the bytes begin as a compound file does.
    #[must_use]
    pub fn is_compound(bytes: &[u8]) -> bool {
        bytes.starts_with(MAGIC)
    }

    /// Reads the tables of a compound file.
    ///
    /// # Errors
    /// [`Skip::Damaged`] when it is none, or has no directory.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Skip> {
        if !Self::is_compound(bytes) {
            return Err(Skip::damaged("it does not begin as a compound file does"));
        }
        let header = |at| u32_at(bytes, at).ok_or_else(|| Skip::damaged("it ends within its header"));
        let sector = if u16_at(bytes, 30) == Some(12) { 4096 } else { 512 };
        let mut file = Self {
            bytes,
            sector,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini: Vec::new(),
            cutoff: u64::from(header(56)?).clamp(64, 1 << 16),
            entries: Vec::new(),
        };
        file.fat = file.allocation_table(header(68)?);
        file.entries = file.directory(header(48)?)?;
        let mini_fat = file.chain(header(60)?, u64::MAX);
        file.mini_fat = numbers(&mini_fat).collect();
        if let Some(root) = file.entries.first() {
            file.mini = file.chain(root.start, root.size);
        }
        Ok(file)
    }

    /// The stream of that name, in whichever case: at the top, or in storages parted by `/`.
    #[must_use]
    pub fn stream(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self.find(path)?;
        Some(if entry.size < self.cutoff {
            self.mini_chain(entry.start, entry.size)
        } else {
            self.chain(entry.start, entry.size)
        })
    }

    /// Whether there is a stream of that name.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.find(path).is_some()
    }

    fn find(&self, path: &str) -> Option<&Entry> {
        let (mut children, mut parts) = (self.entries.first()?.child, path.split('/').peekable());
        while let Some(part) = parts.next() {
            let kind = if parts.peek().is_some() { STORAGE } else { STREAM };
            let is_it = |entry: &&Entry| entry.kind == kind && same_name(&entry.name, part);
            let Some(entry) = self.siblings(children).find(is_it) else {
                // A torn tree still has its leaves. Which of several is meant cannot be known: the first is the outermost in practice.
                return (!path.contains('/')).then(|| self.entries.iter().find(is_it)).flatten();
            };
            if kind == STREAM {
                return Some(entry);
            }
            children = entry.child;
        }
        None
    }

    /// The entries of the tree under `root`, each once.
    fn siblings(&self, root: u32) -> impl Iterator<Item = &Entry> {
        let (mut open, mut left) = (vec![root], self.entries.len());
        std::iter::from_fn(move || {
            while let Some(id) = open.pop() {
                if let Some(entry) = self.entries.get(id as usize)
                    && id != NONE
                    && left > 0
                {
                    left -= 1;
                    open.extend([entry.right, entry.left]);
                    return Some(entry);
                }
            }
            None
        })
    }

    fn sector_at(&self, id: u32) -> Option<&'a [u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.saturating_add(self.sector).min(self.bytes.len());
        self.bytes.get(start..end).filter(|sector| !sector.is_empty())
    }

    /// The table of which sector follows which, put together from the sectors that the header and its continuation list.
    fn allocation_table(&self, mut continuation: u32) -> Vec<u32> {
        let sectors = self.bytes.len() / self.sector + 1;
        let listed = (0..109).filter_map(|i| u32_at(self.bytes, 76 + 4 * i));
        let mut ids: Vec<u32> = listed.filter(|&id| id < MAX_SECTOR).collect();
        for _ in 0..sectors {
            let Some(sector) = self.sector_at(continuation).filter(|_| continuation < MAX_SECTOR) else {
                break;
            };
            let mut list: Vec<u32> = numbers(sector).collect();
            continuation = list.pop().unwrap_or(NONE);
            ids.extend(list.into_iter().filter(|&id| id < MAX_SECTOR));
            if ids.len() > sectors {
                break;
            }
        }
        // No table needs more entries than there are sectors.
        let tables = ids.iter().take(sectors).map_while(|&id| self.sector_at(id));
        tables.flat_map(numbers).take(sectors).collect()
    }

    fn directory(&self, start: u32) -> Result<Vec<Entry>, Skip> {
        let bytes = self.chain(start, u64::MAX);
        let entries: Vec<_> =
            bytes.chunks_exact(ENTRY_BYTES).take(MAX_ENTRIES).filter_map(|entry| self.entry(entry)).collect();
        if entries.is_empty() {
            return Err(Skip::damaged("its directory of streams is missing"));
        }
        Ok(entries)
    }

    fn entry(&self, bytes: &[u8]) -> Option<Entry> {
        let name_bytes = usize::from(u16_at(bytes, 64)?).saturating_sub(2).min(62);
        let size = u64_at(bytes, 120)?;
        Some(Entry {
            name: utf16(bytes.get(..name_bytes)?),
            kind: *bytes.get(66)?,
            left: u32_at(bytes, 68)?,
            right: u32_at(bytes, 72)?,
            child: u32_at(bytes, 76)?,
            start: u32_at(bytes, 116)?,
            // With small sectors the upper half is not defined, and some writers leave rubbish there.
            size: if self.sector == 512 { size & 0xffff_ffff } else { size },
        })
    }

    /// At most `size` bytes of the chain of sectors that begins at `id`.
    fn chain(&self, mut id: u32, size: u64) -> Vec<u8> {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.bytes.len());
        let mut bytes = Vec::with_capacity(size.min(1 << 20));
        while bytes.len() < size && id < MAX_SECTOR {
            let Some(sector) = self.sector_at(id) else { break };
            bytes.extend_from_slice(sector);
            id = self.fat.get(id as usize).copied().unwrap_or(id + 1);
        }
        bytes.truncate(size);
        bytes
    }

    fn mini_chain(&self, mut id: u32, size: u64) -> Vec<u8> {
        let size = usize::try_from(size).unwrap_or(usize::MAX).min(self.mini.len());
        let mut bytes = Vec::with_capacity(size);
        while bytes.len() < size && id < MAX_SECTOR {
            let start = (id as usize).saturating_mul(MINI_SECTOR);
            let end = start.saturating_add(MINI_SECTOR).min(self.mini.len());
            let Some(sector) = self.mini.get(start..end).filter(|sector| !sector.is_empty()) else { break };
            bytes.extend_from_slice(sector);
            id = self.mini_fat.get(id as usize).copied().unwrap_or(id + 1);
        }
        bytes.truncate(size);
        bytes
    }
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

fn same_name(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.to_lowercase() == b.to_lowercase()
}
