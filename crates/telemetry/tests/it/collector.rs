//! A collector on this machine: takes what is sent over real connections, decodes it, and answers as it is told.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a collector does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers with this status, these headers and this body.
    Status(u16, &'static str, Vec<u8>),
    /// Says nothing for as long as the other end waits.
    Silence,
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self::Status(200, "", Vec::new())
    }
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Received {
    fn decoded(&self) -> ExportTraceServiceRequest {
        ExportTraceServiceRequest::decode(self.body.as_slice()).unwrap()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let resources = self.decoded().resource_spans.into_iter();
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// An attribute of the process.
    pub(crate) fn of_process(&self, key: &str) -> Option<String> {
        let resource = self.decoded().resource_spans.into_iter().next()?.resource?;
        read(&resource.attributes, key)
    }
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    came: Condvar,
}

/// A collector that listens until the test ends.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Collector {
    /// One that takes everything.
    pub(crate) fn new() -> Self {
        Self::replying(|_| Reply::ok())
    }

    /// One that answers the nth request so.
    pub(crate) fn replying(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shared) = (listener.local_addr().unwrap(), Arc::<Shared>::default());
        let (reply, theirs) = (Arc::new(reply), Arc::clone(&shared));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (reply, shared) = (Arc::clone(&reply), Arc::clone(&theirs));
                let stream = stream.unwrap();
                std::thread::spawn(move || while answer(&stream, &shared, &*reply).is_some() {});
            }
        });
        Self { address, shared }
    }

    /// The address that takes traces.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// All that came so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// All spans that came so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.received().iter().flat_map(Received::spans).collect()
    }

    /// Waits until so many requests came.
    pub(crate) fn wait_for(&self, requests: usize) {
        let received = self.shared.received.lock().unwrap();
        let few = |received: &mut Vec<Received>| received.len() < requests;
        let (received, timeout) = self.shared.came.wait_timeout_while(received, PATIENCE, few).unwrap();
        assert!(!timeout.timed_out(), "only {} requests came", received.len());
    }
}

/// Reads one request and answers it; none when the other end has closed, or is not to be answered.
fn answer(stream: &TcpStream, shared: &Shared, reply: &dyn Fn(usize) -> Reply) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    let number = {
        let mut received = shared.received.lock().unwrap();
        received.push(Received { head, body });
        shared.came.notify_all();
        received.len() - 1
    };
    let mut stream = stream;
    match reply(number) {
        Reply::Status(status, headers, body) => {
            let head = format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).ok()
        }
        Reply::Silence => {
            let _closed = stream.read(&mut [0]);
            None
        }
    }
}

/// An attribute as text.
pub(crate) fn attribute(span: &Span, key: &str) -> Option<String> {
    read(&span.attributes, key)
}

fn read(attributes: &[KeyValue], key: &str) -> Option<String> {
    let value = attributes.iter().find(|attribute| attribute.key == key)?.value.clone();
    value.and_then(|AnyValue { value }| value).map(|value| match value {
        any_value::Value::StringValue(text) => text,
        any_value::Value::BoolValue(bool) => bool.to_string(),
        any_value::Value::IntValue(number) => number.to_string(),
        any_value::Value::DoubleValue(number) => format!("{number:?}"),
        other => format!("{other:?}"),
    })
}
