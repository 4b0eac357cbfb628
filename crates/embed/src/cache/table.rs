//! Where in the file the record of a text hash may lie: a hash table of eight bytes an entry.
//!
//! Invariant: what was inserted is among the candidates for its hash. A candidate may be wrong (at a million entries, one look-up in
//! four thousand meets one): whoever uses it compares the whole hash, which lies beside the vector.
//! Invariant: 10 to 12.6 bytes an entry from a thousand entries on.
//!
//! Open addressing with linear probing. The capacity is no power of two, because doubling would leave half of the table empty.

use corpus::TextHash;

/// At most this part of the places is taken; probing stays within two or three cache lines.
const FULLEST: (usize, usize) = (4, 5);
/// How much a full table grows.
const GROWTH: (usize, usize) = (5, 4);
const SMALLEST: usize = 16;

/// An entry: the slot's number plus one in the high half, some bits of the hash in the low half. Zero is a free place.
type Entry = u64;

#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    len: usize,
}

impl Table {
    /// An empty table with room for `n` entries.
    pub(super) fn with_room(n: usize) -> Self {
        Self { entries: vec![0; capacity_for(n)], len: 0 }
    }

    pub(super) fn size_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }

    /// Slots that may hold the record of `hash`.
    pub(super) fn candidates(&self, hash: &TextHash) -> impl Iterator<Item = u32> + use<'_> {
        let wanted = fingerprint(hash);
        let taken = self.probe(home(hash, self.entries.len())).take_while(|&at| self.entries[at] != 0);
        let entries = taken.map(|at| self.entries[at]);
        entries.filter(move |entry| *entry as u32 == wanted).map(|entry| (entry >> 32) as u32 - 1)
    }

    /// Adds an entry, whether or not there is one for the hash. The slot must be below `u32::MAX`.
    pub(super) fn insert(&mut self, hash: &TextHash, slot: u32) {
        if (self.len + 1) * FULLEST.1 > self.entries.len() * FULLEST.0 {
            self.grow();
        }
        let entry = (u64::from(slot) + 1) << 32 | u64::from(fingerprint(hash));
        self.place(home(hash, self.entries.len()), entry);
        self.len += 1;
    }

    fn grow(&mut self) {
        let capacity = self.entries.len() * GROWTH.0 / GROWTH.1 + 1;
        let old = std::mem::replace(&mut self.entries, vec![0; capacity]);
        for entry in old.into_iter().filter(|entry| *entry != 0) {
            self.place(home_of(entry as u32, capacity), entry);
        }
    }

    fn place(&mut self, home: usize, entry: Entry) {
        // There is a free place: the table is never full.
        if let Some(free) = self.probe(home).find(|&at| self.entries[at] == 0) {
            self.entries[free] = entry;
        }
    }

    /// All places, from `home` on and around.
    fn probe(&self, home: usize) -> impl Iterator<Item = usize> + use<> {
        (home..self.entries.len()).chain(0..home)
    }
}

fn capacity_for(n: usize) -> usize {
    (n * FULLEST.1).div_ceil(FULLEST.0).max(SMALLEST) + 1
}

/// Text hashes are evenly spread already.
fn fingerprint(hash: &TextHash) -> u32 {
    let bytes = hash.as_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn home(hash: &TextHash, capacity: usize) -> usize {
    home_of(fingerprint(hash), capacity)
}

/// The fingerprint alone tells the home, so that the table grows without reading the file.
fn home_of(fingerprint: u32, capacity: usize) -> usize {
    // Multiplying spreads the low bits over the high ones, and the product's high half is a place below the capacity.
    let mixed = u64::from(fingerprint).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((u128::from(mixed) * capacity as u128) >> 64) as usize
}
