//! Numbers as lists write them: 4, d, iv.

use extract::{letters, roman};

/// How a level of a list writes its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Numeral {
    #[default]
    Decimal,
    /// `01`, `02`, ...
    Padded,
    LowerLetter,
    UpperLetter,
    LowerRoman,
    UpperRoman,
    /// Not at all.
    Empty,
    /// With a sign that is no number.
    Bullet,
}

impl Numeral {
    /// By its name in a Word document. What counts in words or in other scripts is written in figures.
    pub(crate) fn of_word(name: &str) -> Self {
        match name {
            "bullet" => Self::Bullet,
            "none" => Self::Empty,
            "decimalZero" => Self::Padded,
            "lowerLetter" => Self::LowerLetter,
            "upperLetter" => Self::UpperLetter,
            "lowerRoman" => Self::LowerRoman,
            "upperRoman" => Self::UpperRoman,
            _ => Self::Decimal,
        }
    }

    /// By its sample in an OpenDocument: `1`, `a`, `I`.
    pub(crate) fn of_sample(sample: &str) -> Self {
        match sample {
            "" => Self::Empty,
            "a" => Self::LowerLetter,
            "A" => Self::UpperLetter,
            "i" => Self::LowerRoman,
            "I" => Self::UpperRoman,
            _ => Self::Decimal,
        }
    }

    /// `n`, written this way.
    pub(crate) fn write(self, n: u32) -> String {
        match self {
            Self::Decimal => n.to_string(),
            Self::Padded => format!("{n:02}"),
            Self::LowerLetter => letters(n).to_ascii_lowercase(),
            Self::UpperLetter => letters(n),
            Self::LowerRoman => roman(n).to_ascii_lowercase(),
            Self::UpperRoman => roman(n),
            Self::Empty | Self::Bullet => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_lists_do() {
        for (numeral, n, expected) in [
            (Numeral::Decimal, 12, "12"),
            (Numeral::Padded, 3, "03"),
            (Numeral::LowerLetter, 26, "z"),
            (Numeral::UpperLetter, 28, "BB"),
            (Numeral::LowerLetter, 0, "0"),
            (Numeral::LowerRoman, 1994, "mcmxciv"),
            (Numeral::UpperRoman, 4, "IV"),
            (Numeral::UpperRoman, u32::MAX, "4294967295"),
            (Numeral::Empty, 4, ""),
        ] {
            assert_eq!(numeral.write(n), expected);
        }
        assert!(Numeral::LowerLetter.write(u32::MAX).len() <= 8);
    }
}
