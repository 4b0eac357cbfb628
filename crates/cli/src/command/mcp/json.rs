//! One member of an object in a JSON file changed, with everything else in the file as it was: comments, order, spaces, trailing commas.
//!
//! Invariant: pure and linear. What is not JSON, comments and a comma after the last member aside, is refused with its line.
//! Not here: what the value means.

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;

/// The text with `list.name` set to a value; the list is made where there is none.
pub(super) fn set(text: &str, list: &str, name: &str, value: &impl Serialize) -> Result<String, String> {
    let plain = if text.trim().is_empty() { "{}\n" } else { text };
    refuse_broken(plain)?;
    let root = Object::of(plain, start(plain)?)?;
    match root.member(list) {
        None => Ok(root.with(plain, list, &BTreeMap::from([(name, value)]), 1)),
        Some(found) => {
            let servers = Object::of(plain, found.value.0)?;
            match servers.member(name) {
                Some(found) => Ok(replaced(plain, found.value, &written(value, 2))),
                None => Ok(servers.with(plain, name, value, 2)),
            }
        }
    }
}

/// The text without `list.name`; `None` where it has none.
pub(super) fn remove(text: &str, list: &str, name: &str) -> Result<Option<String>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    refuse_broken(text)?;
    let root = Object::of(text, start(text)?)?;
    let Some(found) = root.member(list) else { return Ok(None) };
    let servers = Object::of(text, found.value.0)?;
    let Some(at) = servers.members.iter().position(|member| member.name == name) else { return Ok(None) };
    let (Some(member), before) =
        (servers.members.get(at), at.checked_sub(1).and_then(|at| servers.members.get(at)))
    else {
        return Ok(None);
    };
    let end = member.end();
    Ok(Some(match (before, member.comma, servers.members.get(at + 1)) {
        // As the last one it leaves no comma that was not there without it.
        (Some(before), None, _) => {
            let comma = before.comma.unwrap_or(before.value.1);
            replaced(&replaced(text, (line_end(text, comma + 1), end), ""), (comma, comma + 1), "")
        }
        (Some(before), Some(_), _) => replaced(text, (line_end(text, before.end()), end), ""),
        (None, _, Some(after)) => replaced(text, (member.start, after.start), ""),
        (None, _, None) => replaced(text, (servers.open + 1, servers.close), ""),
    }))
}

/// Where an object's members are.
#[derive(Debug)]
struct Object {
    open: usize,
    close: usize,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    name: String,
    start: usize,
    value: (usize, usize),
    /// The comma after it.
    comma: Option<usize>,
}

impl Member {
    /// Where it ends, with its comma.
    fn end(&self) -> usize {
        self.comma.map_or(self.value.1, |comma| comma + 1)
    }
}

impl Object {
    /// The object that begins there.
    fn of(text: &str, open: usize) -> Result<Self, String> {
        if text.as_bytes().get(open) != Some(&b'{') {
            return Err(at(text, open, "an object was expected"));
        }
        let mut members: Vec<Member> = Vec::new();
        let mut position = open + 1;
        loop {
            position = skip_space(text, position)?;
            match text.as_bytes().get(position) {
                Some(b'}') => return Ok(Self { open, close: position, members }),
                Some(b',') => {
                    if let Some(last) = members.last_mut() {
                        last.comma.get_or_insert(position);
                    }
                    position += 1;
                }
                Some(b'"') => {
                    let end = string_end(text, position)?;
                    let quoted = text.get(position..end).unwrap_or_default();
                    let name = serde_json::from_str(quoted)
                        .map_err(|_| at(text, position, "a name is not understood"))?;
                    let colon = skip_space(text, end)?;
                    if text.as_bytes().get(colon) != Some(&b':') {
                        return Err(at(text, colon, "`:` was expected"));
                    }
                    let begins = skip_space(text, colon + 1)?;
                    let ends = value_end(text, begins)?;
                    members.push(Member { name, start: position, value: (begins, ends), comma: None });
                    position = ends;
                }
                _ => return Err(at(text, position, "a name was expected")),
            }
        }
    }

    fn member(&self, name: &str) -> Option<&Member> {
        // Of several of one name the last counts, as for most readers.
        self.members.iter().rev().find(|member| member.name == name)
    }

    /// The text with one more member at the end.
    fn with(&self, text: &str, name: &str, value: &impl Serialize, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let member = format!("{}: {}", Value::from(name), written(value, depth));
        match self.members.last() {
            Some(last) => {
                let own = indent_of(text, last.start).unwrap_or(&indent);
                // After what is said of the last one in its line, and with a comma if that one has one.
                let (at, end) = (line_end(text, last.end()), last.value.1);
                let comma = if last.comma.is_some() { "," } else { "" };
                let put = replaced(text, (at, at), &format!("\n{own}{member}{comma}"));
                if last.comma.is_some() { put } else { replaced(&put, (end, end), ",") }
            }
            None => {
                let outer = "  ".repeat(depth.saturating_sub(1));
                let kept = text.get(self.open + 1..self.close).unwrap_or_default().trim_end();
                replaced(text, (self.open + 1, self.close), &format!("{kept}\n{indent}{member}\n{outer}"))
            }
        }
    }
}

/// Where the line ends in which something ended, if nothing but a comment comes after it there; else where it ended.
fn line_end(text: &str, at: usize) -> usize {
    let line = text.get(at..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let rest = line.trim_start();
    let is_comment = rest.starts_with("//")
        || (rest.starts_with("/*") && rest.find("*/") == Some(rest.len().saturating_sub(2)));
    if rest.is_empty() || is_comment { at + line.len() } else { at }
}

/// The spaces before something, if nothing else stands before it on its line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let line = text.get(..at)?.rsplit('\n').next()?;
    line.trim().is_empty().then_some(line)
}

/// A value over several lines, inside of an object at that depth.
fn written(value: &impl Serialize, depth: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', &format!("\n{}", "  ".repeat(depth)))
}

fn replaced(text: &str, (start, end): (usize, usize), by: &str) -> String {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    format!("{before}{by}{after}")
}

/// Refuses what the agent itself would not read.
fn refuse_broken(text: &str) -> Result<(), String> {
    serde_json::from_str::<IgnoredAny>(&strict(text)?).map(drop).map_err(|error| {
        let told = error.to_string();
        let what = told.split(" at line ").next().unwrap_or(&told);
        format!("it is no JSON: {what} in line {}", error.line())
    })
}

/// The text line by line without what JSON itself has not: comments, a comma after the last member, a byte order mark.
fn strict(text: &str) -> Result<String, String> {
    let mut strict = String::with_capacity(text.len());
    let mut position = text.strip_prefix('\u{FEFF}').map_or(0, |rest| text.len() - rest.len());
    let mut follows_member = false;
    loop {
        let next = skip_space(text, position)?;
        let skipped = text.get(position..next).unwrap_or_default();
        strict.extend(skipped.chars().map(|c| if c == '\n' { c } else { ' ' }));
        let Some(first) = text.get(next..).and_then(|rest| rest.chars().next()) else { return Ok(strict) };
        position = if first == '"' { string_end(text, next)? } else { next + first.len_utf8() };
        let after = skip_space(text, position)?;
        let is_last = matches!(text.as_bytes().get(after), Some(b'}' | b']'));
        if first != ',' || !is_last || !follows_member {
            strict.push_str(text.get(next..position).unwrap_or_default());
        }
        follows_member = !matches!(first, '{' | '[' | ',' | ':');
    }
}

fn start(text: &str) -> Result<usize, String> {
    let mark = '\u{FEFF}'.len_utf8();
    skip_space(text, if text.starts_with('\u{FEFF}') { mark } else { 0 })
}

/// What comes after white space and comments.
fn skip_space(text: &str, mut position: usize) -> Result<usize, String> {
    loop {
        let rest = text.get(position..).unwrap_or_default();
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        position += rest.len() - trimmed.len();
        if trimmed.starts_with("//") {
            position += trimmed.find('\n').unwrap_or(trimmed.len());
        } else if trimmed.starts_with("/*") {
            let end = trimmed.find("*/").ok_or_else(|| at(text, position, "a comment does not end"))?;
            position += end + 2;
        } else {
            return Ok(position);
        }
    }
}

fn string_end(text: &str, start: usize) -> Result<usize, String> {
    let mut escaped = false;
    for (offset, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Ok(offset + 1),
            _ => {}
        }
    }
    Err(at(text, start, "a string does not end"))
}

/// Where a value ends: brackets are counted, whatever is between them.
fn value_end(text: &str, start: usize) -> Result<usize, String> {
    let (mut position, mut depth) = (start, 0_usize);
    loop {
        position = skip_space(text, position)?;
        match text.as_bytes().get(position) {
            None => return Err(at(text, start, "a value does not end")),
            Some(b'"') => position = string_end(text, position)?,
            Some(b'{' | b'[') => {
                depth += 1;
                position += 1;
            }
            Some(b'}' | b']') if depth == 0 => return Err(at(text, position, "a value was expected")),
            Some(b'}' | b']') => {
                depth -= 1;
                position += 1;
            }
            Some(b',' | b':') if depth > 0 => position += 1,
            Some(b',' | b':') => return Err(at(text, position, "a value was expected")),
            Some(_) => {
                let rest = text.get(position..).unwrap_or_default();
                let word = rest
                    .find([',', ':', '}', ']', '{', '[', '"', '/', ' ', '\t', '\r', '\n'])
                    .unwrap_or(rest.len());
                if word == 0 {
                    return Err(at(text, position, "this is not understood"));
                }
                position += word;
            }
        }
        if depth == 0 {
            return Ok(position);
        }
    }
}

fn at(text: &str, position: usize, what: &str) -> String {
    let line = text.get(..position).unwrap_or(text).matches('\n').count() + 1;
    format!("{what} in line {line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn set_x(text: &str) -> Result<String, String> {
        set(text, "servers", "x", &json!({"command": "c"}))
    }

    #[test]
    fn a_member_is_put_where_it_belongs() {
        let check = |text: &str, expected: &str| assert_eq!(set_x(text).as_deref(), Ok(expected), "{text}");
        let entry = "\"x\": {\n      \"command\": \"c\"\n    }";
        check("", &format!("{{\n  \"servers\": {{\n    {entry}\n  }}\n}}\n"));
        check("{}", &format!("{{\n  \"servers\": {{\n    {entry}\n  }}\n}}"));
        check("{\n  \"a\": 1\n}\n", &format!("{{\n  \"a\": 1,\n  \"servers\": {{\n    {entry}\n  }}\n}}\n"));
        check(
            "{ // mine\n\t\"servers\": {\n\t\t\"y\": {}, // the other\n\t}\n}",
            "{ // mine\n\t\"servers\": {\n\t\t\"y\": {}, // the other\n\t\t\"x\": {\n      \"command\": \"c\"\n    },\n\t}\n}",
        );
        check(
            "{\"servers\": {\"x\": [1, {\"}\": 2}], \"z\": 3}}",
            "{\"servers\": {\"x\": {\n      \"command\": \"c\"\n    }, \"z\": 3}}",
        );
    }

    #[test]
    fn a_member_is_taken_away() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(remove(text, "servers", "x").as_ref().map(Option::as_deref), Ok(expected), "{text}");
        };
        check("", None);
        check("{}", None);
        check("{\"servers\": {\"y\": 1}}", None);
        check("{\"servers\": {\"x\": 1}}", Some("{\"servers\": {}}"));
        check("{\"servers\": {\"x\": 1, \"y\": 2}}", Some("{\"servers\": {\"y\": 2}}"));
        check("{\"servers\": {\"y\": 1, \"x\": {\"a\": [\"}\"]}}}", Some("{\"servers\": {\"y\": 1}}"));
        check(
            "{\"servers\": {\"y\": 1, /* no */ \"x\": 2, \"z\": 3}}",
            Some("{\"servers\": {\"y\": 1, \"z\": 3}}"),
        );
    }

    #[test]
    fn what_is_put_can_be_taken_away_again() {
        for text in [
            "{\"servers\": {\"y\": 1}}",
            "{\n  \"a\": [1, 2],\n  \"servers\": {\n    \"y\": {\"b\": null}\n  }\n}\n",
            "{\n  \"servers\": {\n    \"y\": 1 // the other\n  }\n}\n",
            "{\n  \"servers\": {\n    \"y\": 1, /* the other */\n  },\n}\n",
            "{\r\n  \"servers\": {\r\n    \"y\": 1, \"z\": 2\r\n  }\r\n}\r\n",
        ] {
            let put = set_x(text).unwrap();
            assert_eq!(set_x(&put).as_ref(), Ok(&put));
            assert_eq!(remove(&put, "servers", "x"), Ok(Some(text.to_owned())));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            "[]",
            "{",
            "{\"servers\": 3}",
            "{\"servers\"",
            "{\"a\": }",
            "{\"a: 1}",
            "{a: 1}",
            "{/* \"a\": 1}",
            "nothing",
            "{\"a\": 1 2]",
            "{\"servers\": {\"y\": oops}}",
            "{\"servers\": {\"y\" 1}}",
            "{\"servers\": {}} more",
            "{\"a\": 1,, \"b\": 2}",
            "{\"a\": 1}}",
            "{\"a\": 'b'}",
            "{,}",
            "{\"a\": [,]}",
        ] {
            assert!(set_x(text).is_err(), "{text} was taken");
        }
        let told = set_x("{\n  // mine\n  \"a\": 1\n  \"b\": 2\n}").unwrap_err();
        assert_eq!(told, "it is no JSON: expected `,` or `}` in line 4");
    }

    #[test]
    fn what_only_json_with_comments_has_is_taken() {
        for text in ["\u{FEFF}{}", "{\"a\": [1, 2,],}", "// \"\n{/* } */}", "{\"a\": \"// no comment, }\"}"] {
            let put = set_x(text).unwrap();
            assert!(put.contains("\"x\""), "{put}");
            assert!(remove(&put, "servers", "x").unwrap().is_some(), "{put}");
        }
    }

    /// Settings as somebody may have written them: members with any values, on one line or on lines of their own, with comments.
    fn settings() -> impl Strategy<Value = String> {
        let leaf =
            prop_oneof![any::<bool>().prop_map(Value::from), any::<i32>().prop_map(Value::from), text()];
        let value = leaf.prop_recursive(3, 16, 4, |inner| {
            let list = prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
            let object = prop::collection::btree_map("[a-d]", inner, 0..4);
            prop_oneof![list, object.prop_map(Value::from_iter)]
        });
        let servers = prop::collection::btree_map("[a-w]{1,3}", value, 1..4);
        (servers, any::<[bool; 4]>()).prop_map(|(servers, [lines, pretty, remarks, comma])| {
            let member = |(name, value): (String, Value)| {
                let value = if pretty { format!("{value:#}") } else { value.to_string() };
                format!("{}: {value}", Value::from(name))
            };
            let members: Vec<String> = servers.into_iter().map(member).collect();
            let between = match (lines, remarks) {
                (true, true) => ", // \"}, /* \n    ",
                (true, false) => ",\n    ",
                (false, true) => ", /* // \" */ ",
                (false, false) => ",",
            };
            let end = if comma { "," } else { "" };
            format!("{{\n  \"first\": 1,\n  \"servers\": {{\n    {}{end}\n  }}\n}}\n", members.join(between))
        })
    }

    fn text() -> impl Strategy<Value = Value> {
        "[a-z/*{}\\[\\],:\"\\\\ ]{0,8}".prop_map(Value::from)
    }

    proptest! {
        #[test]
        fn whatever_else_is_there_stays(settings in settings()) {
            let read = |text: &str| serde_json::from_str::<Value>(&strict(text).unwrap()).unwrap();
            let put = set_x(&settings).unwrap();
            let mut expected = read(&settings);
            expected["servers"]["x"] = json!({"command": "c"});
            prop_assert_eq!(read(&put), expected);
            prop_assert_eq!(set_x(&put).unwrap(), &put[..]);
            prop_assert_eq!(remove(&put, "servers", "x").unwrap().unwrap(), settings);
        }

        #[test]
        fn what_comes_out_is_json_or_nothing_does(text in "\\{[ax{}\\[\\]:,\"/* \n1]{0,24}\\}") {
            if let Ok(put) = set_x(&text) {
                prop_assert!(refuse_broken(&put).is_ok(), "{}", put);
            }
        }
    }
}
