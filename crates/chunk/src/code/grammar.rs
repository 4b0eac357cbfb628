//! Parsers, one per language and thread.

use std::cell::RefCell;
use std::ops::ControlFlow;

use corpus::Language;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

/// The longest text that is parsed.
const MAX_BYTES: usize = 1 << 20;
/// How often a parse may report progress, for each byte and at least. The parser reports every 100 steps; ordinary code takes one step a
/// byte and the worst in a large collection four. A limit in time would make the chunks depend on the machine.
const REPORTS_PER_BYTE: f64 = 0.12;
const MIN_REPORTS: u64 = 200;

/// The tree of `text`, with errors where it is wrong. `None` when there is no grammar for the language or the parse takes too much work.
pub(super) fn parse(language: Language, text: &str) -> Option<Tree> {
    thread_local! {
        static PARSERS: RefCell<Vec<(Language, Parser)>> = const { RefCell::new(Vec::new()) };
    }
    if text.len() > MAX_BYTES {
        return None;
    }
    PARSERS.with_borrow_mut(|parsers| {
        let index = match parsers.iter().position(|(known, _)| *known == language) {
            Some(index) => index,
            None => {
                parsers.push((language, new_parser(language)?));
                parsers.len() - 1
            }
        };
        let (_, parser) = parsers.get_mut(index)?;
        parse_with(parser, text)
    })
}

fn parse_with(parser: &mut Parser, text: &str) -> Option<Tree> {
    let mut left = MIN_REPORTS + (text.len() as f64 * REPORTS_PER_BYTE) as u64;
    let mut report = |_: &ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut report);
    let tree = parser.parse_with_options(&mut |at, _| text.as_bytes().get(at..).unwrap_or_default(), None, Some(options));
    if tree.is_none() {
        parser.reset();
    }
    tree
}

fn new_parser(language: Language) -> Option<Parser> {
    let grammar: tree_sitter::Language = match language {
        Language::Rust => tree_sitter_rust::LANGUAGE.into(),
        Language::Python => tree_sitter_python::LANGUAGE.into(),
        Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
        Language::Go => tree_sitter_go::LANGUAGE.into(),
        Language::Java => tree_sitter_java::LANGUAGE.into(),
        Language::C => tree_sitter_c::LANGUAGE.into(),
        Language::Cpp => tree_sitter_cpp::LANGUAGE.into(),
        _ => return None,
    };
    let mut parser = Parser::new();
    parser.set_language(&grammar).ok()?;
    Some(parser)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_loads_and_parses_its_language() {
        for (language, text) in [
            (Language::Rust, "fn main() {}"),
            (Language::Python, "def f():\n    pass\n"),
            (Language::JavaScript, "const f = () => 1;"),
            (Language::TypeScript, "let a: number = 1;"),
            (Language::Tsx, "const a = <b>c</b>;"),
            (Language::Go, "package main\nfunc main() {}\n"),
            (Language::Java, "class A { void f() {} }"),
            (Language::C, "int main(void) { return 0; }"),
            (Language::Cpp, "namespace a { class B {}; }"),
        ] {
            let tree = parse(language, text).unwrap();
            assert!(!tree.root_node().has_error(), "{language:?}");
        }
        assert!(parse(Language::Other, "x").is_none());
    }

    #[test]
    fn too_much_work_is_given_up_and_the_parser_still_works() {
        // Every bracket may open several things, and none is ever closed.
        let text = "<a b={(".repeat(60_000);
        let given_up = parse(Language::Tsx, &text).is_none();
        let again = parse(Language::Tsx, "const a = 1;").unwrap();
        assert!(!again.root_node().has_error(), "after giving up: {given_up}");
    }
}
