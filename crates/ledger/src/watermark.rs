//! How far the ledger has come, noted beside sled.
//!
//! Sled answers damage in its log by forgetting everything after it, without a word. The watermark makes that visible, and keeps
//! numbers that were given out once from being given out again. It is written after each commit and not synced: it survives the end
//! of the process, and after a power cut it is merely older, so it is a lower bound in any case.
//!
//! On disk: `watermark`, one head row as in `meta`. One that does not decode is as good as none.

use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::codec::{self, Head};
use crate::{Error, fault};

/// The open watermark file.
pub(crate) struct Watermark {
    file: fs_err::File,
}

/// The bytes of the file, whatever the length of the row: a shorter row must not leave the end of a longer one behind.
const LEN: usize = 128;

impl Watermark {
    /// Opens or creates it in `root` and reads what it says.
    pub(crate) fn open(root: &Path) -> Result<(Self, Option<Head>), Error> {
        let path = root.join("watermark");
        let file = fs_err::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(Error::io(&path, "open"))?;
        let bytes = fs_err::read(&path).map_err(Error::io(&path, "read"))?;
        let head = bytes
            .split_first()
            .and_then(|(&len, rest)| codec::decode_head(rest.get(..usize::from(len))?).ok());
        Ok((Self { file }, head))
    }

    /// Notes that `head` is durable.
    pub(crate) fn write(&mut self, head: &Head) -> Result<(), Error> {
        fault::at(fault::WATERMARK)?;
        let row = codec::encode_head(head)?;
        let mut bytes = vec![row.len() as u8];
        bytes.extend_from_slice(&row);
        bytes.resize(LEN, 0);
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(Error::io(self.file.path(), "write"))
    }
}

/// Whether a store that stands at `head` has everything that `mark` saw.
pub(crate) fn is_behind(head: Option<Head>, mark: Head) -> bool {
    head.is_none_or(|head| head.store_id != mark.store_id || head.seq < mark.seq)
}

/// `head` with its next numbers no lower than those of `mark`.
pub(crate) fn raise(head: Head, mark: Option<Head>) -> Head {
    let mark = mark.unwrap_or_default();
    Head {
        next_doc: head.next_doc.max(mark.next_doc),
        next_chunk: head.next_chunk.max(mark.next_chunk),
        ..head
    }
}
