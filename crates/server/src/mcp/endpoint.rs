//! The endpoint over HTTP.
//!
//! Invariant: every request carries the access that its token gives, and the tools that its address chooses.
//! Not here: hosts, origins, tokens, limits and everything before a principal is known (`http`).

use super::agent::{Agent, Shared};
use super::observed::Observed;
use super::session::{Sessions, as_caller};
use super::tools::ToolChoice;
use crate::access::Access;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::convert::Infallible;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The largest request: a file that a model writes in one piece.
const LARGEST: usize = 8 << 20;

/// The endpoint. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Endpoint {
    service: StreamableHttpService<Observed, Sessions>,
}

impl Endpoint {
    /// An endpoint. `end` ends its streams and sessions; what still runs is to end before, by the stop of `shared`.
    pub(crate) fn new(shared: Arc<Shared>, end: CancellationToken) -> Self {
        // Hosts and origins are checked before every route in one place, which knows what this cannot: any address in numbers, the public one.
        let config = StreamableHttpServerConfig::default()
            .with_json_response(true)
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_max_request_body_bytes(LARGEST)
            .with_cancellation_token(end);
        let agent = move || Ok(Observed::new(Agent::over_http(Arc::clone(&shared))));
        Self { service: StreamableHttpService::new(agent, Arc::new(Sessions::default()), config) }
    }

    /// Answers a request of whoever has that access, and those of the tools that it may use.
    pub(crate) async fn call<B>(
        &self,
        access: Access,
        choice: ToolChoice,
        mut request: Request<B>,
    ) -> Response<BoxBody<Bytes, Infallible>>
    where
        B: Body + Send + 'static,
        B::Error: std::fmt::Display,
    {
        let caller = (access.room().name.clone(), access.principal().id.clone());
        request.extensions_mut().insert(access);
        request.extensions_mut().insert(choice);
        let ends_session = request.method() == http::Method::DELETE;
        let mut response = as_caller(caller, self.service.handle(request)).await;
        // It has ended when this is said; clients take a mere acceptance for a failure.
        if ends_session && response.status() == http::StatusCode::ACCEPTED {
            *response.status_mut() = http::StatusCode::NO_CONTENT;
        }
        response
    }
}
