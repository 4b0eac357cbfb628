//! What is done about endpoints with the workspace at hand: adding one from now on, trying one, sending again.
//!
//! Invariant: an endpoint that was added hears of everything that happens after that.
//! Not here: keeping them (`endpoints`).

use crate::client::{Attempt, Client};
use crate::endpoint::{Endpoint, NewEndpoint};
use crate::endpoints::Endpoints;
use crate::error::{Error, Result};
use crate::secret::fill;
use serde_json::Map;
use std::time::Duration;
use workroom::{After, Event, EventFilter, Workspace};

/// Events that are looked through at once.
const PORTION: usize = 1000;

/// What was sent before, and is to be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Everything since that time, in milliseconds since 1970.
    Time(i64),
    /// This event and everything after it.
    Event(String),
    /// Everything after a place.
    Place(After),
}

/// Sends what happens from now on to one more endpoint.
///
/// # Errors
/// As [`Endpoints::add`], and when the workspace cannot be asked.
pub fn add(workspace: &Workspace, endpoints: &Endpoints, new: NewEndpoint, now_ms: i64) -> Result<Endpoint> {
    let now = workspace.events(&After::Now, &EventFilter::default(), 1, Duration::ZERO)?;
    let endpoint = endpoints.add(new, now_ms)?;
    endpoints.outbox(&endpoint.id).done(&now.next.into(), Vec::new(), 0)?;
    Ok(endpoint)
}

/// Sends a `webhook.test` to an endpoint, once, and says what came of it.
///
/// # Errors
/// As [`Endpoints::get`].
pub fn test(endpoints: &Endpoints, id: &str, now_ms: i64) -> Result<Attempt> {
    let endpoint = endpoints.get(id)?;
    let mut bytes = [0; 11];
    fill(&mut bytes)?;
    let event = Event {
        seq: 0,
        id: bytes.iter().fold("msg_".to_owned(), |id, byte| format!("{id}{byte:02x}")),
        kind: "webhook.test".to_owned(),
        at_ms: now_ms,
        path: None,
        to: None,
        by: None,
        data: Map::new(),
    };
    Client::of(&endpoint).send(&endpoint, &event, now_ms)
}

/// Has events sent to an endpoint again. Returns where that begins.
///
/// # Errors
/// [`Invalid`](Error::Invalid) when the event is not kept, and as [`Endpoints::get`].
pub fn replay(
    workspace: &Workspace,
    endpoints: &Endpoints,
    id: &str,
    behind: Behind,
    now_ms: i64,
) -> Result<After> {
    endpoints.get(id)?;
    let from = match behind {
        Behind::Place(after) => after,
        Behind::Time(since_ms) => before(workspace, |event| event.at_ms >= since_ms)?.unwrap_or(After::Now),
        Behind::Event(event_id) => before(workspace, |event| event.id == event_id)?.ok_or_else(|| {
            Error::invalid(
                format!("there is no event `{event_id}`"),
                "`workroom events --json` shows those that are kept",
            )
        })?,
    };
    // A place that is none is told now rather than to the thread that sends.
    let page = workspace.events(&from, &EventFilter::default(), 1, Duration::ZERO)?;
    let from = if from == After::Now { page.next.into() } else { from };
    endpoints.outbox(id).replay(from.clone(), now_ms)?;
    Ok(from)
}

/// The place before the first such event.
fn before(workspace: &Workspace, is_it: impl Fn(&Event) -> bool) -> Result<Option<After>> {
    let mut after = After::Start;
    loop {
        let page = workspace.events(&after, &EventFilter::default(), PORTION, Duration::ZERO)?;
        for listed in page.events {
            if is_it(&listed.event) {
                return Ok(Some(after));
            }
            after = listed.cursor.into();
        }
        after = page.next.into();
        if page.at_end {
            return Ok(None);
        }
    }
}
