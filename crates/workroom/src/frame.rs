//! Frames: how messages are cut apart on a local socket. Four bytes of length (little-endian), one byte that says what it is, JSON.
//!
//! Invariant: nothing the other side sends makes this one allocate more than it sends, panic, or wait beyond the stream's own time limits.
//! Not here: what the messages mean (`message`).

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, ErrorKind, Read, Write};

/// Longer messages are refused: a list of a million paths takes a tenth of it.
const LONGEST: usize = 1 << 30;
const HEADER: usize = 5;
/// Read at a time.
const PORTION: usize = 64 << 10;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Who speaks, in which version: first of all, from each side.
    Hello,
    /// What a client wants.
    Request,
    /// The answer; nothing more comes for the request.
    Done,
    /// The request failed; nothing more comes for it.
    Failed,
    /// A step of a request that goes on.
    Event,
    /// The request is still being worked on.
    Alive,
    /// The owner is about to give the workspace up, and has not begun with the request.
    Leaving,
}

const KINDS: [Kind; 7] =
    [Kind::Hello, Kind::Request, Kind::Done, Kind::Failed, Kind::Event, Kind::Alive, Kind::Leaving];

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    body: Vec<u8>,
}

impl Frame {
    /// What it says.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }
}

/// Sends a message, in one write where the system takes it.
pub(crate) fn write(to: &mut impl Write, kind: Kind, value: &impl Serialize) -> io::Result<()> {
    let mut bytes = vec![0; HEADER];
    serde_json::to_writer(&mut bytes, value)?;
    let length = bytes.len() - HEADER;
    if length > LONGEST {
        return Err(io::Error::new(
            ErrorKind::InvalidInput,
            format!("a message of {length} bytes is too long"),
        ));
    }
    bytes[..4].copy_from_slice(&(length as u32).to_le_bytes());
    bytes[4] = kind as u8;
    to.write_all(&bytes)
}

/// Puts messages together from a stream whose reads may end early: what came so far is kept for the next call.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    came: Vec<u8>,
}

impl Reader {
    /// The next message. An error of kind `UnexpectedEof` means that the other side is gone, `WouldBlock` or `TimedOut` that the
    /// stream's time limit ended the wait, and the next call goes on with it.
    pub(crate) fn next(&mut self, from: &mut impl Read) -> io::Result<Frame> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            let before = self.came.len();
            self.came.resize(before + PORTION, 0);
            let read = from.read(&mut self.came[before..]);
            self.came.truncate(before + read.as_ref().map_or(0, |n| *n));
            match read {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The first message of what came, if it is all there.
    fn take(&mut self) -> io::Result<Option<Frame>> {
        let Some((&[a, b, c, d, kind], rest)) = self.came.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        let kind = KINDS.get(usize::from(kind)).filter(|_| length <= LONGEST);
        let Some(&kind) = kind else {
            return Err(io::Error::new(ErrorKind::InvalidData, "this is no message of workroom"));
        };
        if rest.len() < length {
            return Ok(None);
        }
        let body = rest[..length].to_vec();
        self.came.drain(..HEADER + length);
        // A long message must not keep its room for ever.
        self.came.shrink_to(4 * PORTION);
        Ok(Some(Frame { kind, body }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hands out bytes in portions, with a time-out after each.
    struct Slow<'a>(&'a [u8], usize, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 {
                return Err(ErrorKind::WouldBlock.into());
            }
            let n = self.1.min(self.0.len()).min(to.len());
            to[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    proptest! {
        #[test]
        fn messages_come_whole_however_the_stream_cuts_them(
            texts in prop::collection::vec(".{0,300}", 1..8), portion in 1usize..40
        ) {
            let mut bytes = Vec::new();
            for (text, kind) in texts.iter().zip(KINDS.iter().cycle()) {
                write(&mut bytes, *kind, text).unwrap();
            }
            let (mut stream, mut reader, mut got) = (Slow(&bytes, portion, false), Reader::default(), Vec::new());
            loop {
                match reader.next(&mut stream) {
                    Ok(frame) => got.push(frame.decode::<String>().unwrap()),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => {
                        prop_assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
                        break;
                    }
                }
            }
            prop_assert_eq!(got, texts);
        }

        #[test]
        fn any_bytes_are_messages_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let (mut stream, mut reader) = (&bytes[..], Reader::default());
            while let Ok(frame) = reader.next(&mut stream) {
                let _decoded = frame.decode::<serde_json::Value>();
            }
        }
    }
}
