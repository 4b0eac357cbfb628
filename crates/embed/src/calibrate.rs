//! How large the numbers inside a model get: measured on a few texts of every kind, by the model itself in single precision.
//!
//! Invariant: nothing here depends on what a user has; the texts are part of the program.
//! Not here: what is made of it.

use fastembed::TextEmbedding;

use crate::{Error, Result};

/// Texts with an empty line between each: prose, code, tables, logs, questions and single words, in many languages, since the largest
/// numbers are reached by what is unusual.
pub(crate) const TEXTS: &str = include_str!("calibration.txt");

/// The largest magnitude of each channel of each further output of `model`, the first being what it is for.
pub(crate) fn magnitudes(model: &mut TextEmbedding) -> Result<Vec<Vec<f32>>> {
    let failed = |reason: String| Error::Inference { reason };
    let mut largest: Vec<Vec<f32>> = Vec::new();
    for text in TEXTS.split("\n\n") {
        let runs = model.transform([text], None).map_err(|error| failed(error.to_string()))?.into_raw();
        for (at, (_, output)) in runs.iter().flat_map(|run| run.outputs.iter().skip(1).enumerate()) {
            let (_, found) = output.try_extract_tensor::<f32>().map_err(|error| failed(error.to_string()))?;
            if largest.len() <= at {
                largest.resize(at + 1, vec![0.0; found.len()]);
            }
            largest[at].iter_mut().zip(found).for_each(|(largest, found)| *largest = largest.max(*found));
        }
    }
    largest.iter_mut().flatten().for_each(|magnitude| *magnitude = round_up(*magnitude));
    Ok(largest)
}

/// To the next of sixteen steps between powers of two, so that machines whose last digits differ come to the same scales.
fn round_up(magnitude: f32) -> f32 {
    const STEP: u32 = 1 << 19;
    if magnitude.is_finite() { f32::from_bits(magnitude.to_bits().next_multiple_of(STEP)) } else { f32::MAX }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_sixteenths() {
        let check = |from, to| assert_eq!(round_up(from), to);
        check(0.0, 0.0);
        check(1.0, 1.0);
        check(1.000_001, 1.0625);
        check(2.1, 2.125);
        check(3.9, 4.0);
        check(f32::NAN, f32::MAX);
        check(f32::INFINITY, f32::MAX);
        check(f32::MIN_POSITIVE, f32::MIN_POSITIVE);
    }

    #[test]
    fn texts_are_many_and_none_is_empty() {
        let texts: Vec<&str> = TEXTS.split("\n\n").collect();
        assert!(texts.len() > 50 && texts.iter().all(|text| !text.trim().is_empty()), "{}", texts.len());
    }
}
