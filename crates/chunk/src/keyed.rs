//! YAML and TOML: a section for each top-level key or table.

use crate::measure::Measure;
use crate::outline::Outline;
use crate::unit::{Cut, Unit};

/// The units of the text, by the lines that `title_of` finds a title in. Comments and decorations before such a line go with it.
pub(crate) fn units(
    text: &str,
    measure: &Measure<'_>,
    outline: &mut Outline,
    title_of: fn(&str) -> Option<&str>,
) -> Vec<Unit> {
    let mut units = vec![Unit::new(0, text.len(), Outline::ROOT, Cut::Indent)];
    let (mut at, mut lead) = (0, None);
    for line in text.split_inclusive('\n') {
        if let Some(title) = title_of(line.trim_end()) {
            let start = lead.take().unwrap_or(at);
            if let Some(last) = units.last_mut() {
                last.end = start;
            }
            let section = outline.add(Outline::ROOT, title, measure);
            units.push(Unit::new(start, text.len(), section, Cut::Indent));
        } else if line.starts_with('#') {
            lead = lead.or(Some(at));
        } else {
            lead = None;
        }
        at += line.len();
    }
    units
}

/// `key` of a line `key: ...` that is not indented.
pub(crate) fn yaml_key(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.starts_with([' ', '\t', '#', '-', '?', '{', '[', '|', '>', '%', '&', '*', '!'])
        && (value.is_empty() || value.starts_with(' '));
    let key = key.trim_matches(['"', '\'', ' ']);
    (is_key && !key.is_empty()).then_some(key)
}

/// `table` of a line `[table]` or `[[table]]`.
pub(crate) fn toml_table(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let inner = line.strip_prefix('[')?.strip_suffix(']')?;
    let inner = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(inner).trim();
    (!inner.is_empty()).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tables() {
        assert_eq!(
            ["a: 1", "'b c':", "- d: 1", " e: 1", "http://x", "# f: 1"].map(yaml_key),
            [Some("a"), Some("b c"), None, None, None, None]
        );
        assert_eq!(
            ["[a.b]", "[[c]] # d", "e = [1]", "[", "[]"].map(toml_table),
            [Some("a.b"), Some("c"), None, None, None]
        );
    }
}
