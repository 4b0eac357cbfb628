//! Zip packages as one wants them: their entries stored or deflated, and their headers telling the truth or not.

use flate2::{Compress, Compression, Crc, FlushCompress};
use std::io;

/// A package being written.
#[derive(Debug, Default)]
pub struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    n_entries: usize,
}

/// What the headers of an entry say.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Whether it is deflated.
    pub is_deflated: bool,
    /// Its checksum.
    pub crc: u32,
    /// Its bytes in the package.
    pub compressed: u32,
    /// The bytes that they unfold to.
    pub unfolded: u32,
}

impl Zip {
    /// Without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry as it is.
    pub fn stored(&mut self, name: &[u8], body: &[u8]) {
        let mut crc = Crc::new();
        crc.update(body);
        let size = body.len() as u32;
        let entry = Entry { name, is_deflated: false, crc: crc.sum(), compressed: size, unfolded: size };
        let at = self.body(&entry, body);
        self.list(&entry, at);
    }

    /// Adds an entry of a block that is repeated so often, deflated. The block is deflated once and its deflated form repeated, so that
    /// gigabytes cost little.
    ///
    /// # Errors
    /// None in memory.
    pub fn deflated(&mut self, name: &[u8], block: &[u8], often: usize) -> io::Result<()> {
        let mut deflate = Compress::new(Compression::best(), false);
        let mut one = Vec::with_capacity(block.len() + 1024);
        // What begins after a full flush knows nothing of what came before.
        deflate.compress_vec(block, &mut one, FlushCompress::Full)?;
        let (mut crc, mut block_crc) = (Crc::new(), Crc::new());
        block_crc.update(block);
        (0..often).for_each(|_| crc.combine(&block_crc));
        let mut body = one.repeat(often);
        // An empty last block.
        body.extend([3, 0]);
        let (crc, unfolded) = (crc.sum(), crc.amount());
        let entry = Entry { name, is_deflated: true, crc, compressed: body.len() as u32, unfolded };
        let at = self.body(&entry, &body);
        self.list(&entry, at);
        Ok(())
    }

    /// Writes an entry's own header and its bytes, and returns where.
    pub fn body(&mut self, entry: &Entry<'_>, body: &[u8]) -> u32 {
        let at = self.bytes.len() as u32;
        self.bytes.extend(b"PK\x03\x04");
        let common = common(entry);
        self.bytes.extend(common);
        self.bytes.extend(entry.name);
        self.bytes.extend(body);
        at
    }

    /// Lists an entry in the directory, with its header at `at`. Several may be listed with the same.
    pub fn list(&mut self, entry: &Entry<'_>, at: u32) {
        self.directory.extend(b"PK\x01\x02\x14\0");
        self.directory.extend(common(entry));
        self.directory.extend([0; 10]);
        self.directory.extend(at.to_le_bytes());
        self.directory.extend(entry.name);
        self.n_entries += 1;
    }

    /// The package, with its directory at the end.
    #[must_use]
    pub fn done(mut self) -> Vec<u8> {
        let (at, size) = (self.bytes.len() as u32, self.directory.len() as u32);
        let n = u16::try_from(self.n_entries).unwrap_or(u16::MAX).to_le_bytes();
        self.bytes.extend(&self.directory);
        if self.n_entries > usize::from(u16::MAX) {
            self.bytes.extend(zip64(self.n_entries as u64, at, size));
        }
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([n, n].concat());
        self.bytes.extend([size, at].map(u32::to_le_bytes).concat());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

/// What the header before an entry and that in the directory have in common: from the version to the lengths of the name and of what follows.
fn common(entry: &Entry<'_>) -> Vec<u8> {
    let mut header = vec![20, 0, 0, 8, if entry.is_deflated { 8 } else { 0 }, 0, 0, 0, 0x21, 0];
    header.extend([entry.crc, entry.compressed, entry.unfolded].map(u32::to_le_bytes).concat());
    header.extend((entry.name.len().min(usize::from(u16::MAX)) as u16).to_le_bytes());
    header.extend([0; 2]);
    header
}

/// The end of a directory with more entries than two bytes count, and the pointer to it.
fn zip64(n: u64, at: u32, size: u32) -> Vec<u8> {
    let (at, size) = (u64::from(at), u64::from(size));
    let mut end = b"PK\x06\x06".to_vec();
    end.extend(44_u64.to_le_bytes());
    end.extend([20, 0, 20, 0]);
    end.extend([0; 8]);
    end.extend([n, n, size, at].map(u64::to_le_bytes).concat());
    end.extend(b"PK\x06\x07\0\0\0\0");
    end.extend((at + size).to_le_bytes());
    end.extend(1_u32.to_le_bytes());
    end
}
