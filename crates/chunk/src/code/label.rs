//! What a definition is called: `impl Display for Span`, `class Foo`, `func (s *Server) Close`.

use tree_sitter::Node;

use super::skeleton::Skeleton;

/// The longest label, in characters.
const MAX_CHARS: usize = 60;

/// How the grammars call what defines something and has a body.
const SUFFIXES: [&str; 5] = ["_item", "_definition", "_declaration", "_specifier", "class"];
/// Definitions whose body is their value or type.
const OTHERS: [&str; 2] = ["variable_declarator", "type_spec"];

/// The label of a definition: its own words from its keyword to its name. Nothing for any other node.
pub(super) fn of(node: &Node<'_>, text: &str, skeleton: &Skeleton<'_>) -> Option<String> {
    let kind = node.kind();
    let body = node.child_by_field_name("body");
    let defines = OTHERS.contains(&kind) || (body.is_some() && SUFFIXES.iter().any(|suffix| kind.ends_with(suffix)));
    if !defines {
        return None;
    }
    let name = node.child_by_field_name("name");
    let end = name.or(node.child_by_field_name("declarator")).map_or_else(|| body.map(|body| body.start_byte()), |name| Some(name.end_byte()))?;
    let words = text.get(skeleton.original(first_word(node))..skeleton.original(end))?;
    // Without a name the label goes up to the body; parameters and bounds are left out.
    let words = if name.is_some() { words } else { words.split(['(', '{']).next()?.split(" where ").next()? };
    let mut label = String::new();
    for word in words.split_whitespace() {
        if !label.is_empty() {
            label.push(' ');
        }
        label.push_str(word);
    }
    let cut = label.char_indices().nth(MAX_CHARS).map_or(label.len(), |(at, _)| at);
    label.truncate(cut);
    (!label.is_empty()).then_some(label)
}

/// Where the definition begins after its modifiers and annotations.
fn first_word(node: &Node<'_>) -> usize {
    let mut cursor = node.walk();
    let is_modifier = |kind: &str| {
        ["modifier", "decorator", "annotation", "attribute", "comment", "storage_class"].iter().any(|part| kind.contains(part))
    };
    let first = node.children(&mut cursor).find(|child| !is_modifier(child.kind()));
    first.unwrap_or(*node).start_byte()
}
