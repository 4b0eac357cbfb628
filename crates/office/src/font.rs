//! What the name of a font tells.

const MONOSPACED: [&str; 9] = [
    "courier",
    "consolas",
    "mono",
    "menlo",
    "lucida console",
    "inconsolata",
    "fixedsys",
    "source code",
    "fira code",
];

/// Whether the name of a font is that of one whose letters have one width, which is how code is set.
pub(crate) fn is_monospaced(font: &str) -> bool {
    let font = font.to_ascii_lowercase();
    MONOSPACED.iter().any(|name| font.contains(name)) && !font.contains("monotype")
}
