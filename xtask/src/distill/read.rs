//! Files to paragraphs.
//!
//! Invariant: a paragraph is plain text without markup of its format, as a reader or an extractor would give it.
//! Not here: which paragraphs go together.

use serde::Deserialize;
use serde_json::Value;

/// How a source's files are read.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reader {
    /// Paragraphs between blank lines, kept as they are: prose, light markup, source code.
    Text,
    /// Prose with lines broken at a fixed width: as [`Self::Text`], with each paragraph on one line.
    Prose,
    /// Prose in records with lines of nothing but `%` between them.
    Records,
    /// Templates of gettext: the messages in the language that they were written in.
    Messages,
    /// Source code in Python, of which the texts in three double quotes count.
    Docstrings,
    /// Jupyter notebooks, of which the cells with text count.
    Notebook,
    /// HTML or XML of which the text between block elements counts.
    Markup,
    /// JSON of which long strings count, as [`Self::Markup`].
    Strings,
    /// Entries of the WordNet database: words and what they mean.
    Wordnet,
}

/// Strings in JSON that are shorter are names, not text.
const MIN_STRING: usize = 60;

impl Reader {
    pub(super) fn paragraphs(self, text: &str) -> Vec<String> {
        match self {
            Self::Text => text_paragraphs(text),
            Self::Prose => prose_paragraphs(text),
            Self::Records => {
                let records = text.split('\n').collect::<Vec<_>>();
                let records = records.split(|line| is_separator(line));
                records.flat_map(|lines| prose_paragraphs(&lines.join("\n"))).collect()
            }
            Self::Messages => messages(text),
            Self::Docstrings => {
                let strings = text.split("\"\"\"").skip(1).step_by(2);
                strings.flat_map(text_paragraphs).map(|text| unindented(&text)).collect()
            }
            Self::Notebook => notebook_paragraphs(text),
            Self::Markup => markup_paragraphs(text),
            Self::Strings => {
                let mut out = Vec::new();
                if let Ok(value) = serde_json::from_str(text) {
                    strings(&value, &mut out);
                }
                out
            }
            Self::Wordnet => text.lines().filter_map(wordnet_entry).collect(),
        }
    }
}

fn text_paragraphs(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for line in text.lines() {
        let line = line.trim_end();
        match out.last_mut() {
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push('\n');
                }
                last.push_str(line);
            }
            Some(last) if !last.is_empty() => out.push(String::new()),
            _ => {}
        }
    }
    out.retain(|paragraph| !paragraph.is_empty());
    out
}

fn prose_paragraphs(text: &str) -> Vec<String> {
    let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    text_paragraphs(text).iter().map(one_line).collect()
}

fn is_separator(line: &str) -> bool {
    let line = line.trim_end();
    !line.is_empty() && line.chars().all(|c| c == '%')
}

fn unindented(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
}

/// The strings after `msgid` and `msgid_plural`, each of which may go on over lines. The first is empty: it is the header's.
fn messages(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        let begins = line.strip_prefix("msgid ").or_else(|| line.strip_prefix("msgid_plural "));
        if begins.is_some() {
            out.push(String::new());
        }
        inside = begins.is_some() || (inside && line.starts_with('"'));
        if let (true, Some(last)) = (inside, out.last_mut()) {
            quoted(begins.unwrap_or(line)).into_iter().for_each(|part| last.push_str(&part));
        }
    }
    out.iter().flat_map(|message| prose_paragraphs(message)).collect()
}

/// What stands between pairs of quotes on a line, with the usual escapes resolved. A quote that is not closed is none.
fn quoted(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some((string, after)) = rest.split_once('"').and_then(|(_, after)| closed(after)) {
        out.push(string);
        rest = after;
    }
    out
}

/// A string up to its closing quote, and what follows.
fn closed(text: &str) -> Option<(String, &str)> {
    let mut string = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some((string, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => string.push('\n'),
                't' => string.push(' '),
                other => string.push(other),
            },
            other => string.push(other),
        }
    }
    None
}

/// The cells of kind `markdown`. Code and what it printed are left out: images among it look like letters.
fn notebook_paragraphs(text: &str) -> Vec<String> {
    let Ok(notebook) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let cells = notebook.get("cells").and_then(Value::as_array).into_iter().flatten();
    let of_text = cells.filter(|cell| cell.get("cell_type").and_then(Value::as_str) == Some("markdown"));
    of_text
        .filter_map(|cell| match cell.get("source")? {
            Value::String(source) => Some(source.clone()),
            // Lines that keep their line ends.
            Value::Array(lines) => Some(lines.iter().filter_map(Value::as_str).collect()),
            _ => None,
        })
        .flat_map(|source| text_paragraphs(&source))
        .collect()
}

fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= MIN_STRING => out.extend(markup_paragraphs(text)),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, out)),
        _ => {}
    }
}

/// `lost, missing: no longer in your possession or control; "..."`, from a line of a data file: offset, file, kind, number of words
/// in hexadecimal, the words each with a number, pointers, a bar, the gloss.
fn wordnet_entry(line: &str) -> Option<String> {
    let (data, gloss) = line.split_once(" | ")?;
    let mut fields = data.split(' ');
    let n_words = usize::from_str_radix(fields.nth(3)?, 16).ok()?;
    let words: Vec<String> = fields.step_by(2).take(n_words).map(|word| word.replace('_', " ")).collect();
    (words.len() == n_words).then(|| format!("{}: {}", words.join(", "), gloss.trim()))
}

/// Elements whose content is no text for readers.
const SKIPPED: [&str; 7] = ["script", "style", "head", "nav", "footer", "svg", "button"];
/// Elements within a line of text.
const INLINE: [&str; 21] = [
    "a", "abbr", "acronym", "b", "cite", "code", "dfn", "em", "font", "i", "kbd", "q", "samp", "small",
    "span", "strong", "sub", "sup", "tt", "u", "var",
];

/// The text between block elements. Good enough for documentation: nobody reads the result.
fn markup_paragraphs(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut rest = text;
    let mut skipping: Option<&str> = None;
    while let Some(open) = rest.find('<') {
        if skipping.is_none() {
            push_text(&mut out, &rest[..open]);
        }
        rest = &rest[open..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            continue;
        }
        let (tag, after) = rest[1..].split_once('>').unwrap_or(("", ""));
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_lowercase();
        match skipping {
            Some(until) if closing && name == until => skipping = None,
            None if !closing && !tag.ends_with('/') => {
                skipping = SKIPPED.into_iter().find(|skipped| **skipped == *name)
            }
            _ => {}
        }
        if !INLINE.contains(&&*name) {
            out.push(String::new());
        }
        rest = after;
    }
    push_text(&mut out, rest);
    out.iter()
        .map(|paragraph| paragraph.trim().to_owned())
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

/// Adds running text with white space made single and the common entities resolved.
fn push_text(out: &mut [String], text: &str) {
    let Some(last) = out.last_mut() else { return };
    let text = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&#8217;", "'"),
        ("&mdash;", "-"),
        ("&para;", ""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    for c in text.chars().filter(|&c| c != '¶') {
        let space = c.is_whitespace();
        if !space {
            last.push(c);
        } else if !last.ends_with(' ') {
            last.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers() {
        let check =
            |reader: Reader, text: &str, expected: &[&str]| assert_eq!(reader.paragraphs(text), expected);
        check(Reader::Text, "\n\na\n  b  \n\n\nc", &["a\n  b", "c"]);
        check(
            Reader::Markup,
            "<head><title>x</title></head><p>One <b>two</b>\n three &amp; &lt;four&gt;</p><!-- < --><script>no</script><li>five<li>six",
            &["One two three & <four>", "five", "six"],
        );
        check(Reader::Prose, "One\n  two\n three.\n\n\n Four.\n", &["One two three.", "Four."]);
        check(
            Reader::Records,
            "Why?\n\t-- A.\n%%%\nOne\ntwo.\n\nThree 5%\n%\n",
            &["Why? -- A.", "One two.", "Three 5%"],
        );
        check(
            Reader::Messages,
            "# c\nmsgid \"\"\nmsgstr \"\"\n\"Language: en\\n\"\n\n#: a.c:1\nmsgid \"Who \"\n\"said \\\"no\\\"?\"\nmsgstr \"x\"\n\
             msgid \"One file\"\nmsgid_plural \"%d files\"\nmsgstr[0] \"\"",
            &["Who said \"no\"?", "One file", "%d files"],
        );
        check(
            Reader::Docstrings,
            "def a():\n    \"\"\"One.\n\n    Two\n      three.\n    \"\"\"\n    b()\n",
            &["One.", "Two\nthree."],
        );
        check(
            Reader::Notebook,
            r##"{"cells":[{"cell_type":"markdown","source":["# A\n","b\n","\n","c"]},{"cell_type":"code","source":"x"},
                {"cell_type":"markdown","source":"d"},{"cell_type":"markdown"}]}"##,
            &["# A\nb", "c", "d"],
        );
        check(Reader::Notebook, "{}", &[]);
        let long = "w ".repeat(40);
        check(Reader::Strings, &format!(r#"{{"a":["{long}","short"],"b":1}}"#), &[long.trim()]);
        check(
            Reader::Wordnet,
            "00001740 03 n 02 entity 0 living_thing 1 001 ~ 00001930 n 0000 | that which is; \"x\"  \n  1 licence text",
            &["entity, living thing: that which is; \"x\""],
        );
        check(Reader::Markup, "<", &[]);
    }
}
