//! The bytes of a pack: a header, then records, each a content cut into blocks.
//!
//! Invariant: pure but for the reader and writer it is given. A record's head and each of its blocks are under a checksum of their own, and a block
//! is only unpacked when its checksum fits: damage is met before any of it is believed.
//! Not here: files, which records there are (`store`).
//! On disk: docs/format.md, "Contents".

use corpus::ContentHash;
use std::io::{self, Read, Write};

/// What every pack begins with; the last two digits are the version of what is in this module.
pub(super) const MAGIC: [u8; 8] = *b"WRPACK01";
/// What every record begins with.
const MARK: [u8; 8] = *b"wrrecord";
const CHECK: usize = 16;
/// Mark, bytes, stored bytes, hash, checksum of these.
pub(super) const HEAD: usize = 8 + 8 + 8 + 32 + CHECK;
/// So much of a content is packed at a time. All that is in memory at once, twice.
pub(super) const BLOCK: usize = 256 << 10;
const BLOCK_HEAD: usize = 4 + CHECK;
/// Set in a block's length when its bytes are as they were: packing would have made them no smaller.
const PLAIN: u32 = 1 << 31;

type Check = [u8; CHECK];

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Of the content.
    pub(super) hash: ContentHash,
    /// Its size.
    pub(super) bytes: u64,
    /// How much the blocks take that follow.
    pub(super) stored: u64,
}

impl Head {
    pub(super) fn encode(&self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        let (body, sum) = bytes.split_at_mut(HEAD - CHECK);
        let fields =
            [&MARK[..], &self.bytes.to_le_bytes(), &self.stored.to_le_bytes(), self.hash.as_bytes()].concat();
        body.copy_from_slice(&fields);
        sum.copy_from_slice(&check(body));
        bytes
    }

    /// The head that these bytes are, if they are one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, sum) = bytes.get(..HEAD)?.split_last_chunk::<CHECK>()?;
        if check(body) != *sum {
            return None;
        }
        let (mark, rest) = body.split_first_chunk::<8>()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (stored, rest) = rest.split_first_chunk()?;
        let hash = ContentHash::from_bytes(*rest.first_chunk()?);
        (*mark == MARK).then_some(Self {
            hash,
            bytes: u64::from_le_bytes(*size),
            stored: u64::from_le_bytes(*stored),
        })
    }

    /// All that the record takes.
    pub(super) fn record_bytes(&self) -> u64 {
        self.stored.saturating_add(HEAD as u64)
    }
}

/// Where in `bytes` the next record may begin.
pub(super) fn find_mark(bytes: &[u8]) -> Option<usize> {
    bytes.windows(MARK.len()).position(|window| window == MARK)
}

/// Packs contents, block by block.
pub(super) struct Packer {
    block: Vec<u8>,
    packed: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> Self {
        Self { block: Vec::new(), packed: Vec::new() }
    }

    /// Packs all that `from` gives. Returns what the head of the record is.
    pub(super) fn pack(&mut self, mut from: impl Read, to: &mut impl Write) -> io::Result<Head> {
        let (mut hasher, mut bytes, mut stored) = (blake3::Hasher::new(), 0, 0);
        loop {
            self.block.clear();
            from.by_ref().take(BLOCK as u64).read_to_end(&mut self.block)?;
            if self.block.is_empty() {
                let hash = ContentHash::from_bytes(*hasher.finalize().as_bytes());
                return Ok(Head { hash, bytes, stored });
            }
            hasher.update(&self.block);
            bytes += self.block.len() as u64;
            stored += self.write_block(to)?;
        }
    }

    fn write_block(&mut self, to: &mut impl Write) -> io::Result<u64> {
        self.packed.resize(lz4_flex::block::get_maximum_output_size(self.block.len()), 0);
        let packed = lz4_flex::block::compress_into(&self.block, &mut self.packed).ok();
        let packed = packed.and_then(|length| self.packed.get(..length));
        let (bytes, flag) = match packed.filter(|packed| packed.len() < self.block.len()) {
            Some(packed) => (packed, 0),
            None => (self.block.as_slice(), PLAIN),
        };
        let length = (bytes.len() as u32 | flag).to_le_bytes();
        to.write_all(&length)?;
        to.write_all(&block_check(length, bytes))?;
        to.write_all(bytes)?;
        Ok((BLOCK_HEAD + bytes.len()) as u64)
    }
}

/// Why a content cannot be unpacked.
#[derive(Debug)]
pub(super) enum Unpacked {
    /// What stands there is not what was written.
    Damaged(&'static str),
    /// The content could not be read, or not be handed on.
    Io(io::Error),
}

impl From<io::Error> for Unpacked {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged("it ends in the middle of a content"),
            _ => Self::Io(error),
        }
    }
}

/// Unpacks the blocks behind a head. What was handed on is the content only if this succeeds.
pub(super) fn unpack(head: &Head, from: &mut impl Read, to: &mut impl Write) -> Result<(), Unpacked> {
    let (mut packed, mut block, mut hasher) = (Vec::new(), Vec::new(), blake3::Hasher::new());
    let mut left = head.bytes;
    while left > 0 {
        let wanted = left.min(BLOCK as u64) as usize;
        let plain = read_block(from, wanted, &mut packed)?;
        let bytes = if plain {
            packed.as_slice()
        } else {
            block.resize(wanted, 0);
            let unpacked = lz4_flex::block::decompress_into(&packed, &mut block);
            if unpacked.ok() != Some(wanted) {
                return Err(Unpacked::Damaged("a block does not unpack"));
            }
            block.as_slice()
        };
        hasher.update(bytes);
        to.write_all(bytes).map_err(Unpacked::Io)?;
        left -= wanted as u64;
    }
    match ContentHash::from_bytes(*hasher.finalize().as_bytes()) == head.hash {
        true => Ok(()),
        false => Err(Unpacked::Damaged("the hash of a content does not fit")),
    }
}

/// Reads a block of `wanted` bytes of content, as it is stored. Returns whether that is as it was.
fn read_block(from: &mut impl Read, wanted: usize, packed: &mut Vec<u8>) -> Result<bool, Unpacked> {
    let (mut length, mut sum) = ([0; 4], [0; CHECK]);
    from.read_exact(&mut length)?;
    from.read_exact(&mut sum)?;
    let value = u32::from_le_bytes(length);
    let (size, plain) = ((value & !PLAIN) as usize, value & PLAIN != 0);
    if size > wanted || (plain && size != wanted) {
        return Err(Unpacked::Damaged("a block's length is none that there can be"));
    }
    packed.resize(size, 0);
    from.read_exact(packed)?;
    if block_check(length, packed) != sum {
        return Err(Unpacked::Damaged("a block's checksum does not fit"));
    }
    Ok(plain)
}

fn block_check(length: [u8; 4], bytes: &[u8]) -> Check {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length).update(bytes);
    first_half(&hasher)
}

fn check(bytes: &[u8]) -> Check {
    first_half(blake3::Hasher::new().update(bytes))
}

fn first_half(hasher: &blake3::Hasher) -> Check {
    let mut out = [0; CHECK];
    hasher.finalize_xof().fill(&mut out);
    out
}
