//! The ONNX graph of a BERT encoder, made from its configuration and its weights, in one of two [`Form`]s.
//!
//! Invariant: both forms compute the same but for rounding, and give their inputs of matrices in the same order.
//! Not here: pooling, which comes after, and the tokenizer, which comes before; how numbers become bytes.
//!
//! The runtime fuses the activation by itself when it loads the graph. Its fused operators for attention, for quantised attention and for
//! the sum before a layer norm were measured to be no faster or slower, so the plain ones stand here.

use std::path::Path;

use serde::Deserialize;

use crate::onnx::{Attribute, Element, Graph};
use crate::quantize::Dense;
use crate::safetensors::{Contents, Tensor};
use crate::{Error, Result, quantize};

/// The name of the weights file inside the graph.
pub(crate) const WEIGHTS: &str = "model.safetensors";

/// Added to the scores of padding before the softmax: far below any real score, but safe in single precision.
const MASKED: f32 = -1e9;

/// The lowest value of the activation, rounded down.
const GELU_LOWEST: f32 = -0.17;

/// What a graph is for.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a> {
    /// To measure by: single precision; the graph points into the weights file, and has one more output for each input of a matrix,
    /// which holds the largest magnitude of each channel.
    Measuring,
    /// To run: weights as bytes inside the graph.
    Int8 {
        /// The weights file, whole.
        weights: &'a [u8],
        /// What was measured, in the order of the measuring graph's outputs.
        magnitudes: &'a [Vec<f32>],
    },
}

/// What the graph needs of a model's `config.json`.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    model_type: String,
    pub(crate) hidden_size: u64,
    num_attention_heads: u64,
    num_hidden_layers: u64,
    intermediate_size: u64,
    vocab_size: u64,
    max_position_embeddings: u64,
    #[serde(default = "default_eps")]
    layer_norm_eps: f32,
    #[serde(default = "default_activation")]
    hidden_act: String,
    #[serde(default = "default_positions")]
    position_embedding_type: String,
}

fn default_eps() -> f32 {
    1e-12
}

fn default_activation() -> String {
    "gelu".to_owned()
}

fn default_positions() -> String {
    "absolute".to_owned()
}

impl Config {
    /// Reads and checks `config.json`.
    pub(crate) fn read(path: &Path, json: &[u8]) -> Result<Self> {
        let config: Self =
            serde_json::from_slice(json).map_err(|error| Error::corrupt(path, error.to_string()))?;
        let only = |what: &str, found: &str, known: &str| {
            let reason = || format!("{what} {found:?} is not {known:?}");
            if found == known { Ok(()) } else { Err(Error::unsupported(path, reason())) }
        };
        only("model_type", &config.model_type, "bert")?;
        only("hidden_act", &config.hidden_act, "gelu")?;
        only("position_embedding_type", &config.position_embedding_type, "absolute")?;
        let sane = (1..=1 << 14).contains(&config.hidden_size)
            && (1..=config.hidden_size).contains(&config.num_attention_heads)
            && config.hidden_size.is_multiple_of(config.num_attention_heads)
            && (1..=128).contains(&config.num_hidden_layers);
        if sane { Ok(config) } else { Err(Error::corrupt(path, "sizes do not fit together")) }
    }

    /// Longest input it was trained for.
    pub(crate) fn max_tokens(&self) -> usize {
        self.max_position_embeddings as usize
    }
}

/// Writes the graph for the weights in `contents`, which came from the file at `path`.
///
/// Inputs are `input_ids`, `attention_mask` and `token_type_ids`; the first output is `last_hidden_state`.
pub(crate) fn graph(config: &Config, path: &Path, contents: &Contents, form: Form<'_>) -> Result<Vec<u8>> {
    // Models saved with a head on top name the encoder in front.
    let prefix = ["", "bert."]
        .into_iter()
        .find(|prefix| contents.get(&format!("{prefix}embeddings.word_embeddings.weight")).is_some());
    let prefix = prefix.ok_or_else(|| Error::unsupported(path, "it holds no 32-bit word embeddings"))?;
    let (graph, measured) = (Graph::default(), Vec::new());
    let mut encoder = Encoder { config, path, contents, prefix, form, graph, measured, n_inputs: 0 };
    let mut hidden = encoder.embeddings()?;
    let mask = encoder.mask();
    for layer in 0..config.num_hidden_layers {
        hidden = encoder.layer(layer, &hidden, &mask)?;
    }
    encoder.graph.op_as("Identity", &[&hidden], &[], "last_hidden_state");
    let inputs = ["input_ids", "attention_mask", "token_type_ids"];
    Ok(encoder.graph.model(&inputs, ("last_hidden_state", config.hidden_size), &encoder.measured))
}

struct Encoder<'a> {
    config: &'a Config,
    path: &'a Path,
    contents: &'a Contents,
    prefix: &'a str,
    form: Form<'a>,
    graph: Graph,
    /// Outputs beside the encoder's own.
    measured: Vec<String>,
    /// Inputs of matrices so far.
    n_inputs: usize,
}

/// A value on its way into one or more matrices. Bytes come with the weights file, of which the matrices are made.
enum Input<'a> {
    Exact(String),
    Int8(Bytes, &'a [u8]),
}

/// A value as bytes: its name, those of its scale and its zero, and how weights must grow for it.
struct Bytes {
    bytes: String,
    scale: String,
    zero: String,
    grow: Vec<f32>,
}

impl<'a> Encoder<'a> {
    /// Word, position and type rows, added and normalised.
    fn embeddings(&mut self) -> Result<String> {
        let &Config { hidden_size: hidden, vocab_size, max_position_embeddings: positions, .. } = self.config;
        let words = self.words(vocab_size, hidden)?;
        let places = self.weight("embeddings.position_embeddings.weight", &[positions, hidden])?;
        let types = self.weight("embeddings.token_type_embeddings.weight", &[2, hidden])?;
        let graph = &mut self.graph;
        let [zero, one, two] = [0, 1, 2].map(|n| graph.integers(&[n]));
        let shape = graph.op("Shape", &["input_ids"], &[]);
        let length = graph.op("Slice", &[&shape, &one, &two], &[]);
        let places = graph.op("Slice", &[&places, &zero, &length, &zero], &[]);
        let types = graph.op("Gather", &[&types, "token_type_ids"], &[]);
        let sum = graph.op("Add", &[&words, &places], &[]);
        let sum = graph.op("Add", &[&sum, &types], &[]);
        self.layer_norm("embeddings.LayerNorm", &sum)
    }

    /// The rows of the words. As bytes, of which those of the words at hand are made numbers again: a quarter of the memory.
    fn words(&mut self, n: u64, width: u64) -> Result<String> {
        const WORDS: &str = "embeddings.word_embeddings.weight";
        let Form::Int8 { weights, .. } = self.form else {
            let words = self.weight(WORDS, &[n, width])?;
            return Ok(self.graph.op("Gather", &[&words, "input_ids"], &[]));
        };
        let rows = quantize::rows(&self.tensor(WORDS, &[n, width])?.1.floats(weights), width as usize);
        let graph = &mut self.graph;
        let words = graph.constant(Element::I8, &[n, width], &rows.bytes());
        let scales = graph.floats(&rows.scales);
        let last = graph.integers(&[-1]);
        let words = graph.op("Gather", &[&words, "input_ids"], &[]);
        let words = graph.op("Cast", &[&words], &[("to", Attribute::Int(Element::F32 as i64))]);
        let scales = graph.op("Gather", &[&scales, "input_ids"], &[]);
        let scales = graph.op("Unsqueeze", &[&scales, &last], &[]);
        Ok(graph.op("Mul", &[&words, &scales], &[]))
    }

    /// 0 for what counts and [`MASKED`] for padding, shaped to be added to attention scores.
    fn mask(&mut self) -> String {
        let graph = &mut self.graph;
        let (axes, one, masked) = (graph.integers(&[1, 2]), graph.scalar(1.0), graph.scalar(MASKED));
        let mask = graph.op("Cast", &["attention_mask"], &[("to", Attribute::Int(Element::F32 as i64))]);
        let mask = graph.op("Unsqueeze", &[&mask, &axes], &[]);
        let mask = graph.op("Sub", &[&one, &mask], &[]);
        graph.op("Mul", &[&mask, &masked], &[])
    }

    fn layer(&mut self, layer: u64, hidden: &str, mask: &str) -> Result<String> {
        let at = |name: &str| format!("encoder.layer.{layer}.{name}");
        let width = self.config.hidden_size;
        let attended = self.attention(&at("attention.self"), hidden, mask)?;
        let input = self.input(&attended, width)?;
        let attended = self.linear(&at("attention.output.dense"), &input, width, width)?;
        let attended = self.graph.op("Add", &[&attended, hidden], &[]);
        let attended = self.layer_norm(&at("attention.output.LayerNorm"), &attended)?;
        let out = self.feed_forward(&at("intermediate.dense"), &at("output.dense"), &attended)?;
        let out = self.graph.op("Add", &[&out, &attended], &[]);
        self.layer_norm(&at("output.LayerNorm"), &out)
    }

    fn attention(&mut self, name: &str, hidden: &str, mask: &str) -> Result<String> {
        let width = self.config.hidden_size;
        let heads = self.config.num_attention_heads;
        let head = width / heads;
        let split = self.graph.integers(&[0, 0, heads as i64, head as i64]);
        let joined = self.graph.integers(&[0, 0, width as i64]);
        let root = self.graph.scalar((head as f32).sqrt());
        let input = self.input(hidden, width)?;
        let mut part = |which: &str, order: &'static [i64]| {
            let x = self.linear(&format!("{name}.{which}"), &input, width, width)?;
            let x = self.graph.op("Reshape", &[&x, &split], &[]);
            Ok::<_, Error>(self.graph.op("Transpose", &[&x], &[("perm", Attribute::Ints(order))]))
        };
        let query = part("query", &[0, 2, 1, 3])?;
        let key = part("key", &[0, 2, 3, 1])?;
        let value = part("value", &[0, 2, 1, 3])?;
        let graph = &mut self.graph;
        let scores = graph.op("MatMul", &[&query, &key], &[]);
        let scores = graph.op("Div", &[&scores, &root], &[]);
        let scores = graph.op("Add", &[&scores, mask], &[]);
        let weights = graph.op("Softmax", &[&scores], &[("axis", Attribute::Int(-1))]);
        let mixed = graph.op("MatMul", &[&weights, &value], &[]);
        let mixed = graph.op("Transpose", &[&mixed], &[("perm", Attribute::Ints(&[0, 2, 1, 3]))]);
        Ok(graph.op("Reshape", &[&mixed, &joined], &[]))
    }

    /// The exact form, by the error function.
    fn gelu(&mut self, x: &str) -> String {
        let graph = &mut self.graph;
        let [root, one, half] = [std::f32::consts::SQRT_2, 1.0, 0.5].map(|value| graph.scalar(value));
        let scaled = graph.op("Div", &[x, &root], &[]);
        let erf = graph.op("Erf", &[&scaled], &[]);
        let erf = graph.op("Add", &[&erf, &one], &[]);
        let product = graph.op("Mul", &[x, &erf], &[]);
        graph.op("Mul", &[&product, &half], &[])
    }

    /// The wide part between two matrices. Its outliers are the largest of all, and are repeated.
    fn feed_forward(&mut self, first: &str, second: &str, x: &str) -> Result<String> {
        let (width, inner) = (self.config.hidden_size, self.config.intermediate_size);
        let input = self.input(x, width)?;
        let Input::Int8(bytes, weights) = input else {
            let wide = self.linear(first, &input, width, inner)?;
            let wide = self.gelu(&wide);
            let input = self.input(&wide, inner)?;
            return self.linear(second, &input, inner, width);
        };
        let (form, channels) = quantize::repeated(self.magnitudes(inner)?, GELU_LOWEST);
        let dense = self.dense(first, width, inner, weights)?.with_outputs(&channels, width as usize);
        let wide = self.product(dense, &bytes);
        let wide = self.gelu(&wide);
        let bytes = self.bytes(&wide, form);
        let dense = self.dense(second, inner, width, weights)?.with_inputs(&channels, inner as usize);
        Ok(self.product(dense, &bytes))
    }

    /// Prepares a value of `width` channels to be multiplied.
    fn input(&mut self, x: &str, width: u64) -> Result<Input<'a>> {
        let Form::Int8 { weights, .. } = self.form else {
            self.measure(x);
            return Ok(Input::Exact(x.to_owned()));
        };
        let form = quantize::shrunk(self.magnitudes(width)?);
        Ok(Input::Int8(self.bytes(x, form), weights))
    }

    fn measure(&mut self, x: &str) {
        let magnitude = self.graph.op("Abs", &[x], &[]);
        let attributes = [("axes", Attribute::Ints(&[0, 1])), ("keepdims", Attribute::Int(0))];
        self.measured.push(self.graph.op("ReduceMax", &[&magnitude], &attributes));
    }

    /// What was measured of the next input.
    fn magnitudes(&mut self, width: u64) -> Result<&'a [f32]> {
        let at = self.n_inputs;
        self.n_inputs += 1;
        let Form::Int8 { magnitudes, .. } = self.form else { return Ok(&[]) };
        let measured = magnitudes.get(at).filter(|measured| measured.len() as u64 == width);
        let missing =
            || Error::unsupported(self.path, format!("input {at} was measured to be of another size"));
        measured.map(Vec::as_slice).ok_or_else(missing)
    }

    fn bytes(&mut self, x: &str, form: quantize::Input) -> Bytes {
        let graph = &mut self.graph;
        let (shrink, scale) = (graph.floats(&form.shrink), graph.scalar(form.scale));
        let zero = graph.constant(Element::U8, &[], &[form.zero]);
        let bytes = graph.op("Mul", &[x, &shrink], &[]);
        let bytes = graph.op("QuantizeLinear", &[&bytes, &scale, &zero], &[]);
        Bytes { bytes, scale, zero, grow: form.grow }
    }

    /// Weights are kept output by input, so they are turned first.
    fn linear(&mut self, name: &str, input: &Input<'_>, from: u64, to: u64) -> Result<String> {
        match input {
            Input::Int8(bytes, weights) => {
                let dense = self.dense(name, from, to, weights)?;
                Ok(self.product(dense, bytes))
            }
            Input::Exact(x) => {
                let weight = self.weight(&format!("{name}.weight"), &[to, from])?;
                let bias = self.weight(&format!("{name}.bias"), &[to])?;
                let turned = self.graph.op("Transpose", &[&weight], &[("perm", Attribute::Ints(&[1, 0]))]);
                let product = self.graph.op("MatMul", &[x, &turned], &[]);
                Ok(self.graph.op("Add", &[&product, &bias], &[]))
            }
        }
    }

    fn dense(&self, name: &str, from: u64, to: u64, weights: &[u8]) -> Result<Dense> {
        let numbers = |part: &str, shape: &[u64]| -> Result<Vec<f32>> {
            Ok(self.tensor(&format!("{name}.{part}"), shape)?.1.floats(weights))
        };
        Ok(Dense { weights: numbers("weight", &[to, from])?, bias: numbers("bias", &[to])? })
    }

    fn product(&mut self, mut dense: Dense, input: &Bytes) -> String {
        let Bytes { bytes, scale, zero, grow } = input;
        let graph = &mut self.graph;
        dense.grow(grow);
        let rows = quantize::rows(&dense.weights, grow.len());
        let weight =
            graph.constant(Element::I8, &[grow.len() as u64, rows.scales.len() as u64], &rows.turned());
        let (scales, middle) = (graph.floats(&rows.scales), graph.constant(Element::I8, &[], &[0]));
        let bias = graph.floats(&dense.bias);
        let inputs = [bytes, &weight, scale, &scales, zero, &middle, &bias].map(String::as_str);
        graph.op("MatMulIntegerToFloat", &inputs, &[])
    }

    fn layer_norm(&mut self, name: &str, x: &str) -> Result<String> {
        let width = self.config.hidden_size;
        let weight = self.weight(&format!("{name}.weight"), &[width])?;
        let bias = self.weight(&format!("{name}.bias"), &[width])?;
        let attributes =
            [("axis", Attribute::Int(-1)), ("epsilon", Attribute::Float(self.config.layer_norm_eps))];
        Ok(self.graph.op("LayerNormalization", &[x, &weight, &bias], &attributes))
    }

    /// Adds a tensor of the weights file as it is, and returns its name.
    fn weight(&mut self, name: &str, shape: &[u64]) -> Result<String> {
        let (name, tensor) = self.tensor(name, shape)?;
        Ok(match self.form {
            Form::Measuring => {
                self.graph.external(&name, WEIGHTS, tensor);
                name
            }
            Form::Int8 { weights, .. } => self.graph.constant(Element::F32, shape, tensor.bytes(weights)),
        })
    }

    /// A tensor of the weights file and its full name, once its shape was checked.
    fn tensor(&self, name: &str, shape: &[u64]) -> Result<(String, &'a Tensor)> {
        let name = format!("{}{name}", self.prefix);
        let missing = || Error::unsupported(self.path, format!("it holds no 32-bit tensor {name:?}"));
        let tensor = self.contents.get(&name).ok_or_else(missing)?;
        if tensor.shape != shape {
            let reason = format!("{name:?} is {:?} instead of {shape:?}", tensor.shape);
            return Err(Error::corrupt(self.path, reason));
        }
        Ok((name, tensor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = r#"{"model_type":"bert","hidden_size":4,"num_attention_heads":2,"num_hidden_layers":1,
        "intermediate_size":8,"vocab_size":10,"max_position_embeddings":6}"#;

    fn config(from: &str, to: &str) -> Result<Config> {
        assert!(CONFIG.contains(from), "{from}");
        Config::read(Path::new("config.json"), CONFIG.replace(from, to).as_bytes())
    }

    /// The graph of a small model whose tensors are renamed and reshaped by `edit`.
    fn graph_of(edit: impl Fn(&str, Vec<u64>) -> (String, Vec<u64>)) -> Result<Vec<u8>> {
        let layer = "encoder.layer.0.";
        let mut tensors = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![10, 4]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![6, 4]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, 4]),
        ];
        for norm in ["embeddings", &format!("{layer}attention.output"), &format!("{layer}output")] {
            tensors.extend(["weight", "bias"].map(|part| (format!("{norm}.LayerNorm.{part}"), vec![4])));
        }
        let linear =
            [("attention.self.query", 4, 4), ("attention.self.key", 4, 4), ("attention.self.value", 4, 4)];
        for (name, from, to) in linear.into_iter().chain([
            ("attention.output.dense", 4, 4),
            ("intermediate.dense", 4, 8),
            ("output.dense", 8, 4),
        ]) {
            tensors.push((format!("{layer}{name}.weight"), vec![to, from]));
            tensors.push((format!("{layer}{name}.bias"), vec![to]));
        }
        let mut at = 0;
        let mut header = serde_json::Map::new();
        for (name, shape) in tensors {
            let (name, shape) = edit(&name, shape);
            let end = at + 4 * shape.iter().product::<u64>();
            header.insert(
                name,
                serde_json::json!({ "dtype": "F32", "shape": shape, "data_offsets": [at, end] }),
            );
            at = end;
        }
        let header = serde_json::to_vec(&header).unwrap();
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        file.resize(file.len() + at as usize, 0);
        let path = Path::new(WEIGHTS);
        let (config, contents) = (config("bert", "bert")?, Contents::read(path, &file)?);
        let measuring = graph(&config, path, &contents, Form::Measuring)?;
        let magnitudes: Vec<Vec<f32>> = [4, 4, 4, 8].map(|width| vec![1.0; width]).into();
        let int8 = |magnitudes: &[Vec<f32>]| {
            graph(&config, path, &contents, Form::Int8 { weights: &file, magnitudes })
        };
        assert!(int8(&magnitudes)?.len() > 300);
        assert!(matches!(int8(&magnitudes[..3]), Err(Error::Unsupported { .. })));
        let swapped: Vec<Vec<f32>> = magnitudes.into_iter().rev().collect();
        assert!(matches!(int8(&swapped), Err(Error::Unsupported { .. })));
        Ok(measuring)
    }

    #[test]
    fn measuring_graphs_point_at_every_tensor_and_hold_none() {
        let graph = graph_of(|name, shape| (name.to_owned(), shape)).unwrap();
        assert!(graph.len() < 10_000, "{} bytes", graph.len());
        let prefixed = graph_of(|name, shape| (format!("bert.{name}"), shape)).unwrap();
        assert!(prefixed.len() > graph.len());
    }

    #[test]
    fn weights_that_do_not_fit_are_refused() {
        let swap = |which: &'static str, to: &'static str| {
            graph_of(move |name, shape| (if name.ends_with(which) { to } else { name }.to_owned(), shape))
        };
        assert!(matches!(swap("word_embeddings.weight", "x"), Err(Error::Unsupported { .. })));
        assert!(matches!(swap("key.bias", "x"), Err(Error::Unsupported { .. })));
        let longer = graph_of(|name, shape| {
            let shape = if name.ends_with("value.bias") { vec![5] } else { shape };
            (name.to_owned(), shape)
        });
        assert!(matches!(longer, Err(Error::Corrupt { .. })));
    }

    #[test]
    fn other_architectures_are_refused() {
        assert!(matches!(config("bert", "roberta"), Err(Error::Unsupported { .. })));
        assert!(matches!(config("{", r#"{"hidden_act":"relu","#), Err(Error::Unsupported { .. })));
        assert!(matches!(
            config("{", r#"{"position_embedding_type":"rotary","#),
            Err(Error::Unsupported { .. })
        ));
        assert!(matches!(
            config(r#""num_attention_heads":2"#, r#""num_attention_heads":3"#),
            Err(Error::Corrupt { .. })
        ));
        assert!(matches!(
            config(r#""num_attention_heads":2"#, r#""num_attention_heads":0"#),
            Err(Error::Corrupt { .. })
        ));
        assert!(matches!(config("}", ""), Err(Error::Corrupt { .. })));
        assert!(config("{", r#"{"layer_norm_eps":1e-5,"#).is_ok());
    }
}
