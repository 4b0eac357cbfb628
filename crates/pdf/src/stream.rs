//! Streams unfolded within a bound (PDF 32000-1, 7.4).
//!
//! Invariant: no more than the budget's bytes come out of a stream, however little went in; a stream that breaks off gives what came
//! before the break.
//! Not here: images, which are never unfolded.

mod filters;
mod lzw;
mod predictor;

use std::borrow::Cow;

use hayro_syntax::Filter;
use hayro_syntax::object::{Array, Dict, Object, Stream};

use crate::budget::Budget;
pub(crate) use filters::inflate;
use predictor::Predictor;

/// The content of a stream, or nothing if it is an image.
pub(crate) fn decode<'a>(stream: &Stream<'a>, budget: &mut Budget) -> Option<Cow<'a, [u8]>> {
    let filters = stream.filters();
    if filters.iter().any(|&filter| is_image(filter)) {
        return None;
    }
    let mut parameters = parameters(stream.dict()).into_iter();
    let mut data = stream.raw_data();
    for filter in filters {
        let limit = budget.stream_bytes();
        let parameters = parameters.next().flatten().unwrap_or_default();
        let unfolded = match filter {
            Filter::FlateDecode => inflate(&data, limit),
            Filter::LzwDecode => lzw::decode(&data, parameters.get::<i32>("EarlyChange") != Some(0), limit),
            Filter::RunLengthDecode => filters::run_length(&data, limit),
            Filter::AsciiHexDecode => filters::ascii_hex(&data),
            Filter::Ascii85Decode => filters::ascii_85(&data),
            _ => continue,
        };
        budget.took_stream(unfolded.len());
        let predictor = matches!(filter, Filter::FlateDecode | Filter::LzwDecode)
            .then(|| Predictor::new(&parameters))
            .flatten();
        data = Cow::Owned(match predictor {
            Some(predictor) => predictor.undo(unfolded),
            None => unfolded,
        });
    }
    Some(data)
}

fn is_image(filter: Filter) -> bool {
    matches!(filter, Filter::DctDecode | Filter::JpxDecode | Filter::Jbig2Decode | Filter::CcittFaxDecode)
}

/// More filters than this nobody puts one upon the other.
const FILTERS: usize = 8;

/// What the dictionary says to each filter, in their order.
fn parameters<'a>(dict: &Dict<'a>) -> Vec<Option<Dict<'a>>> {
    for key in ["DecodeParms", "DP"] {
        if let Some(one) = dict.get::<Dict<'a>>(key) {
            return vec![Some(one)];
        }
        if let Some(all) = dict.get::<Array<'a>>(key) {
            let one = |object: Object<'a>| match object {
                Object::Dict(dict) => Some(dict),
                _ => None,
            };
            return all.iter::<Object<'a>>().take(FILTERS).map(one).collect();
        }
    }
    Vec::new()
}
