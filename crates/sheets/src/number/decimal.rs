//! Decimal digits of a number, rounded as spreadsheets round: half away from zero, on the fifteen digits that they keep.

/// What spreadsheets keep of a number.
const DIGITS: usize = 15;
/// What a cell without a format shows of a fraction.
const SHOWN_DIGITS: usize = 10;
/// More places than this no number has.
const MAX_PLACES: usize = 100;

/// Digits and the place of the point: 12.5 is `125` with the point after 2.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// Of a number that is not below zero.
    fn new(number: f64) -> Self {
        let text = format!("{number:.*e}", DIGITS - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        Self { digits, point: exponent.parse::<i32>().unwrap_or(0) + 1 }
    }

    /// Keeps the first `count` digits, which may be none.
    fn round(&mut self, count: usize) {
        let Some(&next) = self.digits.get(count) else { return };
        self.digits.truncate(count);
        if next < 5 {
            return;
        }
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
        self.point += 1;
    }

    fn whole(&self) -> String {
        (0..self.point.max(0)).map(|i| self.digit(i)).collect()
    }

    fn fraction(&self, places: usize) -> String {
        (0..places as i32).map(|i| self.digit(self.point + i)).collect()
    }

    fn digit(&self, at: i32) -> char {
        let digit = usize::try_from(at).ok().and_then(|at| self.digits.get(at));
        char::from(b'0' + digit.copied().unwrap_or(0))
    }
}

/// The digits before and after the point, rounded to `places`. Below one there are no digits before the point.
pub(super) fn fixed(number: f64, places: usize) -> (String, String) {
    let places = places.min(MAX_PLACES);
    let mut decimal = Decimal::new(number.abs());
    match usize::try_from(decimal.point + places as i32) {
        Ok(count) => decimal.round(count),
        // Less than half of the last place.
        Err(_) => decimal.digits.clear(),
    }
    let whole = decimal.whole().trim_start_matches('0').to_owned();
    (whole, decimal.fraction(places))
}

/// A number without a format: all digits of what is whole, ten in all of what is not.
pub(crate) fn general(number: f64) -> String {
    if !number.is_finite() {
        return "#NUM!".to_owned();
    }
    // What is whole needs no rounding, and most numbers are.
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).to_string();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-9..1e18).contains(&size) {
        let mut decimal = Decimal::new(size);
        decimal.round(SHOWN_DIGITS);
        let exponent = decimal.point - 1;
        decimal.point = 1;
        let fraction = decimal.fraction(SHOWN_DIGITS);
        let sign = if exponent < 0 { '-' } else { '+' };
        return signed(number, join(&decimal.whole(), &fraction)) + &format!("E{sign}{:02}", exponent.abs());
    }
    let whole_digits = usize::try_from(Decimal::new(size).point).unwrap_or(0);
    let (whole, fraction) = fixed(size, SHOWN_DIGITS.saturating_sub(whole_digits.max(1)));
    signed(number, join(if whole.is_empty() { "0" } else { &whole }, &fraction))
}

fn join(whole: &str, fraction: &str) -> String {
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn signed(number: f64, words: String) -> String {
    if number < 0.0 && words.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        format!("-{words}")
    } else {
        words
    }
}
