//! The description of this interface (OpenAPI 3.1), made from its routes.
//!
//! Invariant: docs/openapi.json is this document; a test holds one against the other.
//! Not here: each operation's own description, which stands beside it.

use super::App;
use std::sync::Arc;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

/// Where it is served.
pub(super) const ADDRESS: &str = "/v1/openapi.json";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Workroom",
        description = "Folders of ordinary files, searchable by meaning. Every error is a problem (RFC 9457) with a stable `kind`, and where \
            something helps, a `hint` and calls to make next. What a token may not read is answered as what is not there.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "workspaces", description = "The workspaces themselves"),
        (name = "files", description = "Files and folders as they are on disk"),
        (name = "versions", description = "What files held before, and what was removed"),
        (name = "checkpoints", description = "All files at one instant, to compare with and to go back to"),
        (name = "leases", description = "Files and folders held for a while, so that nobody overwrites anybody"),
        (name = "comments", description = "What people and agents say of files and passages"),
        (name = "approvals", description = "What an agent asks for and a person answers"),
        (name = "search", description = "What is found in them, with citations"),
        (name = "events", description = "What happened, and what happens"),
        (name = "webhooks", description = "Events sent elsewhere"),
        (name = "autosaves", description = "States of agents, saved step by step"),
        (name = "audit", description = "Who did what, and how much"),
        (name = "tokens", description = "Who may do what"),
        (name = "transfers", description = "Ownership, handed over"),
        (name = "health", description = "For what watches over the server"),
    ),
    components(schemas(super::reply::ProblemDetails, super::schema::Label)),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("a token of the workspace, `wrk_...`"));
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme.build()));
    }
}

/// All routes that are described, with the description to be.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(super::workspaces::routes())
        .merge(super::files::routes())
        .merge(super::change::routes())
        .merge(super::versions::routes())
        .merge(super::checkpoints::routes())
        .merge(super::leases::routes())
        .merge(super::comments::routes())
        .merge(super::approvals::routes())
        .merge(super::search::routes())
        .merge(super::events::routes())
        .merge(super::webhooks::routes())
        .merge(super::autosaves::routes())
        .merge(super::audit::routes())
        .merge(super::tokens::routes())
        .merge(super::transfers::routes())
        .merge(super::health::routes())
}

/// The description as it is served.
pub fn openapi_json() -> String {
    let (_, document) = routes().split_for_parts();
    // A document of ours has no map with other keys than texts.
    document.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}
