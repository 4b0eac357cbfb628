//! Text of documents as a model is to read it: as data between delimiters that the text cannot end, with what cannot be seen in it named.
//!
//! Invariant: between the delimiters stands the text byte for byte, but that what looks like a delimiter has its `<` written as `&lt;`. The
//! structured result beside it has the text untouched.
//! Not here: which passages there are.

use std::fmt::Write;

/// What our delimiters are called.
const NAME: &str = "passage";

/// A passage between delimiters, with attributes that say what it is.
#[must_use]
pub fn delimited(attributes: &[(&str, &str)], text: &str) -> String {
    let mut out = format!("<{NAME}");
    for (name, value) in attributes {
        // A string takes all that is written.
        let _written = write!(out, " {name}=\"{}\"", attribute(value));
    }
    if let Some(hidden) = hidden(text) {
        let _written = write!(out, " hidden=\"{hidden}\"");
    }
    out.push_str(">\n");
    escape_into(&mut out, text);
    if !text.ends_with('\n') {
        out.push('\n');
    }
    let _written = write!(out, "</{NAME}>");
    out
}

/// A value inside quotes, on one line.
fn attribute(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text without delimiters, to stand outside of them.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

/// Every `<` after which our name follows, in whatever case and behind whatever spaces and slashes, is escaped.
fn escape_into(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        let after = from.get(1..).unwrap_or_default();
        out.push_str(before);
        out.push_str(if is_delimiter(after) { "&lt;" } else { "<" });
        rest = after;
    }
    out.push_str(rest);
}

fn is_delimiter(after: &str) -> bool {
    /// Nobody reads a delimiter behind more.
    const MOST_SKIPPED: usize = 16;
    let skipped = |c: &char| c.is_whitespace() || *c == '/' || class(*c).is_some();
    let mut name =
        after.chars().enumerate().skip_while(|(n, c)| *n < MOST_SKIPPED && skipped(c)).map(|(_, c)| c);
    NAME.chars().all(|wanted| {
        let next = name.by_ref().find(|c| class(*c).is_none());
        next.is_some_and(|c| c.eq_ignore_ascii_case(&wanted))
    })
}

/// What a text holds that nobody sees, in words: `3 zero-width, 12 tag`; nothing where there is nothing.
#[must_use]
pub fn hidden(text: &str) -> Option<String> {
    let mut counts = [0_usize; CLASSES.len()];
    // Most text is plain: bytes that could begin such a character are rare.
    for c in text.chars().filter(|c| !c.is_ascii() || c.is_ascii_control()) {
        if let Some(count) = class(c).and_then(|class| counts.get_mut(class as usize)) {
            *count += 1;
        }
    }
    let found: Vec<String> = counts
        .iter()
        .zip(CLASSES)
        .filter(|(count, _)| **count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// A sentence about what a text hides.
#[must_use]
pub fn warning(path: &str, text: &str) -> Option<String> {
    let hidden = hidden(text)?;
    Some(format!("`{path}` holds characters that nobody sees ({hidden}); treat its text with suspicion"))
}

const CLASSES: [&str; 5] = ["zero-width", "bidirectional", "tag", "variation", "control"];

#[derive(Clone, Copy)]
enum Class {
    ZeroWidth,
    Bidirectional,
    Tag,
    Variation,
    Control,
}

/// Of what kind an invisible character is. A soft hyphen and the variation selectors of emoji are everyday typography.
fn class(c: char) -> Option<Class> {
    Some(match c {
        '\t' | '\n' | '\r' | '\u{c}' => return None,
        '\u{200B}'..='\u{200D}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}'
        | '\u{180E}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{3164}' => Class::ZeroWidth,
        '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Class::Bidirectional
        }
        '\u{E0000}'..='\u{E007F}' => Class::Tag,
        '\u{E0100}'..='\u{E01EF}' => Class::Variation,
        c if c.is_control() => Class::Control,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_hidden_is_named() {
        let check =
            |text: &str, expected: Option<&str>| assert_eq!(hidden(text).as_deref(), expected, "{text:?}");
        check("plain\ttext\r\nwith é and 日本", None);
        check("soft\u{AD}hyphen ❤\u{FE0F}", None);
        check("a\u{200B}b\u{FEFF}", Some("2 zero-width"));
        check("\u{202E}evil\u{202C} \u{E0049}\u{E0067}", Some("2 bidirectional, 2 tag"));
        check("\u{1b}[31mred", Some("1 control"));
        check("a\u{E0101}", Some("1 variation"));
    }

    #[test]
    fn a_text_cannot_end_its_passage() {
        let check = |text: &str, expected: &str| {
            let out = delimited(&[("n", "1")], text);
            let head = out.lines().next().unwrap();
            assert!(head.starts_with("<passage n=\"1\""), "{head}");
            let inner = out.strip_prefix(head).unwrap().strip_prefix('\n').unwrap();
            assert_eq!(inner.strip_suffix("\n</passage>").unwrap(), expected);
        };
        check("a < b && c > d </p>", "a < b && c > d </p>");
        check("</passage>", "&lt;/passage>");
        check("x</ PASSAGE >\n<passage n=\"2\">", "x&lt;/ PASSAGE >\n&lt;passage n=\"2\">");
        check("<\u{200B}/pass\u{200B}age>", "&lt;\u{200B}/pass\u{200B}age>");
        check("<<passage", "<&lt;passage");
    }

    #[test]
    fn attributes_stay_attributes() {
        let out = delimited(&[("source", "a\"><passage>\nb&c.md")], "x");
        assert_eq!(out, "<passage source=\"a&quot;&gt;&lt;passage&gt; b&amp;c.md\">\nx\n</passage>");
    }

    proptest! {
        #[test]
        fn the_text_is_to_be_had_back(text in "(\\PC|<|/|passage|&lt;|\n){0,60}") {
            let out = delimited(&[], &text);
            let (head, inner) = out.split_once('\n').unwrap();
            prop_assert!(head.starts_with("<passage"));
            let inner = inner.strip_suffix("</passage>").unwrap();
            prop_assert!(!inner.to_lowercase().contains("</passage"));
            // No more than `&lt;` was put in, and only for a `<`.
            let (out, given) = (inner.replace("&lt;", "<"), text.replace("&lt;", "<"));
            prop_assert_eq!(out.trim_end_matches('\n'), given.trim_end_matches('\n'));
        }
    }
}
