//! One member of an object in a JSON file changed, with everything else in the file as it was: comments, order, spaces, trailing commas.
//!
//! Invariant: pure, linear, without recursion. What is not understood is refused, with the line, and nothing is changed.
//! Not here: what the value means.

use serde_json::Value;

/// The text with `list.name` set to a value; the list is made where there is none.
pub(super) fn set(text: &str, list: &str, name: &str, value: &Value) -> Result<String, String> {
    let plain = if text.trim().is_empty() { "{}\n" } else { text };
    let root = Object::of(plain, start(plain)?)?;
    match root.member(list) {
        None => {
            let value = serde_json::json!({ list: { name: value } });
            let member = value.as_object().and_then(|object| object.get(list)).cloned().unwrap_or_default();
            Ok(root.with(plain, list, &member, 1))
        }
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
    let root = Object::of(text, start(text)?)?;
    let Some(found) = root.member(list) else { return Ok(None) };
    let servers = Object::of(text, found.value.0)?;
    let Some(at) = servers.members.iter().position(|member| member.name == name) else { return Ok(None) };
    let (Some(member), before) =
        (servers.members.get(at), at.checked_sub(1).and_then(|at| servers.members.get(at)))
    else {
        return Ok(None);
    };
    // With the comma before it, or, of the first, with the one after.
    let range = match (before, servers.members.get(at + 1)) {
        (Some(before), _) => (before.value.1, member.value.1),
        (None, Some(after)) => (member.start, after.start),
        (None, None) => (servers.open + 1, servers.close),
    };
    Ok(Some(replaced(text, range, "")))
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
                Some(b',') => position += 1,
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
                    members.push(Member { name, start: position, value: (begins, ends) });
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
    fn with(&self, text: &str, name: &str, value: &Value, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let member = format!("{}: {}", Value::from(name), written(value, depth));
        match self.members.last() {
            Some(last) => {
                let own = indent_of(text, last.start).unwrap_or(&indent);
                replaced(text, (last.value.1, last.value.1), &format!(",\n{own}{member}"))
            }
            None => {
                let outer = "  ".repeat(depth.saturating_sub(1));
                let kept = text.get(self.open + 1..self.close).unwrap_or_default().trim_end();
                replaced(text, (self.open + 1, self.close), &format!("{kept}\n{indent}{member}\n{outer}"))
            }
        }
    }
}

/// The spaces before something, if nothing else stands before it on its line.
fn indent_of(text: &str, at: usize) -> Option<&str> {
    let line = text.get(..at)?.rsplit('\n').next()?;
    line.trim().is_empty().then_some(line)
}

/// A value over several lines, inside of an object at that depth.
fn written(value: &Value, depth: usize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.replace('\n', &format!("\n{}", "  ".repeat(depth)))
}

fn replaced(text: &str, (start, end): (usize, usize), by: &str) -> String {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    format!("{before}{by}{after}")
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
            "{ // mine\n\t\"servers\": {\n\t\t\"y\": {},\n\t\t\"x\": {\n      \"command\": \"c\"\n    }, // the other\n\t}\n}",
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
        ] {
            assert!(set_x(text).is_err(), "{text} was taken");
        }
    }
}
