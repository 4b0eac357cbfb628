//! Patterns for paths: `*`, `?`, `[..]`, `{a,b}` within a component, `**` for any number of components.
//!
//! Invariant: a pattern is compiled in linear time, without recursion, and matched in the length of the pattern times that of the path at most,
//! whatever both are. It means characters, not bytes.

use crate::error::{Error, Result, short};

/// A compiled pattern for whole paths.
#[derive(Clone, Debug)]
pub struct Pattern {
    steps: Vec<Step>,
    /// The components at its start that mean themselves.
    plain: Vec<String>,
    /// The most components that a path of it has.
    depth: Option<usize>,
}

/// One step of a machine that is in several places at once.
#[derive(Clone, Debug)]
enum Step {
    /// This character.
    Char(char),
    /// One of these, or none of these; never a slash.
    Class { negated: bool, ranges: Vec<(char, char)> },
    /// Any number of characters, with slashes or without.
    Run { slashes: bool },
    /// On at both places.
    Fork(usize, usize),
    /// On at that place.
    Jump(usize),
}

/// Longer ones are written by nobody, and each character costs time with each path.
const LONGEST: usize = 256;

impl Pattern {
    /// Compiles a pattern. It is matched against paths relative to where a walk begins, as written, with upper and lower case. A backslash takes
    /// the meaning from the character after it.
    ///
    /// # Errors
    /// When it is too long or makes no sense.
    pub fn new(pattern: &str) -> Result<Self> {
        let refused = |why: &str| Error::Pattern { pattern: short(pattern), why: why.to_owned() };
        if pattern.is_empty() {
            return Err(refused("it is empty"));
        }
        if pattern.len() > LONGEST {
            return Err(refused(&format!("it is longer than {LONGEST} bytes")));
        }
        let steps = Compiler::new(pattern).run().map_err(refused)?;
        let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{', '}', '\\']);
        let parts: Vec<&str> = pattern.split('/').collect();
        // The last one is the file's name, not a folder to look in.
        let folders = parts.get(..parts.len() - 1).unwrap_or_default();
        let plain = folders.iter().copied().take_while(is_plain).map(str::to_owned).collect();
        // Alternatives may hold separators.
        let depth = (!pattern.contains("**") && !pattern.contains(['{', '\\'])).then_some(parts.len());
        Ok(Self { steps, plain, depth })
    }

    /// Whether a path is of this pattern.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut at = vec![false; self.steps.len() + 1];
        self.reach(0, &mut at);
        for c in path.chars() {
            let mut next = vec![false; at.len()];
            for (place, step) in self.steps.iter().enumerate().filter(|(place, _)| at[*place]) {
                match step {
                    Step::Char(wanted) if *wanted == c => self.reach(place + 1, &mut next),
                    Step::Class { negated, ranges } if c != '/' && is_one_of(ranges, c) != *negated => {
                        self.reach(place + 1, &mut next);
                    }
                    Step::Run { slashes } if *slashes || c != '/' => self.reach(place, &mut next),
                    _ => {}
                }
            }
            at = next;
        }
        at.last().copied().unwrap_or(false)
    }

    /// Notes a place, and those that are reached from there without a character.
    fn reach(&self, place: usize, at: &mut [bool]) {
        let mut places = vec![place];
        while let Some(place) = places.pop() {
            let Some(is_new) = at.get_mut(place).filter(|noted| !**noted) else { continue };
            *is_new = true;
            match self.steps.get(place) {
                Some(Step::Run { .. }) => places.push(place + 1),
                Some(&Step::Fork(a, b)) => places.extend([a, b]),
                Some(&Step::Jump(to)) => places.push(to),
                _ => {}
            }
        }
    }

    /// Whether a path of this pattern may lie below that folder.
    pub(crate) fn may_lie_below(&self, folder: &str) -> bool {
        let parts = folder.split('/').count();
        self.depth.is_none_or(|depth| parts < depth)
            && folder.split('/').zip(&self.plain).all(|(part, plain)| part == plain)
    }
}

/// Alternatives that are being read.
struct Open {
    /// The fork before the one that is read, whose other way is not known yet.
    fork: usize,
    /// The ends of those that were read.
    ends: Vec<usize>,
}

struct Compiler {
    text: Vec<char>,
    at: usize,
    steps: Vec<Step>,
    open: Vec<Open>,
}

impl Compiler {
    fn new(pattern: &str) -> Self {
        Self { text: pattern.chars().collect(), at: 0, steps: Vec::new(), open: Vec::new() }
    }

    fn run(mut self) -> std::result::Result<Vec<Step>, &'static str> {
        while let Some(c) = self.take() {
            match c {
                '*' => self.stars(),
                '?' => self.steps.push(any()),
                '[' => self.class()?,
                '{' => {
                    self.open.push(Open { fork: self.steps.len(), ends: Vec::new() });
                    self.steps.push(Step::Fork(self.steps.len() + 1, usize::MAX));
                }
                ',' if !self.open.is_empty() => self.alternative(),
                '}' => self.close()?,
                '\\' => {
                    let c = self.take().ok_or("it ends with a backslash")?;
                    self.steps.push(Step::Char(c));
                }
                c => self.steps.push(Step::Char(c)),
            }
        }
        if self.open.is_empty() { Ok(self.steps) } else { Err("a `{` has no `}`") }
    }

    fn take(&mut self) -> Option<char> {
        let c = self.text.get(self.at).copied();
        self.at += 1;
        c
    }

    fn stars(&mut self) {
        let begins = self.at.checked_sub(2).and_then(|before| self.text.get(before));
        let begins_component = begins.is_none_or(|c| matches!(c, '/' | '{' | ','));
        let is_double = self.text.get(self.at) == Some(&'*');
        while self.text.get(self.at) == Some(&'*') {
            self.at += 1;
        }
        match self.text.get(self.at) {
            Some('/') if is_double && begins_component => {
                self.at += 1;
                // Any number of components, each with its slash.
                let start = self.steps.len();
                self.steps.push(Step::Fork(start + 1, start + 5));
                self.steps.extend([any(), Step::Run { slashes: false }, Step::Char('/'), Step::Jump(start)]);
            }
            None | Some(',' | '}') if is_double && begins_component => {
                self.steps.push(Step::Run { slashes: true });
            }
            _ => self.steps.push(Step::Run { slashes: false }),
        }
    }

    fn class(&mut self) -> std::result::Result<(), &'static str> {
        const UNCLOSED: &str = "a `[` has no `]`";
        let negated = matches!(self.text.get(self.at), Some('!' | '^'));
        self.at += usize::from(negated);
        let mut ranges = Vec::new();
        loop {
            let from = match self.take().ok_or(UNCLOSED)? {
                // The first one means itself.
                ']' if !ranges.is_empty() => break,
                '\\' => self.take().ok_or(UNCLOSED)?,
                c => c,
            };
            let to = match (self.text.get(self.at), self.text.get(self.at + 1)) {
                (Some('-'), Some(&to)) if to != ']' => {
                    self.at += 2;
                    to
                }
                _ => from,
            };
            if to < from {
                return Err("a range goes from a later character to an earlier one");
            }
            ranges.push((from, to));
        }
        self.steps.push(Step::Class { negated, ranges });
        Ok(())
    }

    fn alternative(&mut self) {
        let end = self.steps.len();
        if let Some(open) = self.open.last_mut() {
            // The end of the one before is sent on when it is known where to.
            self.steps.push(Step::Jump(usize::MAX));
            open.ends.push(end);
            if let Some(fork) = self.steps.get_mut(open.fork) {
                *fork = Step::Fork(open.fork + 1, end + 1);
            }
            open.fork = end + 1;
            self.steps.push(Step::Fork(end + 2, usize::MAX));
        }
    }

    fn close(&mut self) -> std::result::Result<(), &'static str> {
        let open = self.open.pop().ok_or("a `}` has no `{`")?;
        let end = self.steps.len();
        if let Some(last) = self.steps.get_mut(open.fork) {
            *last = Step::Jump(open.fork + 1);
        }
        for at in open.ends {
            if let Some(jump) = self.steps.get_mut(at) {
                *jump = Step::Jump(end);
            }
        }
        Ok(())
    }
}

fn is_one_of(ranges: &[(char, char)], c: char) -> bool {
    ranges.iter().any(|&(from, to)| (from..=to).contains(&c))
}

/// One character that is no slash.
fn any() -> Step {
    Step::Class { negated: true, ranges: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let compiled = Pattern::new(pattern).unwrap();
        for path in yes {
            assert!(compiled.matches(path), "`{pattern}` does not take `{path}`");
            for (end, _) in path.match_indices('/') {
                assert!(compiled.may_lie_below(&path[..end]), "`{pattern}` keeps out of `{}`", &path[..end]);
            }
        }
        for path in no {
            assert!(!compiled.matches(path), "`{pattern}` takes `{path}`");
        }
    }

    #[test]
    fn what_patterns_mean() {
        check("*.md", &["a.md", ".md", "a b.md"], &["a/b.md", "a.mdx", "A.MD"]);
        check("**/*.md", &["a.md", "a/b.md", "a/b/c.md"], &["a.txt"]);
        check("notes/**", &["notes/a", "notes/a/b.md"], &["other/a", "notes-2/a"]);
        check("a/?.txt", &["a/b.txt", "a/ü.txt"], &["a/bc.txt", "a/b/c.txt", "b/b.txt"]);
        check("[a-c]*/x", &["alpha/x", "c/x"], &["d/x", "a/b/x"]);
        check("{a/b,c}/*.md", &["a/b/x.md", "c/x.md"], &["a/x.md", "d/x.md"]);
        check("plain/file.md", &["plain/file.md"], &["plain/other.md", "file.md"]);
        check("100%/*", &["100%/x"], &["100/x"]);
        check("a/**/z", &["a/z", "a/b/z", "a/b/c/z"], &["az", "a/bz", "b/a/z"]);
        check("**", &["a", "a/b"], &[]);
        check("a**b", &["ab", "axxb"], &["a/b"]);
        check("{*.{md,txt},x}", &["a.md", "a.txt", "x"], &["a.rs", "y"]);
        check("{a,}b", &["ab", "b"], &["a", "cb"]);
        check("{**/x,y}", &["x", "a/x", "y"], &["a/y"]);
        check("[!a-c]?", &["dé", "üx"], &["ax", "d", "d/"]);
        check("[]x-]", &["]", "x", "-"], &["y"]);
        check("\\*\\{a", &["*{a"], &["xa"]);
    }

    #[test]
    fn where_nothing_can_be_is_not_looked() {
        for (pattern, folder) in
            [("*.md", "a"), ("a/*.md", "b"), ("a/*.md", "a/b"), ("a/**", "b"), ("a/b/**", "a/c")]
        {
            assert!(!Pattern::new(pattern).unwrap().may_lie_below(folder), "`{pattern}` in `{folder}`");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        for bad in ["", "[", "[]", "{a", "a}", "a\\", "a[z-a]", &"x".repeat(5000)] {
            let error = Pattern::new(bad).unwrap_err().to_string();
            assert!(error.contains("is no pattern: ") && error.len() < 300, "{error}");
        }
    }

    #[test]
    fn hostile_patterns_end() {
        let path = "a".repeat(2000);
        for pattern in ["*a".repeat(120) + "b", "{a,".repeat(60) + &"}".repeat(60), "**/".repeat(80) + "b"] {
            assert!(!Pattern::new(&pattern).unwrap().matches(&path));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern_or_refused(pattern in "[a-c*?/{},!\\[\\]\\\\-]{0,24}", path in "[a-c/]{1,12}") {
            if let Ok(pattern) = Pattern::new(&pattern)
                && pattern.matches(&path)
            {
                // What is pruned could not have matched.
                for (end, _) in path.match_indices('/').filter(|(end, _)| *end > 0) {
                    prop_assert!(pattern.may_lie_below(&path[..end]));
                }
            }
        }
    }
}
