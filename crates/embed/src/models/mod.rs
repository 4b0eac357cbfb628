//! Model files on disk: what is installed, whether it is sound, and how it gets there.
//!
//! Invariant: a folder under its final name is whole; installing ends with one rename.
//! Not here: running models; where the models folder is, which the caller decides.
//!
//! ```text
//! DIR/all-MiniLM-L6-v2/manifest.json   what it is, and the SHA-256 of every file
//!                      model.safetensors, tokenizer.json, config.json, ...
//!                      encoder.int8    made of these when the model is first loaded; may be deleted
//! DIR/runtime/libonnxruntime.so        the ONNX Runtime library
//! ```

mod folder;
mod known;
mod manifest;
mod pip;
mod sha256;

pub(crate) use folder::sync_folder;
pub use folder::{install_from_folder, list, verify};
pub use manifest::{Manifest, Pooling};
pub use pip::{Progress, install_from_pip, install_runtime_from_pip, runtime_library};

pub(crate) use folder::{read_manifest, read_verified};
