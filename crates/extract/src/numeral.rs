//! Numbers as lists write them, in letters and Roman.

/// The longest run of one letter, for lists that go on after `Z`.
const MAX_REPEATS: u32 = 8;

/// `A` to `Z`, then `AA`, `BB`, ..., as word processors go on.
#[must_use]
pub fn letters(n: u32) -> String {
    let Some(i) = n.checked_sub(1) else { return "0".to_owned() };
    let repeats = (i / 26 + 1).min(MAX_REPEATS);
    let letter = char::from(b'A' + (i % 26) as u8);
    std::iter::repeat_n(letter, repeats as usize).collect()
}

/// `I`, `II`, ... up to 3999; what is beyond is written in figures.
#[must_use]
pub fn roman(mut n: u32) -> String {
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
    fn numbers_in_letters_and_roman() {
        assert_eq!([0, 1, 26, 28].map(letters), ["0", "A", "Z", "BB"]);
        assert!(letters(u32::MAX).len() <= 8);
        assert_eq!([0, 4, 1994, 4000].map(roman), ["0", "IV", "MCMXCIV", "4000"]);
    }
}
