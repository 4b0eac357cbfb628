//! A format code, taken apart.

/// More than this is no format code but an attack on whoever takes it apart.
const MAX_CODE_CHARS: usize = 1024;

/// A format code: up to four sections, parted by `;`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(super) sections: Vec<Section>,
}

/// What one range of numbers looks like.
#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) tokens: Vec<Token>,
    pub(super) condition: Option<Condition>,
    pub(super) is_date: bool,
}

/// For which numbers a section is, when it says so itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition {
    pub(super) operator: Operator,
    pub(super) bound: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Literal(String),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// `E+` or `E-`: whether a plus is written.
    Exponent(bool),
    Slash,
    General,
    /// `@`.
    Text,
    Date(Part),
}

/// A part of a date or a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    /// `[h]`: hours that do not begin anew each day.
    Hours,
    Minutes,
    Seconds,
    /// `AM/PM`: written on a clock of 24 hours, it says nothing.
    Half,
}

impl Code {
    pub(crate) fn new(code: &str) -> Self {
        let mut chars = code.chars().take(MAX_CODE_CHARS).peekable();
        let mut sections = vec![Section::default()];
        while let Some(c) = chars.next() {
            if c == ';' {
                if sections.len() == 4 {
                    break;
                }
                sections.push(Section::default());
            } else if let Some(section) = sections.last_mut() {
                section.take(c, &mut chars);
            }
        }
        for section in &mut sections {
            section.finish();
        }
        Self { sections }
    }

    /// Whether numbers are shown as dates or times.
    #[cfg(test)]
    pub(crate) fn is_date(&self) -> bool {
        self.sections.first().is_some_and(|section| section.is_date)
    }
}

type Chars<'a> = std::iter::Peekable<std::iter::Take<std::str::Chars<'a>>>;

impl Section {
    fn take(&mut self, c: char, chars: &mut Chars<'_>) {
        match c {
            '"' => {
                let quoted: String = chars.by_ref().take_while(|&c| c != '"').collect();
                self.literal(&quoted);
            }
            '\\' | '!' => {
                if let Some(c) = chars.next() {
                    self.literal(c.encode_utf8(&mut [0; 4]));
                }
            }
            // The width of a character, or as many of it as fit: both are for the eye.
            '_' | '*' => drop(chars.next()),
            '[' => {
                let inside: String = chars.by_ref().take_while(|&c| c != ']').collect();
                self.bracket(&inside);
            }
            '0' | '#' | '?' => self.tokens.push(Token::Digit(c)),
            '.' => self.point(chars),
            ',' => self.tokens.push(Token::Comma),
            '%' => self.tokens.push(Token::Percent),
            '/' => self.tokens.push(Token::Slash),
            '@' => self.tokens.push(Token::Text),
            'E' if matches!(chars.peek(), Some('+' | '-')) => {
                let plus = chars.next() == Some('+');
                self.tokens.push(Token::Exponent(plus));
            }
            'G' | 'g' if rest_is(chars, "eneral") => self.tokens.push(Token::General),
            'A' | 'a' if rest_is(chars, "m/pm") || rest_is(chars, "/p") => self.date(Part::Half),
            'y' | 'Y' | 'e' | 'E' => self.date(Part::Year),
            'm' | 'M' => self.date(Part::Month),
            'd' | 'D' | 'a' => self.date(Part::Day),
            'h' | 'H' => self.date(Part::Hour),
            's' | 'S' => self.date(Part::Second),
            'g' | 'b' | 'B' => {}
            c => self.literal(c.encode_utf8(&mut [0; 4])),
        }
    }

    fn literal(&mut self, words: &str) {
        match self.tokens.last_mut() {
            Some(Token::Literal(before)) => before.push_str(words),
            _ => self.tokens.push(Token::Literal(words.to_owned())),
        }
    }

    /// Parts are repeated letters: `yyyy` is one year.
    fn date(&mut self, part: Part) {
        self.is_date |= part != Part::Half;
        if self.tokens.last() != Some(&Token::Date(part)) {
            self.tokens.push(Token::Date(part));
        }
    }

    /// A point after seconds is for their fractions, which nobody looks for.
    fn point(&mut self, chars: &mut Chars<'_>) {
        if self.tokens.last() == Some(&Token::Date(Part::Second)) {
            while chars.next_if_eq(&'0').is_some() {}
        } else {
            self.tokens.push(Token::Point);
        }
    }

    /// `[Red]`, `[>=100]`, `[$€-407]`, `[h]`.
    fn bracket(&mut self, inside: &str) {
        let is_all = |letter| !inside.is_empty() && inside.chars().all(|c| c.eq_ignore_ascii_case(&letter));
        if let Some(currency) = inside.strip_prefix('$') {
            self.literal(currency.split('-').next().unwrap_or_default());
        } else if is_all('h') {
            self.date(Part::Hours);
        } else if is_all('m') {
            self.date(Part::Minutes);
        } else if is_all('s') {
            self.date(Part::Seconds);
        } else if let Some(condition) = Condition::new(inside) {
            self.condition = Some(condition);
        }
    }

    fn finish(&mut self) {
        if !self.is_date {
            return;
        }
        // `m` means minutes after hours and before seconds.
        let part_at = |i: usize| match self.tokens.get(i) {
            Some(Token::Date(part)) => Some(*part),
            _ => None,
        };
        let parts: Vec<(usize, Part)> =
            (0..self.tokens.len()).filter_map(|i| Some((i, part_at(i)?))).collect();
        for (n, &(i, part)) in parts.iter().enumerate() {
            let before = n.checked_sub(1).and_then(|n| parts.get(n)).map(|part| part.1);
            let after = parts.get(n + 1).map(|part| part.1);
            let is_minute = matches!(before, Some(Part::Hour | Part::Hours))
                || matches!(after, Some(Part::Second | Part::Seconds));
            if part == Part::Month
                && is_minute
                && let Some(token) = self.tokens.get_mut(i)
            {
                *token = Token::Date(Part::Minute);
            }
        }
    }

    pub(super) fn has(&self, part: Part) -> bool {
        self.tokens.contains(&Token::Date(part))
    }
}

impl Condition {
    fn new(inside: &str) -> Option<Self> {
        const OPERATORS: [(&str, Operator); 6] = [
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<>", Operator::NotEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
            ("=", Operator::Equal),
        ];
        let of = |&(sign, operator): &(&str, Operator)| {
            let bound = inside.strip_prefix(sign)?.trim().parse().ok()?;
            Some(Self { operator, bound })
        };
        OPERATORS.iter().find_map(of)
    }

    pub(super) fn holds(self, number: f64) -> bool {
        match self.operator {
            Operator::Less => number < self.bound,
            Operator::LessOrEqual => number <= self.bound,
            Operator::Greater => number > self.bound,
            Operator::GreaterOrEqual => number >= self.bound,
            Operator::Equal => number == self.bound,
            Operator::NotEqual => number != self.bound,
        }
    }
}

/// Takes `rest` off the front, in whichever case; takes nothing when it is not there.
fn rest_is(chars: &mut Chars<'_>, rest: &str) -> bool {
    let mut ahead = chars.clone();
    let is_there = rest.chars().all(|c| ahead.next().is_some_and(|next| next.eq_ignore_ascii_case(&c)));
    if is_there {
        *chars = ahead;
    }
    is_there
}
