//! Bodies of any size, in both directions.
//!
//! Invariant: of a body no more than two portions are in memory. No thread waits for a client. Who sends slower than the pace is refused.
//! Not here: where the bytes go.

use crate::access::no_room;
use crate::refusal::{Kind, Refusal, Result};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream;
use std::fs::File;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};
use workroom::{SpoolWriter, Spooled};

/// What is read or written at once.
const PORTION: usize = 1 << 20;
/// What is read of a file at once.
const READ: usize = 256 << 10;

/// How slowly a body may come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// From the start, and for each byte as long as its share of a second.
    grace: Duration,
    bytes_per_second: u64,
}

impl Pace {
    /// So long from the start, and a second more for each 4 KiB.
    pub(super) fn after(grace: Duration) -> Self {
        Self { grace, bytes_per_second: 4096 }
    }

    /// By when so many bytes and the next ones must be there.
    fn allows(self, bytes: u64) -> Duration {
        self.grace + Duration::from_millis(bytes.saturating_mul(1000) / self.bytes_per_second)
    }
}

/// The portions of a body as they come.
struct Incoming {
    body: axum::body::BodyDataStream,
    pace: Pace,
    begun: Instant,
    bytes: u64,
    most: u64,
}

impl Incoming {
    /// Refuses a body that says itself that it is too large, before it is sent.
    fn new(body: Body, most: u64, pace: Pace) -> Result<Self> {
        let said = http_body::Body::size_hint(&body).lower();
        let incoming = Self { body: body.into_data_stream(), pace, begun: Instant::now(), bytes: 0, most };
        if said > most { Err(incoming.too_large()) } else { Ok(incoming) }
    }

    fn too_large(&self) -> Refusal {
        Refusal::new(Kind::TooLarge, format!("the body is larger than {} bytes", self.most))
    }

    async fn next(&mut self) -> Result<Option<Bytes>> {
        let left = self.pace.allows(self.bytes).saturating_sub(self.begun.elapsed());
        let frame = match tokio::time::timeout(left, self.body.next()).await {
            Err(_) => return Err(Refusal::new(Kind::Timeout, "the body comes too slowly")),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(Refusal::invalid("the body ended early")),
            Ok(Some(Ok(frame))) => frame,
        };
        self.bytes += frame.len() as u64;
        if self.bytes > self.most {
            return Err(self.too_large());
        }
        Ok(Some(frame))
    }
}

/// A whole body.
pub(super) async fn read_all(body: Body, most: usize, pace: Pace) -> Result<Bytes> {
    let mut incoming = Incoming::new(body, most as u64, pace)?;
    let mut all = BytesMut::new();
    while let Some(frame) = incoming.next().await? {
        all.extend_from_slice(&frame);
    }
    Ok(all.freeze())
}

/// Takes a body into a spool.
pub(super) async fn spool(body: Body, mut spool: SpoolWriter, most: u64, pace: Pace) -> Result<Spooled> {
    let mut incoming = Incoming::new(body, most, pace)?;
    let mut portion = BytesMut::with_capacity(PORTION);
    while let Some(frame) = incoming.next().await? {
        portion.extend_from_slice(&frame);
        if portion.len() >= PORTION {
            let bytes = portion.split().freeze();
            spool = on_disk(move || {
                spool.write_all(&bytes)?;
                Ok(spool)
            })
            .await?;
        }
    }
    let finished = tokio::task::spawn_blocking(move || {
        spool.write_all(&portion).map_err(|error| no_room(&error))?;
        spool.finish().map_err(|error| {
            tracing::error!(%error, "a spool cannot be finished");
            Refusal::new(Kind::Internal, "the bytes cannot be written")
        })
    });
    finished.await.map_err(|_| Refusal::new(Kind::Internal, "the bytes cannot be written"))?
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(no_room(&error)),
        Err(_) => Err(Refusal::new(Kind::Internal, "the bytes cannot be written")),
    }
}

/// So many bytes of a file from where it stands.
pub(super) fn file_body(file: File, bytes: u64) -> Body {
    let portions = stream::try_unfold((file, bytes), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let mut portion = vec![0; usize::try_from(left).unwrap_or(READ).min(READ)];
            let n = file.read(&mut portion)?;
            portion.truncate(n);
            Ok::<_, io::Error>((portion, file))
        });
        let (portion, file) = read.await.map_err(io::Error::other)??;
        if portion.is_empty() {
            // It was cut while it was read: the client sees the body end early rather than a file that never was.
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let left = left.saturating_sub(portion.len() as u64);
        Ok(Some((Bytes::from(portion), (file, left))))
    });
    Body::from_stream(portions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_body_and_a_large_one_are_refused() {
        let never = Body::from_stream(stream::pending::<io::Result<Bytes>>());
        let hasty = Pace { grace: Duration::from_millis(5), bytes_per_second: 1 };
        assert_eq!(read_all(never, 10, hasty).await.unwrap_err().kind, Kind::Timeout);
        let usual = Pace::after(Duration::from_secs(20));
        assert_eq!(read_all(Body::from("12345"), 4, usual).await.unwrap_err().kind, Kind::TooLarge);
        assert_eq!(read_all(Body::from("1234"), 4, usual).await.unwrap(), "1234");
        let broken =
            Body::from_stream(stream::iter([Err::<Bytes, _>(io::Error::from(io::ErrorKind::BrokenPipe))]));
        assert_eq!(read_all(broken, 10, usual).await.unwrap_err().kind, Kind::Invalid);
    }
}
