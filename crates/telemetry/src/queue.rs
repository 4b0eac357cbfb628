//! The queue before the collector: so many spans and no more, each of them counted.
//!
//! Invariant: a span is sent, failed, dropped or waiting, and one of them alone. The official queue behind has as many places, so it drops none by
//! itself, which nobody could count.

use crate::Counts;
use opentelemetry::Context;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, Span, SpanData, SpanProcessor};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// How many spans are where.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    waiting: AtomicUsize,
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

impl Tally {
    /// What became of spans so far.
    pub(crate) fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts { sent: read(&self.sent), failed: read(&self.failed), dropped: read(&self.dropped) }
    }

    /// Takes a place, if there is one among so many.
    fn take(&self, most: usize) -> bool {
        let more = |waiting: usize| (waiting < most).then_some(waiting + 1);
        let taken = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// So many leave the queue, of whom the collector has not taken `failed`.
    pub(crate) fn leave(&self, all: usize, failed: usize) {
        let failed = failed.min(all);
        self.waiting.fetch_sub(all, Ordering::Relaxed);
        self.sent.fetch_add((all - failed) as u64, Ordering::Relaxed);
        self.failed.fetch_add(failed as u64, Ordering::Relaxed);
    }
}

/// Lets so many spans wait.
#[derive(Debug)]
pub(crate) struct Bounded {
    batches: BatchSpanProcessor,
    tally: Arc<Tally>,
    most: usize,
}

impl Bounded {
    pub(crate) fn new(batches: BatchSpanProcessor, tally: Arc<Tally>, most: usize) -> Self {
        Self { batches, tally, most }
    }
}

impl SpanProcessor for Bounded {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() && self.tally.take(self.most) {
            self.batches.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.batches.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.batches.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.batches.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_is_somewhere() {
        let tally = Tally::default();
        let taken = (0..5).filter(|_| tally.take(3)).count();
        assert_eq!((taken, tally.counts()), (3, Counts { sent: 0, failed: 0, dropped: 2 }));
        tally.leave(2, 1);
        assert!(tally.take(3) && tally.take(3) && !tally.take(3));
        tally.leave(3, 9);
        assert_eq!(tally.counts(), Counts { sent: 1, failed: 4, dropped: 3 });
        assert_eq!(tally.waiting.into_inner(), 0);
    }
}
