//! Words: characters that were drawn side by side, with the box they fill.
//!
//! Invariant: a word's box is in the frame of its own direction of writing, so that every word runs from left to right and lines go down.
//! Not here: which words make a line, see [`crate::layout`].

use unicode_normalization::UnicodeNormalization;

use crate::font::Text;
use crate::layout::is_rtl;
use crate::tags::Stated;

/// Which way text runs on the page: turned by so many quarters, clockwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Turn {
    /// Upright.
    None,
    /// From top to bottom, also vertical writing.
    Quarter,
    /// Upside down.
    Half,
    /// From bottom to top.
    ThreeQuarters,
    /// Slanted: a watermark, a label of a chart.
    Slanted,
}

impl Turn {
    pub(crate) const ALL: [Self; 5] =
        [Self::None, Self::Quarter, Self::Half, Self::ThreeQuarters, Self::Slanted];

    /// The way that a step of `(x, y)` goes, y downwards.
    pub(crate) fn of_step(x: f64, y: f64) -> Self {
        // About four degrees either way is still straight.
        const STRAIGHT: f64 = 0.07;
        match (y.abs() <= x.abs() * STRAIGHT, x.abs() <= y.abs() * STRAIGHT) {
            (true, _) if x >= 0.0 => Self::None,
            (true, _) => Self::Half,
            (_, true) if y > 0.0 => Self::Quarter,
            (_, true) => Self::ThreeQuarters,
            _ => Self::Slanted,
        }
    }

    /// A point of the page in the frame of this direction.
    pub(crate) fn frame(self, (x, y): (f64, f64)) -> (f64, f64) {
        match self {
            Self::None | Self::Slanted => (x, y),
            Self::Quarter => (y, -x),
            Self::Half => (-x, -y),
            Self::ThreeQuarters => (-y, x),
        }
    }
}

/// A word, or a part of one: what was drawn without a gap.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Left and right edge.
    pub(crate) left: f64,
    pub(crate) right: f64,
    /// The line that letters stand on.
    pub(crate) base: f64,
    /// Height of the letters' em.
    pub(crate) size: f64,
    pub(crate) bold: bool,
    /// Whether its font has letters of one width.
    pub(crate) fixed: bool,
    /// What the file says that it is in.
    pub(crate) stated: Option<Stated>,
    pub(crate) turn: Turn,
    /// Whether a space character was drawn before it.
    pub(crate) spaced: bool,
}

impl Word {
    /// Upper edge of its letters.
    pub(crate) fn top(&self) -> f64 {
        self.base - self.size * 0.8
    }

    /// Lower edge of its letters.
    pub(crate) fn bottom(&self) -> f64 {
        self.base + self.size * 0.2
    }
}

/// A character where it was drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Drawn {
    /// Where it begins and ends, on its base line, on the page.
    pub(crate) from: (f64, f64),
    pub(crate) to: (f64, f64),
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) fixed: bool,
    pub(crate) stated: Option<Stated>,
    pub(crate) turn: Turn,
}

/// Puts characters together to words as they are drawn.
#[derive(Debug, Default)]
pub(crate) struct Words {
    done: Vec<Word>,
    open: Option<Word>,
    spaced: bool,
    /// Where the last character began: the same one drawn again a hair off is how some make bold letters.
    last: Option<(f64, Text)>,
    count: usize,
}

impl Words {
    /// Characters so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// One more code was drawn.
    pub(crate) fn draw(&mut self, text: &Text, drawn: Drawn) {
        self.count += 1;
        match text {
            Text::None => {}
            Text::Char(c) if is_blank(*c) => self.space(),
            Text::Many(many) if many.chars().all(is_blank) => self.space(),
            _ => self.letter(text, drawn),
        }
    }

    /// A space was drawn.
    pub(crate) fn space(&mut self) {
        self.end_word();
        self.spaced = true;
    }

    /// All words, in the order they were drawn.
    pub(crate) fn finish(mut self) -> Vec<Word> {
        self.end_word();
        self.done
    }

    fn end_word(&mut self) {
        self.done.extend(self.open.take());
        self.last = None;
    }

    fn letter(&mut self, text: &Text, drawn: Drawn) {
        let (left, base) = drawn.turn.frame(drawn.from);
        let (right, _) = drawn.turn.frame(drawn.to);
        let (left, right) = (left.min(right), left.max(right));
        if let Some(open) = &mut self.open
            && open.turn == drawn.turn
            && (open.base - base).abs() < 0.05 * drawn.size
            && self.last.as_ref().is_some_and(|(at, same)| {
                (at - left).abs() < 0.2 * drawn.size.min(right - left) && same == text
            })
        {
            open.bold = true;
            return;
        }
        let goes_on = self.open.as_ref().is_some_and(|open| continues(open, left, base, &drawn));
        if !goes_on {
            self.end_word();
            self.open = Some(Word {
                text: String::new(),
                left,
                right,
                base,
                size: drawn.size,
                bold: drawn.bold,
                fixed: drawn.fixed,
                stated: drawn.stated,
                turn: drawn.turn,
                spaced: std::mem::take(&mut self.spaced),
            });
        }
        if let Some(open) = &mut self.open {
            push(&mut open.text, text);
            open.right = open.right.max(right);
        }
        self.last = Some((left, text.clone()));
    }
}

/// Whether a character belongs to the word before it.
fn continues(open: &Word, left: f64, base: f64, drawn: &Drawn) -> bool {
    let gap = left - open.right;
    let em = open.size.max(drawn.size);
    open.turn == drawn.turn
        && open.stated == drawn.stated
        && open.turn != Turn::Slanted
        && (open.base - base).abs() < 0.3 * em
        && (open.size - drawn.size).abs() < 0.5 * em
        && gap < GAP * em.min(open.size)
        && gap > -0.5 * em
}

/// White space of this part of the letters' size parts words. Type is seldom set tighter than a fifth between words, nor looser than a
/// tenth between letters.
pub(crate) const GAP: f64 = 0.13;

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{200b}'
}

/// Appends characters as a reader would type them: no ligatures, no forms that depend on the neighbours.
fn push(word: &mut String, text: &Text) {
    let start = word.len();
    let mut char = |c: char| match c {
        '\u{fb00}'..='\u{fb06}'
        | '\u{fb13}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}'
        | '\u{2f00}'..='\u{2fd5}' => {
            word.extend(std::iter::once(c).nfkc());
        }
        // A hyphen that shows only where the line breaks: it does here.
        '\u{ad}' => word.push('-'),
        c if c.is_control()
            || matches!(c, '\u{feff}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}') => {}
        c => word.push(c),
    };
    match text {
        Text::None => {}
        Text::Char(c) => char(*c),
        Text::Many(many) => many.chars().for_each(char),
    }
    // Words are kept as they are seen, and a line is turned around as a whole: so must a ligature be.
    if word.get(start..).is_some_and(|drawn| drawn.chars().nth(1).is_some() && drawn.starts_with(is_rtl)) {
        let turned: String = word.drain(start..).rev().collect();
        word.push_str(&turned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(x: f64, y: f64) -> Drawn {
        Drawn {
            from: (x, y),
            to: (x + 5.0, y),
            size: 10.0,
            bold: false,
            fixed: false,
            stated: None,
            turn: Turn::None,
        }
    }

    #[test]
    fn characters_become_words() {
        let mut words = Words::default();
        for (x, c) in
            [(0.0, 'a'), (5.0, '\u{fb01}'), (5.3, '\u{fb01}'), (12.0, 'b'), (17.0, ' '), (18.0, 'c')]
        {
            words.draw(&Text::Char(c), drawn(x, 0.0));
        }
        words.draw(&Text::Char('d'), drawn(23.0, 12.0));
        let words: Vec<(String, bool)> =
            words.finish().into_iter().map(|word| (word.text, word.spaced)).collect();
        let expected = [("afi", false), ("b", false), ("c", true), ("d", false)];
        assert_eq!(words, expected.map(|(text, spaced)| (text.to_owned(), spaced)));
    }

    #[test]
    fn ligatures_are_kept_as_they_are_seen() {
        let mut word = String::new();
        push(&mut word, &Text::Char('\u{fefb}'));
        push(&mut word, &Text::Many("\u{644}\u{623}".into()));
        push(&mut word, &Text::Many("ffi".into()));
        assert_eq!(word, "\u{627}\u{644}\u{623}\u{644}ffi");
    }

    #[test]
    fn directions() {
        let steps = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.01), (0.0, -1.0), (1.0, 1.0)];
        assert_eq!(steps.map(|(x, y)| Turn::of_step(x, y)), Turn::ALL);
        assert_eq!(Turn::ALL.map(|turn| turn.frame((1.0, 2.0)).0), [1.0, 2.0, -1.0, -2.0, 1.0]);
    }
}
