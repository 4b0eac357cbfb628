//! Saved states of agents: saved, listed, resumed from, pruned.
//!
//! Invariant: a save that is answered is durable. Sent again under its idempotency key it is made once.
//! Not here: where the states are (`workroom::autosave`), who may (`access`).

use super::App;
use super::change::once;
use super::extract::{Caller, Json, Query};
use super::reply::Problems;
use super::schema::{InWorkspace, Once, UnderLease, check_range};
use crate::host::now_ms;
use crate::refusal::{Kind, Refusal, Result};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use workroom::autosave::{self, Prune, Save, Wanted, Which};

/// Their routes.
pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list, save)).routes(routes!(resume)).routes(routes!(prune))
}

/// Bytes of a name, and of an id.
const LONGEST: u64 = 200;

/// Why a state is saved.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    /// A step is done.
    #[default]
    Step,
    /// Some time has passed.
    Interval,
    /// The agent failed.
    Error,
    /// The agent was stopped.
    Interrupt,
    /// The agent is done.
    Final,
}

impl From<Reason> for autosave::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Step => Self::Step,
            Reason::Interval => Self::Interval,
            Reason::Error => Self::Error,
            Reason::Interrupt => Self::Interrupt,
            Reason::Final => Self::Final,
        }
    }
}

/// A state to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"agent": "Tide Watcher", "state": {"seen": 42}, "loop_count": 3}))]
pub(super) struct SaveState {
    /// What the agent is called.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    agent: String,
    /// The run; the agent's latest, or its first, when it is absent.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[A-Za-z0-9._\-]*[A-Za-z0-9_\-]$")]
    id: Option<String>,
    /// Whether a new run begins. Not with `id`.
    #[serde(default)]
    new: bool,
    /// All that the agent needs to go on.
    #[schema(value_type = Object)]
    state: Map<String, Value>,
    /// What the agent is, for `config.json`; it stays as it was when it is absent.
    #[schema(value_type = Option<Object>)]
    config: Option<Map<String, Value>>,
    /// The agent's own count of its loops.
    #[schema(minimum = 0, maximum = 9007199254740991_u64)]
    loop_count: Option<u64>,
    /// Why it is saved.
    #[serde(default)]
    reason: Reason,
    /// How many steps the run keeps; 100 when it is absent.
    #[schema(minimum = 1, maximum = 1000000)]
    keep: Option<u64>,
}

/// Whose states.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StatesQuery {
    /// What the agent is called; all of them when it is absent.
    #[param(required = false, min_length = 1, max_length = 200)]
    agent: Option<String>,
}

/// Which state.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResumeQuery {
    /// What the agent was called.
    #[param(min_length = 1, max_length = 200)]
    agent: String,
    /// The run; the one that was saved last when it is absent.
    #[param(required = false, min_length = 1, max_length = 200)]
    id: Option<String>,
    /// The step; the last whole one when it is absent.
    #[param(required = false, minimum = 1, maximum = 9007199254740991_u64)]
    step: Option<u64>,
}

/// What is to go. Of several conditions all must hold; at least one is needed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"keep_steps": 20, "dry_run": true}))]
pub(super) struct PruneStates {
    /// Only of this agent.
    #[schema(min_length = 1, max_length = 200)]
    agent: Option<String>,
    /// Of each run, steps beyond so many.
    #[schema(minimum = 1, maximum = 1000000)]
    keep_steps: Option<u64>,
    /// Of each agent, runs beyond so many.
    #[schema(minimum = 1, maximum = 1000000)]
    keep_runs: Option<u64>,
    /// Only what is older than so many seconds.
    #[schema(minimum = 0, maximum = 315360000)]
    older_than: Option<u64>,
    /// Only tell what would go.
    #[serde(default)]
    dry_run: bool,
}

/// What was saved. It is durable.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedState {
    /// What the agent is called.
    agent: String,
    /// The run's id, to save its next step with.
    id: String,
    /// Where the run's files are.
    folder: String,
    /// The step's own file.
    path: String,
    /// Which save of the run it is, from 1.
    sequence: u64,
    /// When: RFC 3339, UTC.
    saved: String,
    /// Steps that are kept now.
    steps: u64,
}

/// A run of an agent, and its last save.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedRun {
    /// What the agent is called.
    agent: String,
    /// Tells the run from others of that agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// Where its files are.
    folder: String,
    /// Which save the last whole one is, from 1; absent where another program wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    /// When it was saved: RFC 3339, UTC. Absent when nothing is whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The agent's own count of its loops.
    #[serde(skip_serializing_if = "Option::is_none")]
    loop_count: Option<i64>,
    /// Steps that are kept.
    steps: u64,
    /// Bytes of all its files.
    bytes: u64,
    /// Files that are not as they should be, and are not used.
    problems: Vec<DamagedFile>,
}

/// A file that is not as it should be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DamagedFile {
    /// The file.
    path: String,
    /// What is wrong with it.
    why: String,
}

impl From<autosave::Run> for SavedRun {
    fn from(run: autosave::Run) -> Self {
        let problems = run.problems.into_iter();
        Self {
            agent: run.agent,
            id: run.id,
            folder: run.folder,
            sequence: run.sequence,
            saved: run.saved,
            reason: run.reason.map(|reason| reason.name().to_owned()),
            loop_count: run.loop_count,
            steps: run.steps,
            bytes: run.bytes,
            problems: problems.map(|problem| DamagedFile { path: problem.path, why: problem.why }).collect(),
        }
    }
}

/// Runs, the one that was saved last first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SavedRuns {
    /// Those that may be read.
    runs: Vec<SavedRun>,
}

/// What an agent goes on from.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResumedState {
    /// The run, as it was at that step.
    run: SavedRun,
    /// The file that the state was read from.
    path: String,
    /// The state; absent where another program saved a config alone.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<Value>,
    /// What the agent is, if that was saved.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Value>,
}

/// What went, or would go.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PrunedStates {
    /// The files, in order.
    removed: Vec<RemovedFile>,
    /// Bytes of them.
    bytes: u64,
    /// Runs that went as a whole.
    runs: u64,
    /// Whether nothing was done.
    dry_run: bool,
}

/// A file that went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemovedFile {
    /// Where it was.
    path: String,
    /// Its size.
    bytes: u64,
}

/// List saved states
///
/// The runs of an agent, or of all, the one that was saved last first.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/autosaves", tag = "autosaves", operation_id = "list_saved_states",
    params(InWorkspace, StatesQuery),
    responses((status = 200, description = "The runs", body = SavedRuns), Problems),
)]
async fn list(caller: Caller, Query(query): Query<StatesQuery>) -> Result<axum::Json<SavedRuns>> {
    check_length("agent", query.agent.as_deref())?;
    let runs = caller.call(move |access, _| access.saved_states(query.agent.as_deref())).await?;
    Ok(axum::Json(SavedRuns { runs: runs.into_iter().map(SavedRun::from).collect() }))
}

/// Save a state
///
/// A step more in the agent's run, in the folder layout that Swarms has.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/autosaves", tag = "autosaves", operation_id = "save_state",
    params(InWorkspace, UnderLease, Once),
    request_body = SaveState,
    responses((status = 201, description = "Saved", body = SavedState), Problems),
)]
async fn save(
    caller: Caller,
    headers: HeaderMap,
    Json { value, bytes }: Json<SaveState>,
) -> Result<Response> {
    let wanted = checked(value)?;
    let saved = caller.call(move |access, _| access.save_state(&wanted));
    let saved = async {
        let saved = saved.await?;
        let autosave::Saved { agent, id, folder, path, sequence, saved, steps } = saved;
        Ok((StatusCode::CREATED, SavedState { agent, id, folder, path, sequence, saved, steps }))
    };
    once(&caller, &headers, &[b"save_state", &bytes], saved).await
}

fn checked(value: SaveState) -> Result<Save> {
    check_length("agent", Some(&value.agent))?;
    check_length("id", value.id.as_deref())?;
    check_range("keep", value.keep.unwrap_or(1), 1..=1_000_000)?;
    check_range("loop_count", value.loop_count.unwrap_or(0), 0..=9_007_199_254_740_991)?;
    let which = match (value.id, value.new) {
        (Some(_), true) => {
            return Err(Refusal::new(
                Kind::Unprocessable,
                "a new run has no `id` yet; leave out one of them",
            ));
        }
        (Some(id), false) => Which::Id(id),
        (None, true) => Which::New,
        (None, false) => Which::Latest,
    };
    Ok(Save {
        agent: value.agent,
        which,
        state: Value::Object(value.state).to_string(),
        config: value.config.map(|config| Value::Object(config).to_string()),
        loop_count: value.loop_count.and_then(|count| i64::try_from(count).ok()),
        reason: value.reason.into(),
        keep: value.keep,
    })
}

/// Resume from a state
///
/// The last whole one of the agent's latest run, whatever its id, unless a run or a step is named.
#[utoipa::path(
    get, path = "/v1/workspaces/{workspace}/autosaves/resume", tag = "autosaves", operation_id = "resume_state",
    params(InWorkspace, ResumeQuery),
    responses((status = 200, description = "The state", body = ResumedState), Problems),
)]
async fn resume(caller: Caller, Query(query): Query<ResumeQuery>) -> Result<axum::Json<ResumedState>> {
    check_length("agent", Some(&query.agent))?;
    check_length("id", query.id.as_deref())?;
    check_range("step", query.step.unwrap_or(1), 1..=9_007_199_254_740_991)?;
    let wanted = Wanted { agent: query.agent, id: query.id, step: query.step };
    let resumed = caller.call(move |access, _| access.resume_state(&wanted)).await?;
    Ok(axum::Json(ResumedState {
        run: resumed.run.into(),
        path: resumed.path,
        state: value(resumed.state)?,
        config: value(resumed.config)?,
    }))
}

/// What was read as JSON before, as JSON.
fn value(text: Option<String>) -> Result<Option<Value>> {
    let value = text.map(|text| serde_json::from_str(&text)).transpose();
    value.map_err(|error| Refusal::new(Kind::Internal, format!("the state cannot be read: {error}")))
}

/// Remove old states
///
/// The last step of a run that stays is kept whatever is asked for.
#[utoipa::path(
    post, path = "/v1/workspaces/{workspace}/autosaves/prune", tag = "autosaves", operation_id = "prune_states",
    params(InWorkspace, UnderLease),
    request_body = PruneStates,
    responses((status = 200, description = "Removed", body = PrunedStates), Problems),
)]
async fn prune(caller: Caller, Json { value, .. }: Json<PruneStates>) -> Result<axum::Json<PrunedStates>> {
    check_length("agent", value.agent.as_deref())?;
    check_range("keep_steps", value.keep_steps.unwrap_or(1), 1..=1_000_000)?;
    check_range("keep_runs", value.keep_runs.unwrap_or(1), 1..=1_000_000)?;
    check_range("older_than", value.older_than.unwrap_or(0), 0..=315_360_000)?;
    let wanted = Prune {
        agent: value.agent,
        keep_steps: value.keep_steps,
        keep_runs: value.keep_runs,
        before_ms: value.older_than.map(|seconds| now_ms().saturating_sub(seconds as i64 * 1000)),
        dry_run: value.dry_run,
    };
    let pruned = caller.call(move |access, _| access.prune_states(&wanted)).await?;
    let removed = pruned.removed.into_iter();
    Ok(axum::Json(PrunedStates {
        removed: removed.map(|file| RemovedFile { path: file.path, bytes: file.bytes }).collect(),
        bytes: pruned.bytes,
        runs: pruned.runs,
        dry_run: pruned.dry_run,
    }))
}

fn check_length(name: &str, value: Option<&str>) -> Result<()> {
    value.map_or(Ok(()), |value| {
        check_range(&format!("the length of `{name}`"), value.len() as u64, 1..=LONGEST)
    })
}
