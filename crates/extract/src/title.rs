//! Titles that a file gives itself in a field, found without parsing the file.
//!
//! Invariant: looks at the beginning only; a title far into a large file is not worth reading the file twice.

/// How far into a file its title is looked for.
const TITLE_BYTES: usize = 64 * 1024;
/// The longest title that is kept, in characters; what is longer is a paragraph.
const MAX_CHARS: usize = 200;

/// A top-level string `title`, else `name`, of a JSON object.
pub(crate) fn of_json(text: &str) -> Option<String> {
    let text = beginning(text);
    if !text.starts_with('{') {
        return None;
    }
    let (mut at, mut depth, mut name) = (0, 0_usize, None);
    while let Some(found) = text[at..].find(['"', '{', '[', '}', ']']) {
        at += found;
        match text.as_bytes()[at] {
            b'"' => {
                let Some(end) = string_end(text, at) else { break };
                match (depth, &text[at + 1..end - 1]) {
                    (1, "title") => match string_value(&text[end..]) {
                        None => {}
                        title => return title,
                    },
                    (1, "name") if name.is_none() => name = string_value(&text[end..]),
                    _ => {}
                }
                at = end;
            }
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            _ => (at, depth) = (at + 1, depth.saturating_sub(1)),
        }
    }
    name
}

/// A top-level plain or quoted scalar `title`, else `name`, of the first YAML document.
pub(crate) fn of_yaml(text: &str) -> Option<String> {
    let text = beginning(text);
    let text = text.strip_prefix("---").unwrap_or(text);
    first_of(text.lines().take_while(|line| !line.starts_with("---")), ':', |line| {
        yaml_scalar(line.split_once(':')?.1)
    })
}

/// A string `title`, else `name`, before the first table of a TOML document.
pub(crate) fn of_toml(text: &str) -> Option<String> {
    let lines = beginning(text).lines().take_while(|line| !line.starts_with('['));
    // One line of a key with its value is a TOML document of its own.
    first_of(lines, '=', |line| {
        line.parse::<toml::Table>().ok()?.into_iter().next()?.1.as_str().and_then(tidy)
    })
}

/// A title with one space between its words, cut to a length a title may have; nothing when no words are left.
#[must_use]
pub fn tidy(title: &str) -> Option<String> {
    let mut out = String::new();
    for word in title.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    let end = out.char_indices().nth(MAX_CHARS).map_or(out.len(), |(at, _)| at);
    out.truncate(end);
    (!out.is_empty()).then_some(out)
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(TITLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_start_matches('\u{feff}').trim_start()
}

fn first_of<'a>(
    lines: impl Iterator<Item = &'a str>,
    sign: char,
    value: impl Fn(&str) -> Option<String>,
) -> Option<String> {
    let mut name = None;
    for line in lines {
        match line.split_once(sign).map(|(key, _)| key.trim_end()) {
            Some("title") => {
                if let Some(title) = value(line) {
                    return Some(title);
                }
            }
            Some("name") if name.is_none() => name = value(line),
            _ => {}
        }
    }
    name
}

fn yaml_scalar(value: &str) -> Option<String> {
    let value = value.trim();
    match value.chars().next()? {
        '"' => string_end(value, 0)
            .and_then(|end| serde_json::from_str::<String>(&value[..end]).ok())
            .as_deref()
            .and_then(tidy),
        '\'' => tidy(&value[1..].rsplit_once('\'')?.0.replace("''", "'")),
        '|' | '>' | '{' | '[' | '&' | '*' | '!' | '#' => None,
        _ => tidy(value.split(" #").next().unwrap_or(value)),
    }
}

fn string_value(rest: &str) -> Option<String> {
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    if !value.starts_with('"') {
        return None;
    }
    serde_json::from_str::<String>(&value[..string_end(value, 0)?]).ok().as_deref().and_then(tidy)
}

/// One past the closing quote of the string that opens at `start`.
fn string_end(text: &str, start: usize) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(find: fn(&str) -> Option<String>, text: &str, expected: Option<&str>) {
        assert_eq!(find(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn json() {
        check(of_json, r#"{"a": {"title": "no"}, "name": "n", "title": "A \"b\"\u00e9"}"#, Some("A \"b\"é"));
        check(of_json, r#" {"x": ["title"], "name": "n"}"#, Some("n"));
        check(of_json, r#"{"title": 3, "name": "n"}"#, Some("n"));
        check(of_json, r#"[{"title": "no"}]"#, None);
        check(of_json, r#"{"name": "n", "x": "unclosed"#, Some("n"));
        check(of_json, r#"{"title"#, None);
        check(of_json, "", None);
    }

    #[test]
    fn yaml() {
        check(of_yaml, "---\nname: n\ntitle: 'it''s' # c\n", Some("it's"));
        check(of_yaml, "title: \"a\\tb\"\n", Some("a b"));
        check(of_yaml, "a:\n  title: no\ntitle: >\n  folded\nname: plain text # note\n", Some("plain text"));
        check(of_yaml, "a: 1\n---\ntitle: second\n", None);
    }

    #[test]
    fn toml() {
        check(of_toml, "name = \"n\"\ntitle = 'T' # c\n[x]\n", Some("T"));
        check(of_toml, "[package]\nname = \"n\"\n", None);
        check(of_toml, "title = 1\nname = \"n\"\n", Some("n"));
    }
}
