//! Writes ONNX graphs: the few messages of its protobuf format that a graph of ours needs.
//!
//! Invariant: what is written is a valid model of opset 17 and the runtime's own operators, if the operators are.
//! Not here: which operators; reading.
//!
//! Field numbers are those of `onnx.proto` (ONNX IR version 8). A protobuf message is a sequence of fields, each a key (number and
//! wire type) and a value; messages nest as length-prefixed bytes.

use crate::safetensors::Tensor;

const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;

/// The operators we use that are the runtime's own and not the standard's, and the name of their collection.
const RUNTIMES_OWN: [&str; 1] = ["MatMulIntegerToFloat"];
const RUNTIME: &str = "com.microsoft";

/// Kinds of elements, by their numbers in `TensorProto.DataType`.
#[derive(Clone, Copy)]
pub(crate) enum Element {
    F32 = 1,
    U8 = 2,
    I8 = 3,
    I64 = 7,
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: Self) -> Self {
        self.bytes(field, &value.0)
    }

    fn each<T>(self, items: impl IntoIterator<Item = T>, add: impl Fn(Self, T) -> Self) -> Self {
        items.into_iter().fold(self, add)
    }
}

/// An attribute of an operator.
pub(crate) enum Attribute {
    Int(i64),
    Ints(&'static [i64]),
    Float(f32),
}

/// A graph being put together. Values are named by strings; a name is given out once.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Vec<Message>,
    initializers: Vec<Message>,
    n_values: usize,
}

impl Graph {
    /// Adds an operator with one output, and returns the output's name.
    pub(crate) fn op(&mut self, kind: &str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> String {
        self.n_values += 1;
        let output = format!("{kind}_{}", self.n_values);
        self.op_as(kind, inputs, attributes, &output);
        output
    }

    /// As [`Self::op`], with a name for the output.
    pub(crate) fn op_as(
        &mut self,
        kind: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
        output: &str,
    ) {
        let node = Message::default()
            .each(inputs, |node, input| node.text(1, input))
            .text(2, output)
            .text(3, output)
            .text(4, kind)
            .each(attributes, |node, (name, value)| node.message(5, attribute(name, value)))
            .text(7, if RUNTIMES_OWN.contains(&kind) { RUNTIME } else { "" });
        self.nodes.push(node);
    }

    /// Adds weights that lie in another file.
    pub(crate) fn external(&mut self, name: &str, file: &str, tensor: &Tensor) {
        let place = [
            ("location", file.to_owned()),
            ("offset", tensor.offset.to_string()),
            ("length", tensor.length.to_string()),
        ];
        let message = Message::default()
            .each(&tensor.shape, |message, &side| message.number(1, side))
            .number(2, Element::F32 as u64)
            .text(8, name)
            .each(place, |message, (key, value)| {
                message.message(13, Message::default().text(1, key).text(2, &value))
            })
            .number(14, 1);
        self.initializers.push(message);
    }

    /// Adds a list of whole numbers, and returns its name.
    pub(crate) fn integers(&mut self, values: &[i64]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Element::I64, &[values.len() as u64], &raw)
    }

    /// Adds one floating point number, and returns its name.
    pub(crate) fn scalar(&mut self, value: f32) -> String {
        self.constant(Element::F32, &[], &value.to_le_bytes())
    }

    /// Adds floating point numbers in a row, and returns their name.
    pub(crate) fn floats(&mut self, values: &[f32]) -> String {
        let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.constant(Element::F32, &[values.len() as u64], &raw)
    }

    /// Adds numbers of any kind as their little-endian bytes, and returns their name.
    pub(crate) fn constant(&mut self, element: Element, shape: &[u64], raw: &[u8]) -> String {
        self.n_values += 1;
        let name = format!("constant_{}", self.n_values);
        let message = Message::default()
            .each(shape, |message, &side| message.number(1, side))
            .number(2, element as u64)
            .text(8, &name)
            .bytes(9, raw);
        self.initializers.push(message);
        name
    }

    /// The model file: `inputs` of whole numbers shaped batch by sequence; outputs `encoded`, with `width` numbers for each of them, and
    /// `lists` of numbers.
    pub(crate) fn model(self, inputs: &[&str], (encoded, width): (&str, u64), lists: &[String]) -> Vec<u8> {
        const BATCH: [Side; 2] = [Side::Any("batch"), Side::Any("sequence")];
        let [batch, sequence] = BATCH;
        let graph = Message::default()
            .each(self.nodes, |graph, node| graph.message(1, node))
            .text(2, "encoder")
            .each(self.initializers, |graph, initializer| graph.message(5, initializer))
            .each(inputs, |graph, input| graph.message(11, value(input, Element::I64, &BATCH)))
            .message(12, value(encoded, Element::F32, &[batch, sequence, Side::Known(width)]))
            .each(lists, |graph, list| {
                graph.message(12, value(list, Element::F32, &[Side::Any("channels")]))
            });
        let opset = |domain, version| Message::default().text(1, domain).number(2, version);
        Message::default()
            .number(1, IR_VERSION)
            .message(7, graph)
            .message(8, opset("", OPSET))
            .message(8, opset(RUNTIME, 1))
            .0
    }
}

/// One side of a tensor.
#[derive(Clone, Copy)]
enum Side {
    Known(u64),
    Any(&'static str),
}

fn attribute(name: &str, value: &Attribute) -> Message {
    const FLOAT: u64 = 1;
    const INT: u64 = 2;
    const INTS: u64 = 7;
    let message = Message::default().text(1, name);
    match value {
        Attribute::Float(value) => message.float(2, *value).number(20, FLOAT),
        Attribute::Int(value) => message.number(3, value.cast_unsigned()).number(20, INT),
        Attribute::Ints(values) => {
            message.each(*values, |message, value| message.number(8, value.cast_unsigned())).number(20, INTS)
        }
    }
}

fn value(name: &str, element: Element, sides: &[Side]) -> Message {
    let shape = Message::default().each(sides, |shape, side| {
        let side = match side {
            Side::Known(side) => Message::default().number(1, *side),
            Side::Any(name) => Message::default().text(2, name),
        };
        shape.message(1, side)
    });
    let tensor = Message::default().number(1, element as u64).message(2, shape);
    Message::default().text(1, name).message(2, Message::default().message(1, tensor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_encoded_as_the_protobuf_guide_says() {
        assert_eq!(Message::default().number(1, 150).0, [0x08, 0x96, 0x01]);
        assert_eq!(Message::default().text(2, "testing").0, b"\x12\x07testing");
        assert_eq!(
            Message::default().message(3, Message::default().number(1, 150)).0,
            [0x1a, 0x03, 0x08, 0x96, 0x01]
        );
        assert_eq!(Message::default().float(2, 1.0).0, [0x15, 0, 0, 0x80, 0x3f]);
        assert_eq!(Message::default().number(20, u64::MAX).0.len(), 2 + 10);
    }
}
