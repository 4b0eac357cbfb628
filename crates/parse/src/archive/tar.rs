//! Members of a tar archive, one after the other, as they unfold.
//!
//! Invariant: of a compressed archive no more is unfolded than was allowed when it was opened; headers ask for no memory by what they state.

use super::header::{BLOCK, Header, Kind, extended, text};
use extract::Skip;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};

/// Names and facts about one member are shorter.
const MAX_FACTS: u64 = 1 << 20;
/// So many headers without a file between them are no archive.
const MAX_HEADERS: usize = 100_000;

/// Beginnings of compressed files that are not unfolded.
const OTHERS: [(&[u8], &str); 4] =
    [(b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x1f\x9d", "compress")];

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) size: u64,
}

/// An archive that is being read.
pub(crate) struct Tar<'a> {
    from: io::Take<Box<dyn Read + 'a>>,
    /// Bytes of the current member that were not read, with those up to the next header.
    left: u64,
    /// Bytes of the current member.
    size: u64,
}

impl<'a> Tar<'a> {
    /// Opens an archive that unfolds to at most `total` bytes.
    ///
    /// # Errors
    /// [`Skip::Unsupported`] for kinds of compression other than gzip.
    pub(crate) fn open(bytes: &'a [u8], total: u64) -> Result<Self, Skip> {
        if let Some((_, kind)) = OTHERS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
            return Err(Skip::Unsupported { what: format!("a tar archive compressed with {kind}") });
        }
        let from: Box<dyn Read + 'a> = if bytes.starts_with(b"\x1f\x8b") {
            Box::new(MultiGzDecoder::new(bytes))
        } else {
            Box::new(bytes)
        };
        Ok(Self { from: from.take(total), left: 0, size: 0 })
    }

    /// The next file; `None` at the end.
    ///
    /// # Errors
    /// [`Skip::Damaged`] for what is no archive, or breaks off; [`Skip::TooMuch`] when it unfolds to more than was allowed.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, Skip> {
        let (mut name, mut size) = (None, None);
        for _ in 0..MAX_HEADERS {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let stated = size.take().unwrap_or(header.size);
            self.begin(if header.kind == Kind::Empty { 0 } else { stated });
            match header.kind {
                Kind::File => {
                    return Ok(Some(Entry { name: name.unwrap_or(header.name), size: self.size }));
                }
                Kind::LongName => name = Some(text(&self.facts()?)),
                Kind::Extended => {
                    let (path, length) = extended(&self.facts()?);
                    name = path.or(name);
                    size = length;
                }
                Kind::Sparse => {
                    return Err(Skip::Unsupported { what: "a tar archive of files with holes".to_owned() });
                }
                Kind::Empty => name = None,
                Kind::Other => {}
            }
        }
        Err(Skip::damaged("nothing but headers in the tar archive"))
    }

    /// The current file's bytes.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, Skip> {
        let mut bytes = Vec::new();
        let read = self.from.by_ref().take(self.size).read_to_end(&mut bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        if read.is_err() || (bytes.len() as u64) < self.size {
            return Err(self.broken_off());
        }
        Ok(bytes)
    }

    fn begin(&mut self, size: u64) {
        self.size = size;
        self.left = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
    }

    /// Passes over what was not read of the current member.
    fn skip(&mut self) -> Result<(), Skip> {
        let skipped = io::copy(&mut self.from.by_ref().take(self.left), &mut io::sink());
        // The last member may go without the bytes that fill its block.
        if skipped.is_ok_and(|skipped| skipped == self.left || self.left - skipped < BLOCK as u64) {
            self.left = 0;
            return Ok(());
        }
        Err(self.broken_off())
    }

    fn facts(&mut self) -> Result<Vec<u8>, Skip> {
        if self.size > MAX_FACTS {
            return Err(Skip::damaged("a name in the tar archive is too long"));
        }
        self.read()
    }

    /// The next header; `None` at the end, with or without the blocks that mark it.
    fn header(&mut self) -> Result<Option<Header>, Skip> {
        let mut block = Vec::with_capacity(BLOCK);
        let read = self.from.by_ref().take(BLOCK as u64).read_to_end(&mut block);
        match (read, <&[u8; BLOCK]>::try_from(block.as_slice())) {
            (Ok(_), Ok(block)) => Header::read(block),
            (Ok(0), Err(_)) if self.from.limit() > 0 => Ok(None),
            _ => Err(self.broken_off()),
        }
    }

    fn broken_off(&self) -> Skip {
        if self.from.limit() == 0 {
            return super::too_much_in_all();
        }
        Skip::damaged("the tar archive breaks off")
    }
}
