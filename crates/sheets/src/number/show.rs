//! A number through a format code.

use super::code::{Code, Section, Token};
use super::date;
use super::decimal::{fixed, general};
use crate::sheet::Kind;

/// The greatest denominator that is tried for a fraction of so many digits.
const MAX_DENOMINATORS: [u32; 4] = [1, 9, 99, 999];

impl Code {
    /// The words of a number, and what they are.
    pub(crate) fn show(&self, number: f64, from_1904: bool) -> (String, Kind) {
        let Some((section, magnitude)) = self.section(number) else {
            return (general(number), Kind::Number);
        };
        if section.is_date {
            return match date::show(section, number, from_1904) {
                Some(words) => (words, Kind::Date),
                None => (general(number), Kind::Number),
            };
        }
        if !number.is_finite() {
            return (general(number), Kind::Number);
        }
        (section.number(magnitude), Kind::Number)
    }

    /// Words through the section for text: mostly as they are.
    pub(crate) fn text<'a>(&self, words: &'a str) -> std::borrow::Cow<'a, str> {
        let Some(section) = self.sections.get(3) else { return words.into() };
        let show = |token: &Token| match token {
            Token::Literal(literal) => literal.clone(),
            Token::Text => words.to_owned(),
            _ => String::new(),
        };
        section.tokens.iter().map(show).collect::<String>().into()
    }

    /// The section for a number, and the number as that section shows it: a section for numbers below zero shows the sign itself.
    fn section(&self, number: f64) -> Option<(&Section, f64)> {
        let sections = self.sections.get(..self.sections.len().min(3))?;
        if let Some(section) = sections.iter().find(|s| s.condition.is_some_and(|c| c.holds(number))) {
            let is_below_zero = section.condition.is_some_and(|c| c.bound <= 0.0) && number < 0.0;
            return Some((section, if is_below_zero { number.abs() } else { number }));
        }
        if sections.iter().any(|section| section.condition.is_some()) {
            return Some((sections.iter().rfind(|s| s.condition.is_none())?, number));
        }
        match sections {
            [_, negative, ..] if number < 0.0 => Some((negative, number.abs())),
            [_, _, zero] if number == 0.0 => Some((zero, number)),
            [positive, ..] => Some((positive, number)),
            [] => None,
        }
    }
}

/// What the tokens of a section ask for.
struct Shape {
    whole: usize,
    places: usize,
    thousands: bool,
    /// How many times the number is divided by a thousand.
    scale: i32,
    percents: i32,
}

impl Section {
    fn number(&self, number: f64) -> String {
        if self.tokens.is_empty() || self.tokens == [Token::Text] {
            // `@` and nothing at all are both for numbers as they are; `;;` hides.
            let hides = self.tokens.is_empty();
            return if hides { String::new() } else { general(number) };
        }
        if self.tokens.contains(&Token::General) {
            let show = |token: &Token| match token {
                Token::General => general(number),
                Token::Literal(words) => words.clone(),
                _ => String::new(),
            };
            return self.tokens.iter().map(show).collect();
        }
        let slash = self.tokens.iter().position(|token| *token == Token::Slash);
        if let Some(slash) = slash.filter(|&at| self.digits(0, at) > 0) {
            return self.fraction(number, slash);
        }
        if self.tokens.iter().any(|token| matches!(token, Token::Exponent(_))) {
            return self.scientific(number);
        }
        self.decimal(number)
    }

    fn digits(&self, from: usize, to: usize) -> usize {
        let tokens = self.tokens.get(from..to).unwrap_or_default();
        tokens.iter().filter(|token| matches!(token, Token::Digit(_))).count()
    }

    fn shape(&self) -> Shape {
        let all = self.tokens.len();
        let point = self.tokens.iter().position(|token| *token == Token::Point).unwrap_or(all);
        let last = self.tokens.iter().rposition(|token| matches!(token, Token::Digit(_))).unwrap_or(0);
        let commas = |from: usize, to: usize| {
            let tokens = self.tokens.get(from..to).unwrap_or_default();
            tokens.iter().filter(|token| **token == Token::Comma).count()
        };
        let last_whole = self.tokens.get(..point).unwrap_or_default();
        let last_whole =
            last_whole.iter().rposition(|token| matches!(token, Token::Digit(_))).unwrap_or(point.min(last));
        let scale = commas(last_whole, point) + if point < all { commas(last, all) } else { 0 };
        Shape {
            whole: self.digits(0, point),
            places: self.digits(point, all),
            thousands: commas(0, last_whole) > 0,
            scale: scale as i32,
            percents: self.tokens.iter().filter(|token| **token == Token::Percent).count() as i32,
        }
    }

    fn decimal(&self, number: f64) -> String {
        let shape = self.shape();
        let scaled = number * 100_f64.powi(shape.percents) / 1000_f64.powi(shape.scale);
        let (whole, fraction) = fixed(scaled, shape.places);
        let mut out = String::new();
        let is_nothing = whole.is_empty() && fraction.bytes().all(|digit| digit == b'0');
        if number < 0.0 && !is_nothing {
            out.push('-');
        }
        let (mut whole, mut fraction) = (Whole::new(&whole, &shape), Fraction { digits: &fraction, at: 0 });
        let mut after_point = false;
        for (i, token) in self.tokens.iter().enumerate() {
            match token {
                Token::Literal(words) => out.push_str(words),
                Token::Digit(place) if after_point => fraction.place(*place, &mut out),
                Token::Digit(place) => whole.place(*place, &mut out),
                Token::Point => {
                    after_point = true;
                    whole.rest(&mut out);
                    // `0.##` shows no point when nothing comes after it.
                    let rest = self.tokens.get(i..).unwrap_or_default();
                    if fraction.shows_any(rest) {
                        out.push('.');
                    }
                }
                Token::Percent => out.push('%'),
                Token::Slash => out.push('/'),
                _ => {}
            }
        }
        out
    }

    fn scientific(&self, number: f64) -> String {
        let at = self.tokens.iter().position(|token| matches!(token, Token::Exponent(_)));
        let at = at.unwrap_or(self.tokens.len());
        let point = self.tokens.iter().position(|token| *token == Token::Point).unwrap_or(at).min(at);
        let (places, least) = (self.digits(point, at), self.digits(at, self.tokens.len()));
        let text = format!("{number:.*e}", places.min(30));
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = match (exponent < 0, self.tokens.get(at)) {
            (true, _) => "-",
            (false, Some(Token::Exponent(true))) => "+",
            _ => "",
        };
        format!("{mantissa}E{sign}{:0>least$}", exponent.abs().to_string(), least = least.min(10))
    }

    /// `2 1/4`.
    fn fraction(&self, number: f64, slash: usize) -> String {
        let below: String =
            self.tokens.get(slash + 1..).unwrap_or_default().iter().map_while(literal).collect();
        let digits = self.digits(slash, self.tokens.len()).min(3);
        let size = number.abs();
        let is_mixed = self.tokens.iter().any(|token| matches!(token, Token::Literal(words) if words == " "));
        let whole = if is_mixed { size.trunc() } else { 0.0 };
        let part = size - whole;
        let (over, under) = match below.trim().parse::<u32>() {
            Ok(under @ 1..=10_000) => ((part * f64::from(under)).round(), under),
            _ => nearest(part, MAX_DENOMINATORS.get(digits).copied().unwrap_or(9)),
        };
        let (whole, over) =
            if over >= f64::from(under) && is_mixed { (whole + 1.0, 0.0) } else { (whole, over) };
        let sign = if number < 0.0 { "-" } else { "" };
        match (whole > 0.0, over > 0.0) {
            (true, true) => format!("{sign}{whole} {over}/{under}"),
            (false, true) => format!("{sign}{over}/{under}"),
            (_, false) => format!("{sign}{whole}"),
        }
    }
}

/// A fixed denominator is written in literals, or in zeros that are none (`# ?/100`).
fn literal(token: &Token) -> Option<String> {
    match token {
        Token::Literal(words) => Some(words.clone()),
        Token::Digit('0') => Some("0".to_owned()),
        _ => None,
    }
}

fn nearest(part: f64, greatest: u32) -> (f64, u32) {
    let error = |under: u32| ((part * f64::from(under)).round() / f64::from(under) - part).abs();
    let best = (1..=greatest).min_by(|&a, &b| error(a).total_cmp(&error(b))).unwrap_or(1);
    ((part * f64::from(best)).round(), best)
}

/// Digits before the point, dealt out to their places from the left; the first place takes all that are too many.
struct Whole<'a> {
    digits: &'a str,
    /// Places that are left.
    places: usize,
    thousands: bool,
    started: bool,
}

impl<'a> Whole<'a> {
    fn new(digits: &'a str, shape: &Shape) -> Self {
        Self { digits, places: shape.whole, thousands: shape.thousands, started: false }
    }

    fn place(&mut self, place: char, out: &mut String) {
        while self.digits.len() > self.places {
            self.digit(out);
        }
        if self.digits.len() == self.places {
            self.digit(out);
        } else if place == '0' {
            self.started = true;
            out.push('0');
            self.part(self.places - 1, out);
        }
        self.places = self.places.saturating_sub(1);
    }

    /// What is left when there was no place at all.
    fn rest(&mut self, out: &mut String) {
        while !self.digits.is_empty() {
            self.digit(out);
        }
    }

    fn digit(&mut self, out: &mut String) {
        let (digit, rest) = self.digits.split_at(self.digits.len().min(1));
        self.digits = rest;
        self.started = true;
        out.push_str(digit);
        self.part(rest.len(), out);
    }

    fn part(&self, left: usize, out: &mut String) {
        if self.thousands && self.started && left > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
    }
}

struct Fraction<'a> {
    digits: &'a str,
    at: usize,
}

impl Fraction<'_> {
    fn place(&mut self, place: char, out: &mut String) {
        let rest = self.digits.get(self.at..).unwrap_or_default();
        let is_last = rest.bytes().all(|digit| digit == b'0');
        if place == '0' || !is_last {
            out.push_str(rest.get(..1).unwrap_or("0"));
        }
        self.at += 1;
    }

    /// Whether the places to come show any digit.
    fn shows_any(&self, tokens: &[Token]) -> bool {
        let has_zero = tokens.contains(&Token::Digit('0'));
        has_zero || self.digits.bytes().any(|digit| digit != b'0')
    }
}
