//! Webhooks: events of a workspace sent to addresses elsewhere, as Standard Webhooks 1.0 has it.
//!
//! Invariant: an event is sent at least once, and those about one file in their order. Every attempt is signed, and goes to an address that was
//! judged for it: never to this machine or a private network, unless its owner says that this is meant.
//! Not here: what is told (`engine`), who may manage webhooks (`server`), the terminal (`cli`).
//!
//! The principal types are [`Endpoints`] (where events are sent, which anybody may change at any time) and [`Deliveries`] (the threads that send
//! them, in the one process that serves).

mod address;
mod client;
mod deliveries;
mod endpoint;
mod endpoints;
mod error;
mod manage;
mod outbox;
mod queue;
mod schedule;
mod secret;
mod worker;

pub use address::{Reach, refusal};
pub use client::{Attempt, Outcome};
pub use deliveries::{Deliveries, DeliveryOptions};
pub use endpoint::{Allowed, Disabled, Endpoint, NewEndpoint};
pub use endpoints::Endpoints;
pub use error::{Error, Result};
pub use manage::{Behind, add, replay, test};
pub use outbox::{Delivery, Outbox};
pub use schedule::Schedule;
pub use secret::Secret;
pub use worker::Clock;
