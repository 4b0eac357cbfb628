//! A JSON object as text: its members in order, each value as it was written.
//!
//! Invariant: pure. Numbers, text and the order of members stay as they came; only the white space between them is ours, and it is that of
//! Python's `json.dumps(.., indent=2, ensure_ascii=False)`. What is written here can be read here.
//! Not here: what the members mean (`metadata`, `document`).

use crate::save::MOST_BYTES;
use serde_json::Value;

/// Levels of lists and objects in one another: readers elsewhere stop at 128.
const DEEPEST: usize = 120;

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// It is cut off, or was never JSON.
    #[error("it is no whole JSON: {0}")]
    Json(String),
    /// It is something else than an object.
    #[error("it is no JSON object")]
    NoObject,
    /// Lists in lists in lists.
    #[error("it is nested more than {DEEPEST} levels deep")]
    Deep,
    /// There is too much of it.
    #[error("it is larger than {} MiB", MOST_BYTES >> 20)]
    Large,
}

/// A JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Object {
    /// Names, and values as text.
    members: Vec<(String, String)>,
}

impl Object {
    /// Reads an object.
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        Self::within(text, DEEPEST)
    }

    /// Reads an object that is to be a member of another one.
    pub(crate) fn parse_member(text: &str) -> Result<Self, Malformed> {
        Self::within(text, DEEPEST - 1)
    }

    fn within(text: &str, deepest: usize) -> Result<Self, Malformed> {
        if text.len() as u64 > MOST_BYTES {
            return Err(Malformed::Large);
        }
        if depth(text) > deepest {
            return Err(Malformed::Deep);
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(_)) => Ok(Self::split(text)),
            Ok(_) => Err(Malformed::NoObject),
            Err(error) => Err(Malformed::Json(error.to_string())),
        }
    }

    /// The members of a text that is an object.
    fn split(text: &str) -> Self {
        let mut object = Self::default();
        let (mut depth, mut start, mut key) = (0_usize, 0, None);
        for (at, mark) in marks(text) {
            let part = || text.get(start..at).unwrap_or_default().trim();
            match mark {
                b'{' | b'[' => {
                    depth += 1;
                    if depth > 1 {
                        continue;
                    }
                }
                b':' if depth == 1 => key = serde_json::from_str::<String>(part()).ok(),
                b',' if depth == 1 => object.put(key.take(), part()),
                b'}' | b']' => {
                    if depth == 1 {
                        object.put(key.take(), part());
                    }
                    depth -= 1;
                    continue;
                }
                _ => continue,
            }
            start = at + 1;
        }
        object
    }

    fn put(&mut self, key: Option<String>, value: &str) {
        if let Some(key) = key {
            self.set(&key, value.to_owned());
        }
    }

    /// A member's value, as text.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.members.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Gives a member a value, which is JSON: in its place, or at the end.
    pub(crate) fn set(&mut self, key: &str, value: String) {
        match self.members.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.members.push((key.to_owned(), value)),
        }
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, key: &str) -> Option<String> {
        let at = self.members.iter().position(|(name, _)| name == key)?;
        Some(self.members.remove(at).1)
    }

    /// The object as text, indented.
    pub(crate) fn to_text(&self) -> Result<String, Malformed> {
        let mut flat = String::from("{");
        for (n, (key, value)) in self.members.iter().enumerate() {
            if n > 0 {
                flat.push(',');
            }
            flat.push_str(&quoted(key));
            flat.push(':');
            flat.push_str(value);
        }
        flat.push('}');
        indented(&flat)
    }
}

/// A text as JSON.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The characters outside strings that give an object its form, with their places.
fn marks(text: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let (mut in_string, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        if in_string {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            in_string = !ends;
            return false;
        }
        in_string = *byte == b'"';
        matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
    })
}

fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for (_, mark) in marks(text) {
        match mark {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The same JSON with each member on a line of its own.
fn indented(text: &str) -> Result<String, Malformed> {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let (mut from, mut depth, mut opened) = (0, 0_usize, false);
    for (at, mark) in marks(text) {
        let between = text.get(from..at).unwrap_or_default().trim();
        from = at + 1;
        let closes = matches!(mark, b'}' | b']');
        if opened && !(closes && between.is_empty()) {
            line(&mut out, depth);
        }
        out.push_str(between);
        let is_empty = opened && between.is_empty();
        opened = matches!(mark, b'{' | b'[');
        match mark {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !is_empty {
                    line(&mut out, depth);
                }
            }
            _ => {}
        }
        out.push(char::from(mark));
        match mark {
            b',' => line(&mut out, depth),
            b':' => out.push(' '),
            _ => {}
        }
        if out.len() as u64 > MOST_BYTES {
            return Err(Malformed::Large);
        }
    }
    Ok(out)
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn members_stay_as_they_were_written() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                Object::parse(text).and_then(|object| object.to_text()).as_deref(),
                Ok(expected),
                "{text}"
            );
        };
        check("{}", "{}");
        check(" {\n} ", "{}");
        check(r#"{"b":1,"a":[ ]}"#, "{\n  \"b\": 1,\n  \"a\": []\n}");
        check(
            r#"{"n": 123456789012345678901234567890, "f": 1.50, "e": 1E5}"#,
            "{\n  \"n\": 123456789012345678901234567890,\n  \"f\": 1.50,\n  \"e\": 1E5\n}",
        );
        check(
            r#"{"a,]}": "x\"{:\\", "l": [[1, {}], {"k" : null}]}"#,
            "{\n  \"a,]}\": \"x\\\"{:\\\\\",\n  \"l\": [\n    [\n      1,\n      {}\n    ],\n    {\n      \"k\": null\n    }\n  ]\n}",
        );
        // As a Python dictionary has it: the first place, the last value.
        check(r#"{"a":1,"b":2,"a":3}"#, "{\n  \"a\": 3,\n  \"b\": 2\n}");
        check("{\"caf\\u00e9\": \"\u{e9}\"}", "{\n  \"café\": \"é\"\n}");
    }

    #[test]
    fn what_is_no_object_is_refused() {
        let check = |text: &str, expected: Malformed| {
            let found = Object::parse(text).unwrap_err();
            assert_eq!(
                std::mem::discriminant(&found),
                std::mem::discriminant(&expected),
                "{text:.40}: {found}"
            );
        };
        for text in ["", "{", "{\"a\": 1", "{\"a\": NaN}", "{} x", "{\"a\": \"\\ud800\"}", "\u{feff}{}"] {
            check(text, Malformed::Json(String::new()));
        }
        for text in ["[]", "1", "null", "\"{}\""] {
            check(text, Malformed::NoObject);
        }
        check(&format!("{{\"a\": {}{}}}", "[".repeat(DEEPEST), "]".repeat(DEEPEST)), Malformed::Deep);
        check(&"[".repeat(1_000_000), Malformed::Deep);
        let (deep, wide) = ("[".repeat(DEEPEST - 1), "0,".repeat(300_000));
        let bomb = format!("{{\"a\": {deep}{wide}0{}}}", "]".repeat(DEEPEST - 1));
        assert_eq!(Object::parse(&bomb).unwrap().to_text(), Err(Malformed::Large));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[a-z\"\\\\{}:,\\[\\]\n\u{e9}\u{0}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"{\\\\]{0,3}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_means_the_same_however_it_is_spaced(value in values()) {
            let value = serde_json::json!({ "value": value });
            let compact = Object::parse(&value.to_string()).unwrap();
            let pretty = Object::parse(&serde_json::to_string_pretty(&value).unwrap()).unwrap();
            let text = compact.to_text().unwrap();
            prop_assert_eq!(&text, &pretty.to_text().unwrap());
            prop_assert_eq!(&text, &serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(&text, &Object::parse(&text).unwrap().to_text().unwrap());
        }

        #[test]
        fn a_text_that_is_cut_off_is_never_whole(value in values(), cut in any::<prop::sample::Index>()) {
            let text = serde_json::json!({ "value": value }).to_string();
            let at = text.floor_char_boundary(cut.index(text.len()));
            prop_assert!(Object::parse(&text[..at]).is_err());
        }

        #[test]
        fn nothing_panics(text in ".{0,60}") {
            if let Ok(object) = Object::parse(&text) {
                prop_assert!(object.to_text().is_ok());
            }
        }
    }
}
