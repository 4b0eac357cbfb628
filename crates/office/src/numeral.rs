//! Numbers as lists write them: 4, d, iv.

/// The longest run of one letter, for lists that go on after `z`.
const MAX_REPEATS: u32 = 8;

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

/// `A` to `Z`, then `AA`, `BB`, ..., as word processors go on.
fn letters(n: u32) -> String {
    let Some(i) = n.checked_sub(1) else { return "0".to_owned() };
    let repeats = (i / 26 + 1).min(MAX_REPEATS);
    let letter = char::from(b'A' + (i % 26) as u8);
    std::iter::repeat_n(letter, repeats as usize).collect()
}

fn roman(mut n: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if n == 0 || n >= 4000 {
        return n.to_string();
    }
    let mut out = String::new();
    for (value, sign) in SIGNS {
        while n >= value {
            out.push_str(sign);
            n -= value;
        }
    }
    out
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
