//! What a tool is: its description for a model, and the call behind it.

use super::schema;
use crate::access::Access;
use crate::blocking::Cancel;
use crate::refusal::{Refusal, Result};
use custody::Right;
use rmcp::model::{ContentBlock, JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// Which rights somebody must have somewhere to be shown a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// None.
    Nothing,
    /// To read.
    Read,
    /// To write.
    Write,
    /// Both.
    Both,
    /// To administer the whole workspace.
    Everything,
    /// To read and write the whole workspace.
    Whole,
    /// One of them.
    Something,
    /// To administer.
    Admin,
}

impl Needs {
    /// Whether the principal has them somewhere.
    pub(crate) fn are_met(self, access: &Access) -> bool {
        match self {
            Self::Nothing => true,
            Self::Read => !access.readable().is_empty(),
            Self::Write => access.may_write_anywhere(),
            Self::Both => !access.readable().is_empty() && access.may_write_anywhere(),
            Self::Everything => access.principal().may(Right::Admin, ""),
            Self::Whole => [Right::Read, Right::Write].iter().all(|right| access.principal().may(*right, "")),
            Self::Admin => access.administers_something(),
            Self::Something => !access.readable().is_empty() || access.may_write_anywhere(),
        }
    }
}

/// What a call has besides its arguments.
pub(crate) struct Call<'a> {
    /// Who asks, of which workspace.
    pub(crate) access: &'a Access,
    /// Whether somebody still waits.
    pub(crate) cancel: &'a Cancel,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Done {
    /// For a model to read.
    pub(crate) content: Vec<ContentBlock>,
    /// For a program; `null` where the content is all.
    pub(crate) structured: Value,
}

/// What a tool's function returns: text for a model, the same for a program.
pub(super) struct Reply<O> {
    pub(super) content: Vec<ContentBlock>,
    pub(super) structured: O,
}

impl<O> Reply<O> {
    /// One text.
    pub(super) fn new(text: impl Into<String>, structured: O) -> Self {
        Self { content: vec![ContentBlock::text(text)], structured }
    }

    /// One more text, if there is something to say.
    pub(super) fn and(mut self, note: Option<String>) -> Self {
        self.content.extend(note.map(ContentBlock::text));
        self
    }
}

/// Of two tools of one name, one is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offered {
    /// Where a language model answers.
    WithModel,
    /// Where none does.
    WithoutModel,
}

type Run = Box<dyn Fn(&Call<'_>, JsonObject) -> Result<Done> + Send + Sync>;

/// A tool and what it does.
pub(crate) struct Action {
    /// As it is listed.
    pub(crate) tool: Tool,
    /// Who is shown it.
    pub(crate) needs: Needs,
    /// The set by which it is chosen with others.
    pub(super) set: &'static str,
    /// Whether it is there only with a language model, or only without one.
    offered: Option<Offered>,
    /// Whether it may wait for others.
    pub(crate) waits: bool,
    run: Run,
}

/// What a tool does to the world, as clients are told before they let a model call it.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// None.
    Reads,
    /// Something new stands there; nothing that was there is lost.
    Adds,
    /// As [`Effect::Adds`], and twice is as once.
    AddsOnce,
    /// What was there may be gone.
    Replaces,
    /// As [`Effect::Replaces`], and twice is as once.
    ReplacesOnce,
}

impl Effect {
    fn annotations(self) -> ToolAnnotations {
        let (reads, destroys, once) = match self {
            Self::Reads => (true, false, true),
            Self::Adds => (false, false, false),
            Self::AddsOnce => (false, false, true),
            Self::Replaces => (false, true, false),
            Self::ReplacesOnce => (false, true, true),
        };
        // A workspace is a closed world: nothing leaves it.
        ToolAnnotations::new().read_only(reads).destructive(destroys).idempotent(once).open_world(false)
    }
}

impl Action {
    /// A tool whose arguments are an `I` and whose result is an `O`.
    pub(super) fn new<I, O>(
        name: &'static str,
        title: &'static str,
        description: &'static str,
        (effect, needs): (Effect, Needs),
        run: fn(&Call<'_>, I) -> Result<Reply<O>>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        O: Serialize + JsonSchema + 'static,
    {
        let input = schema::input::<I>();
        let names = schema::properties(&input).join(", ");
        let tool = Tool::new(name, description, input)
            .with_title(title)
            .with_annotations(effect.annotations())
            .with_raw_output_schema(schema::output::<O>());
        let run = move |call: &Call<'_>, arguments: JsonObject| {
            let arguments = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
                Refusal::invalid(format!("`{name}` does not understand its arguments: {error}"))
                    .hint(format!("it takes {names}"))
            })?;
            let reply = run(call, arguments)?;
            let structured = serde_json::to_value(reply.structured)
                .map_err(|error| Refusal::new(crate::refusal::Kind::Internal, error.to_string()))?;
            Ok(Done { content: reply.content, structured })
        };
        Self { tool, needs, set: "", offered: None, waits: false, run: Box::new(run) }
    }

    /// The tool where a language model answers: by it, something leaves the workspace.
    pub(super) fn with_model(mut self) -> Self {
        if let Some(annotations) = &mut self.tool.annotations {
            annotations.open_world_hint = Some(true);
        }
        Self { offered: Some(Offered::WithModel), ..self }
    }

    /// The tool where none does: without the argument and the result that are for it.
    pub(super) fn without_model(mut self, argument: &str, result: &str) -> Self {
        let output = self.tool.output_schema.iter_mut();
        for (schema, name) in
            output.map(|schema| (schema, result)).chain([(&mut self.tool.input_schema, argument)])
        {
            if let Some(Value::Object(properties)) = Arc::make_mut(schema).get_mut("properties") {
                properties.remove(name);
            }
        }
        Self { offered: Some(Offered::WithoutModel), ..self }
    }

    /// One of that set.
    pub(super) fn of_set(self, set: &'static str) -> Self {
        Self { set, ..self }
    }

    /// One that may wait for others, and takes no place of those that do something.
    pub(super) fn waiting(self) -> Self {
        Self { waits: true, ..self }
    }

    /// Whether whoever asks is shown it.
    pub(crate) fn is_for(&self, access: &Access) -> bool {
        let here = if access.room().model().is_some() { Offered::WithModel } else { Offered::WithoutModel };
        self.needs.are_met(access) && self.offered.is_none_or(|offered| offered == here)
    }

    /// Calls it. Blocks.
    ///
    /// # Errors
    /// When the arguments make no sense, or as the library refuses.
    pub(crate) fn call(&self, call: &Call<'_>, arguments: JsonObject) -> Result<Done> {
        (self.run)(call, arguments)
    }
}
