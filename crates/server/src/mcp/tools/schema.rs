//! Schemas of what goes into a tool and comes out, made from the types.
//!
//! Invariant: the simplest words of JSON Schema only, so that every client and model provider takes them: no `null` beside a type, no
//! numeric formats, no `$schema`.

use rmcp::model::JsonObject;
use rmcp::schemars::generate::SchemaSettings;
use rmcp::schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;
use std::sync::Arc;

/// Of arguments.
pub(super) fn input<T: JsonSchema>() -> Arc<JsonObject> {
    let settings =
        SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    simple::<T>(settings.into_generator())
}

/// Of results.
pub(super) fn output<T: JsonSchema>() -> Arc<JsonObject> {
    let settings =
        SchemaSettings::draft2020_12().for_serialize().with(|settings| settings.inline_subschemas = true);
    simple::<T>(settings.into_generator())
}

/// The names of an object's members.
pub(super) fn properties(schema: &JsonObject) -> Vec<String> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let named = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    named
        .map(|(name, _)| if is_required(name) { format!("`{name}`") } else { format!("`{name}` (optional)") })
        .collect()
}

fn simple<T: JsonSchema>(generator: SchemaGenerator) -> Arc<JsonObject> {
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    let mut object = match schema {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    };
    for word in ["$schema", "title", "description"] {
        object.remove(word);
    }
    object.entry("type").or_insert_with(|| "object".into());
    object.entry("properties").or_insert_with(|| Value::Object(JsonObject::new()));
    Arc::new(object)
}

/// The types that are described are a few levels deep.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(simplify),
        Value::Object(object) => {
            let is_number =
                matches!(object.get("type").and_then(first_type).as_deref(), Some("integer" | "number"));
            if is_number {
                object.remove("format");
            }
            if let Some(kind) = object.get("type").and_then(first_type) {
                object.insert("type".into(), kind.into());
            }
            unwrap_optional(object);
            // Comments in source are broken into lines; a description is on one line.
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            object.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

/// The type beside `null`.
fn first_type(value: &Value) -> Option<String> {
    match value {
        Value::String(kind) => Some(kind.clone()),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").map(str::to_owned)
        }
        _ => None,
    }
}

/// `anyOf [X, null]` is an X that may be left out, which `required` says already; `oneOf` constants is an enumeration.
fn unwrap_optional(object: &mut JsonObject) {
    let is_null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
    let inner = object.get("anyOf").and_then(Value::as_array).and_then(|choices| {
        let mut others = choices.iter().filter(|choice| !is_null(choice));
        let only = others.next()?.as_object()?.clone();
        (others.next().is_none() && choices.len() == 2).then_some(only)
    });
    if let Some(inner) = inner {
        object.remove("anyOf");
        for (word, value) in inner {
            object.entry(word).or_insert(value);
        }
    }
    let names = object.get("oneOf").and_then(Value::as_array).and_then(|choices| {
        choices.iter().map(|choice| choice.get("const").cloned()).collect::<Option<Vec<Value>>>()
    });
    if let Some(names) = names {
        object.remove("oneOf");
        object.insert("type".into(), "string".into());
        object.insert("enum".into(), Value::Array(names));
    }
    if let Some(Value::Array(names)) = object.get_mut("enum") {
        names.retain(|name| !name.is_null());
    }
}
