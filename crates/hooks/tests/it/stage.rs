//! A workspace whose events are sent.

use crate::receiver::Receiver;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use workroom::{Actor, EventFilter, OpenOptions, Sharing, Via, Workspace};
use workroom_hooks::{
    Allowed, Deliveries, Delivery, DeliveryOptions, Endpoint, Endpoints, NewEndpoint, Schedule,
};

pub(crate) const NEARBY: Allowed = Allowed { http: true, private: true };

pub(crate) struct Stage {
    folder: tempfile::TempDir,
    pub(crate) workspace: Arc<Workspace>,
    pub(crate) endpoints: Endpoints,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = OpenOptions { sharing: Sharing::Alone, ..OpenOptions::default() };
        let workspace = Arc::new(Workspace::create_with(folder.path(), &options).unwrap());
        let endpoints = Endpoints::at(&custody(&folder));
        Self { folder, workspace, endpoints }
    }

    pub(crate) fn add(&self, receiver: &Receiver, types: &[&str]) -> Endpoint {
        let types = types.iter().map(|name| (*name).to_owned()).collect();
        let filter = EventFilter { types, ..EventFilter::default() };
        let new =
            NewEndpoint { url: receiver.url(), filter, allowed: NEARBY, by: Actor::owner(Via::Library) };
        workroom_hooks::add(&self.workspace, &self.endpoints, new, now_ms()).unwrap()
    }

    /// Sends, with pauses of milliseconds.
    pub(crate) fn deliver(&self, pauses: &[u64]) -> Deliveries {
        let schedule = Schedule::of(pauses.iter().copied().map(Duration::from_millis));
        let options = DeliveryOptions { schedule, ..DeliveryOptions::default() };
        Deliveries::start(Arc::clone(&self.workspace), &custody(&self.folder), options).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.workspace.write(path, text.as_bytes()).unwrap();
    }

    pub(crate) fn log(&self, endpoint: &Endpoint) -> Vec<Delivery> {
        self.endpoints.outbox(&endpoint.id).log().unwrap()
    }

    /// Waits until the endpoint is disabled, and says why it is.
    pub(crate) fn disabled(&self, endpoint: &Endpoint) -> String {
        until(|| self.endpoints.get(&endpoint.id).unwrap().disabled.map(|disabled| disabled.why))
    }
}

fn custody(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join(".workroom").join("custody")
}

pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Looks until there is something.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
