//! Requests of the protocol, counted and put into spans: each in the trace that its `_meta` names, else in that of the HTTP request.
//!
//! Invariant: what is answered is what the agent answers. Every method that the agent has is passed on here; one that were not would be as one that
//! it does not have. What lasts as long as its client listens is no operation, and is neither counted nor a span.
#![expect(deprecated, reason = "clients of 2025 still subscribe to single resources and set log levels")]

use super::agent::Agent;
use super::observer::{Observer, Operation, Seen};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, CustomRequest,
    CustomResult, DiscoverResult, GetPromptRequestParams, GetPromptResponse, InitializeRequestParams,
    InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse, ServerConfig,
    SetLevelRequestParams, SubscribeRequestParams, SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};

type Context = RequestContext<RoleServer>;

/// An agent whose requests are counted and put into spans.
pub(crate) struct Observed {
    agent: Agent,
    observer: Observer,
}

impl Observed {
    /// Observes an agent.
    pub(super) fn new(agent: Agent) -> Self {
        Self { observer: agent.observer().clone(), agent }
    }

    fn begin(&self, operation: &Operation<'_>, context: &Context) -> Seen {
        self.observer.begin(operation, context)
    }
}

/// Methods whose name is all that is told of them.
macro_rules! pass_on {
    ($($name:literal: $method:ident($request:ty) -> $result:ty;)*) => {$(
        async fn $method(&self, request: $request, context: Context) -> Result<$result, ErrorData> {
            let seen = self.begin(&Operation::named($name), &context);
            seen.end(seen.during(self.agent.$method(request, context)).await)
        }
    )*};
}

impl ServerHandler for Observed {
    pass_on! {
        "initialize": initialize(InitializeRequestParams) -> InitializeResult;
        "tools/list": list_tools(Option<PaginatedRequestParams>) -> ListToolsResult;
        "resources/list": list_resources(Option<PaginatedRequestParams>) -> ListResourcesResult;
        "resources/templates/list": list_resource_templates(Option<PaginatedRequestParams>) -> ListResourceTemplatesResult;
        "completion/complete": complete(CompleteRequestParams) -> CompleteResult;
        "prompts/list": list_prompts(Option<PaginatedRequestParams>) -> ListPromptsResult;
        "logging/setLevel": set_level(SetLevelRequestParams) -> ();
        // Whatever it is called, it is no method of ours.
        "other": on_custom_request(CustomRequest) -> CustomResult;
    }

    async fn ping(&self, context: Context) -> Result<(), ErrorData> {
        let seen = self.begin(&Operation::named("ping"), &context);
        seen.end(seen.during(self.agent.ping(context)).await)
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        let seen = self.begin(&Operation::named("server/discover"), &context);
        seen.end(seen.during(self.agent.discover(context)).await)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        let seen = self.begin(&Operation::tool(&request), &context);
        seen.end_tool(seen.during(self.agent.call_tool(request, context)).await)
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let seen = self.begin(&Operation::resource("resources/read", &request.uri), &context);
        seen.end(seen.during(self.agent.read_resource(request, context)).await)
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        let seen = self.begin(&Operation::prompt(&request.name), &context);
        seen.end(seen.during(self.agent.get_prompt(request, context)).await)
    }

    async fn subscribe(&self, request: SubscribeRequestParams, context: Context) -> Result<(), ErrorData> {
        let seen = self.begin(&Operation::resource("resources/subscribe", &request.uri), &context);
        seen.end(seen.during(self.agent.subscribe(request, context)).await)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: Context,
    ) -> Result<(), ErrorData> {
        let seen = self.begin(&Operation::resource("resources/unsubscribe", &request.uri), &context);
        seen.end(seen.during(self.agent.unsubscribe(request, context)).await)
    }

    fn get_info(&self) -> ServerConfig {
        self.agent.get_info()
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.agent.accepted_subscription_filter(requested)
    }

    async fn listen(&self, subscription: SubscriptionContext) -> Result<(), ErrorData> {
        self.agent.listen(subscription).await
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.agent.on_initialized(context).await;
    }
}
