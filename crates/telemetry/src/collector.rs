//! The collector: batches as protobuf over HTTP.
//!
//! Invariant: runs on the queue's thread alone, which may wait; every request has a deadline, every answer a size. No redirect is followed and no
//! proxy is asked: spans go where they were meant to go, with their headers. What goes wrong is logged once, then once a minute.
//! Fails with: nothing that anybody else hears of; what is not taken is counted.

use crate::ending::Ending;
use crate::queue::Tally;
use crate::settings::{Error, Settings};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use outbound::http::{HeaderName, HeaderValue, Response, Uri, header};
use outbound::{Agent, Body};
use prost::Message;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Attempts for one batch.
const ATTEMPTS: u32 = 3;
/// A collector may ask for a longer pause between them, up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const LARGEST_ANSWER: u64 = 64 << 10;
/// Between two words about the same trouble.
const QUIET: Duration = Duration::from_secs(60);

/// Sends batches.
pub(crate) struct Collector {
    agent: Agent,
    uri: Uri,
    pause: Duration,
    headers: Vec<(HeaderName, HeaderValue)>,
    resource: ResourceAttributesWithSchema,
    tally: Arc<Tally>,
    ending: Arc<Ending>,
    trouble: Mutex<Trouble>,
}

/// What was logged of it.
#[derive(Default)]
struct Trouble {
    told: Option<Instant>,
    /// Spans lost since then.
    lost: usize,
}

/// Why a batch was not taken.
struct Refused {
    why: String,
    /// Whether it may be another time, and after how long.
    again: Option<Duration>,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Collector {
    /// The collector of these settings.
    pub(crate) fn new(settings: Settings, tally: Arc<Tally>, ending: Arc<Ending>) -> Result<Self, Error> {
        let uri = settings.uri()?;
        let config = outbound::config(&uri.to_string()).timeout_global(Some(settings.timeout));
        Ok(Self {
            agent: config.build().new_agent(),
            uri,
            pause: settings.pause,
            headers: settings.header_values()?,
            resource: ResourceAttributesWithSchema::default(),
            tally,
            ending,
            trouble: Mutex::default(),
        })
    }

    /// Sends a batch, more than once if that may help. How many of it the collector refused.
    fn deliver(&self, batch: &[u8]) -> Result<usize, String> {
        let (mut attempt, mut usual) = (1, self.pause);
        loop {
            let refused = match self.post(batch) {
                Ok(rejected) => return Ok(rejected),
                Err(refused) => refused,
            };
            let pause =
                refused.again.filter(|_| attempt < ATTEMPTS).map(|asked| asked.max(usual).min(LONGEST_PAUSE));
            if pause.is_none_or(|pause| self.ending.comes_within(pause)) {
                return Err(refused.why);
            }
            (attempt, usual) = (attempt + 1, usual * 2);
        }
    }

    fn post(&self, batch: &[u8]) -> Result<usize, Refused> {
        let mut request = self.agent.post(&self.uri).content_type("application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let passing = |why: outbound::Error| Refused { why: why.to_string(), again: Some(Duration::ZERO) };
        let mut response = request.send(batch).map_err(passing)?;
        let status = response.status();
        if status.is_success() {
            return Ok(rejected(&mut response));
        }
        // Those that the protocol says to try again.
        let again = matches!(status.as_u16(), 429 | 502 | 503 | 504).then(|| retry_after(&response));
        Err(Refused { why: format!("it answered {status}"), again })
    }

    fn report(&self, lost: usize, why: Option<&str>) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(why) = why else {
            if trouble.told.take().is_some() {
                tracing::warn!(lost = trouble.lost, "the collector takes spans again");
                trouble.lost = 0;
            }
            return;
        };
        trouble.lost += lost;
        if trouble.told.is_none_or(|told| told.elapsed() >= QUIET) {
            let host = self.uri.authority().map(ToString::to_string).unwrap_or_default();
            tracing::error!(lost = trouble.lost, "the collector at {host} does not take spans: {why}");
            *trouble = Trouble { told: Some(Instant::now()), lost: 0 };
        }
    }
}

/// Spans of a batch that was taken, but for these.
fn rejected(response: &mut Response<Body>) -> usize {
    let answer = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec().unwrap_or_default();
    let partial = ExportTraceServiceResponse::decode(answer.as_slice()).unwrap_or_default().partial_success;
    partial.and_then(|partial| usize::try_from(partial.rejected_spans).ok()).unwrap_or_default()
}

fn retry_after(response: &Response<Body>) -> Duration {
    let seconds =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or_default())
}

impl SpanExporter for Collector {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let all = batch.len();
        let resource_spans = group_spans_by_resource_and_scope(batch, &self.resource);
        let delivered = self.deliver(&ExportTraceServiceRequest { resource_spans }.encode_to_vec());
        let (lost, why) = match &delivered {
            Ok(0) => (0, None),
            Ok(rejected) => (*rejected, Some("it refuses some of them")),
            Err(why) => (all, Some(why.as_str())),
        };
        self.report(lost, why);
        self.tally.leave(all, lost);
        delivered.map(drop).map_err(OTelSdkError::InternalFailure)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}
