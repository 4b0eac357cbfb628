//! One line of the list: a sentence, and where a person read it.
//!
//! *Invariant:* what a line does not say is not checked.

use serde_json::Value;

/// A sentence and where it stands.
pub(crate) struct Truth {
    /// The file, relative to the workspace.
    pub(crate) file: String,
    /// The words as they are read; the cells of a row are joined by ` | `.
    pub(crate) sentence: String,
    /// Other spellings that are as good, such as a number without its separators.
    pub(crate) also: Vec<String>,
    /// The place, when the original has places.
    pub(crate) place: Option<Place>,
    /// The nearest heading above it.
    pub(crate) heading: Option<String>,
    /// Whether other files have it too, so that it need not be among the first hits of the whole workspace.
    pub(crate) is_elsewhere_too: bool,
    /// Whether it is no failure to miss it.
    pub(crate) is_optional: bool,
    /// Why it is hard.
    pub(crate) note: String,
}

/// A place as the original shows it.
pub(crate) struct Place {
    /// `page`, `slide`, `row`, `cell`, `chapter` or `message`.
    pub(crate) unit: String,
    /// Every number that is right; none when only the name is known.
    pub(crate) numbers: Vec<u64>,
    /// Name of the sheet or chapter, subject of the message.
    pub(crate) name: Option<String>,
}

impl Truth {
    /// Reads a line.
    pub(crate) fn parse(line: &str) -> serde_json::Result<Self> {
        let json: Value = serde_json::from_str(line)?;
        let heading = text(&json, "heading").filter(|_| !is_set(&json, "heading_soft"));
        Ok(Self {
            file: text(&json, "file").unwrap_or_default(),
            sentence: text(&json, "sentence").unwrap_or_default(),
            also: list(&json, "also").filter_map(Value::as_str).map(str::to_owned).collect(),
            place: place(&json),
            heading,
            is_elsewhere_too: is_set(&json, "duplicated"),
            is_optional: is_set(&json, "soft"),
            note: text(&json, "note").unwrap_or_default(),
        })
    }
}

fn place(json: &Value) -> Option<Place> {
    let place = json.get("place").filter(|place| place.is_object())?;
    let number = place.get("number").and_then(Value::as_u64);
    let pages: Vec<u64> = list(json, "pages").filter_map(Value::as_u64).collect();
    let numbers = if pages.is_empty() { number.into_iter().collect() } else { pages };
    Some(Place { unit: text(place, "unit").unwrap_or_default(), numbers, name: text(place, "name") })
}

fn text(json: &Value, key: &str) -> Option<String> {
    json.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn list<'a>(json: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    json.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn is_set(json: &Value, key: &str) -> bool {
    json.get(key).and_then(Value::as_bool).unwrap_or(false)
}
