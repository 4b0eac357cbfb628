//! What a definition is called, by its first lines: `impl Display for Span`, `class Foo`, `func (s *Server) Close`.

/// The longest label, in characters.
const MAX_CHARS: usize = 60;
/// How far into a definition its name is looked for.
const MAX_BYTES: usize = 2048;

/// Words that begin a definition, after its modifiers.
const KEYWORDS: &str = "fn impl mod trait struct enum union macro_rules class interface def func fun function namespace \
    module object protocol extension record type package actor defmodule defp sub procedure service \
    message contract";
/// Words that may be before the keyword or the name, and say little.
const MODIFIERS: &str = "pub crate super unsafe async const default extern static inline export public private protected \
    internal abstract final override virtual sealed synchronized native open partial readonly data \
    declare constexpr explicit friend suspend local C";
/// Words that begin a statement: what follows them in brackets is no list of parameters.
const STATEMENTS: &str = "if else for foreach while do switch match case return try catch with loop throw yield await new \
    let var where noexcept requires throws";

/// The label of the definition that `code` begins with, behind its comments and annotations. Nothing for what defines nothing.
pub(super) fn of(code: &str) -> Option<String> {
    let header = header(&code[..code.floor_char_boundary(MAX_BYTES)])?;
    by_keyword(header)
        .or_else(|| by_parameters(header))
        .map(tidy)
        .filter(|label| label.contains(char::is_alphanumeric))
}

/// From the first line that is neither comment nor annotation on.
fn header(code: &str) -> Option<&str> {
    let mut at = 0;
    let mut in_comment = None;
    let (mut in_brackets, mut in_template) = (0_usize, false);
    for line in code.split_inclusive('\n') {
        let words = line.trim();
        if let Some(end) = in_comment {
            in_comment = Some(end).filter(|end| !words.contains(end));
        } else if words.starts_with("/*") {
            in_comment = Some("*/").filter(|end| !words.contains(end));
        } else if in_brackets > 0 || words.starts_with(['@', '#']) || words.starts_with("template") {
            // Annotations may have arguments on lines of their own, and templates their parameters.
            in_template = if in_brackets == 0 { words.starts_with("template") } else { in_template };
            let signs = if in_template { 3 } else { 2 };
            let count = |of: [char; 3]| words.chars().filter(|c| of[..signs].contains(c)).count();
            in_brackets = (in_brackets + count(['(', '[', '<'])).saturating_sub(count([')', ']', '>']));
        } else if !words.is_empty() && !["//", "--", ";", "%"].iter().any(|sign| words.starts_with(sign)) {
            return Some(code[at..].trim_start());
        }
        at += line.len();
    }
    None
}

/// From a keyword to the end of the name and what it stands for.
fn by_keyword(header: &str) -> Option<&str> {
    let from = header.len() - after_modifiers(header).len();
    let words = &header[from..];
    let keyword = words
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .filter(|word| lists(KEYWORDS, word))?;
    let named = words[keyword.len()..].chars().find(|c| !c.is_whitespace() && *c != '!' && *c != '<');
    // `type` and `object` are also ordinary names.
    if !named.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '(' | '&' | '*' | '$' | '[' | '"'))
        || words[keyword.len()..].starts_with('(')
    {
        return None;
    }
    Some(&words[..name_end(words, keyword)])
}

/// A name with a list of parameters and then a block: how the C family defines functions.
fn by_parameters(header: &str) -> Option<&str> {
    let words = after_modifiers(header);
    let open = words.find('(')?;
    let name = words[..open].trim_end();
    let first = name.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    if lists(STATEMENTS, first) {
        return None;
    }
    let is_operator = name.contains("operator");
    if let Some((variable, value)) = name.split_once('=').filter(|_| !is_operator) {
        // `const f = (...) => {` has its parameters behind the sign, with nothing or `function` or `async` between.
        let is_function = ["", "async", "function", "async function"].contains(&value.trim());
        return (is_function && !variable.contains(['{', '}', ';', ','])).then_some(variable);
    }
    if !is_operator && !name.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>')) {
        return None;
    }
    let block = block_start(&words[open..])?;
    let between = &words[open..open + block];
    let is_plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_:*&<>,~.[]?".contains(c);
    let is_definition = !between.contains([';', '=', '"']) && (is_operator || name.chars().all(is_plain));
    is_definition.then_some(name)
}

fn lists(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

/// Where the first brace outside of round brackets is.
fn block_start(words: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in words.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'{' => return (depth == 0).then_some(at),
            _ => {}
        }
    }
    None
}

fn after_modifiers(header: &str) -> &str {
    let mut rest = header;
    loop {
        let word = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        if !lists(MODIFIERS, word) {
            return rest;
        }
        let after = &rest[word.len()..];
        // `pub(crate)`, `extern "C"`
        let after =
            after.strip_prefix("(crate)").or(after.strip_prefix("(super)")).unwrap_or(after).trim_start();
        let after = after.strip_prefix("\"C\"").unwrap_or(after).trim_start();
        if after.is_empty() || !after.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return rest;
        }
        rest = after;
    }
}

/// Where the words of a definition end: at its parameters, its bounds or its body.
fn name_end(words: &str, keyword: &str) -> usize {
    let mut angles = 0_usize;
    let mut receiver = keyword == "func" && words[keyword.len()..].trim_start().starts_with('(');
    for (at, c) in words.char_indices() {
        let rest = &words[at..];
        match c {
            '<' => angles += 1,
            '>' => angles = angles.saturating_sub(1),
            ')' if receiver => receiver = false,
            '(' if !receiver && at > keyword.len() + 1 => return at,
            '{' | ';' | '=' => return at,
            ':' if angles == 0 && rest[1..].starts_with(char::is_whitespace) => return at,
            '\n' if keyword != "impl" => return at,
            'w' if rest.starts_with("where") && words[..at].ends_with(char::is_whitespace) => return at,
            _ => {}
        }
    }
    words.len()
}

/// One line of at most [`MAX_CHARS`].
fn tidy(words: &str) -> String {
    let mut label = String::new();
    for word in words.split_whitespace() {
        if !label.is_empty() {
            label.push(' ');
        }
        label.push_str(word);
    }
    let cut = label.char_indices().nth(MAX_CHARS).map_or(label.len(), |(at, _)| at);
    label.truncate(cut);
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_of_many_languages() {
        for (code, expected) in [
            ("/// Doc.\n#[inline]\npub(crate) async fn go<T>(a: T) {", "fn go<T>"),
            (
                "impl<T: Clone> fmt::Display\n    for Span<T>\nwhere\n    T: X,\n{",
                "impl<T: Clone> fmt::Display for Span<T>",
            ),
            ("pub trait A: B {", "trait A"),
            ("macro_rules! number {", "macro_rules! number"),
            ("mod tests {", "mod tests"),
            ("@app.route(\n  \"x\",\n)\nclass Foo(Base):", "class Foo"),
            ("async def f(self, x):", "def f"),
            ("func (s *Server) Close() error {", "func (s *Server) Close"),
            ("type Server struct {", "type Server struct"),
            (
                "/**\n * Doc.\n */\n@Override\npublic static <T> void run(String[] args) throws X {",
                "static <T> void run",
            ),
            ("public void run(String[] args) throws X {", "void run"),
            ("export default class App extends Component {", "class App extends Component"),
            ("export const useThing = (a) => {", "useThing"),
            ("const f = async function(a) {", "f"),
            ("  render(props) {", "render"),
            ("static int *find(const char *name,\n    int n)\n{", "int *find"),
            ("std::string A::name() const {", "std::string A::name"),
            ("namespace a::b {", "namespace a::b"),
            ("template<typename A,\n  typename B>\nbool operator==(const A& a) {", "bool operator=="),
            ("A& operator=(A&& a) = default;\n", ""),
            ("fun String.shout(): String {", "fun String.shout"),
            ("def shout", "def shout"),
        ] {
            assert_eq!(of(code).unwrap_or_default(), expected, "{code}");
        }
    }

    #[test]
    fn statements_are_no_definitions() {
        for code in [
            "if (a) {",
            "for x in y {",
            "foo(a, () => {",
            "let a = b(c);",
            "x = y",
            "return f(function() {",
            "describe(\"a\", function() {",
            "type(a)",
            "",
            "// a",
        ] {
            assert_eq!(of(code), None, "{code}");
        }
    }
}
