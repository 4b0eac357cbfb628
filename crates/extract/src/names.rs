//! What a file's name says about its format.
//!
//! Invariant: every extension, file name and interpreter is listed once, in lower case.

use corpus::{DocPath, Format, Language};

use Format::{
    AsciiDoc, Code, Csv, Doc, Docx, Email, Epub, Html, Image, Json, JsonLines, Latex, Markdown, Mbox, Msg,
    Notebook, Odp, Ods, Odt, Org, Pdf, Ppt, Pptx, Rst, Rtf, Tar, Text, Toml, Xls, Xlsx, Xml, Yaml, Zip,
};

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A format that is read.
    Read(Format),
    /// A kind that is known and not read, as [`crate::Skip::Unsupported`] names it.
    Unread(&'static str),
}

impl Named {
    /// The format, if it is one that is read.
    pub(crate) fn format(self) -> Option<Format> {
        match self {
            Self::Read(format) => Some(format),
            Self::Unread(_) => None,
        }
    }
}

const OTHER: Format = Code(Language::Other);

/// Extensions without their dot.
const EXTENSIONS: &[(Format, &str)] = &[
    (Markdown, "md markdown mdown mkd mkdn mdx rmd qmd"),
    (Text, "txt text log textile wiki bib srt vtt nfo diff patch"),
    (Html, "html htm xhtml shtml"),
    (Csv, "csv tsv tab psv"),
    (Json, "json geojson json5 jsonc webmanifest har avsc topojson"),
    (JsonLines, "jsonl ndjson ldjson"),
    (Yaml, "yaml yml cff"),
    (Toml, "toml"),
    (Xml, "xml rss atom opml dbk docbook tei nxml jats dita ditamap fb2 kml"),
    (Rst, "rst rest"),
    (AsciiDoc, "adoc asciidoc"),
    (Org, "org"),
    (Latex, "tex latex ltx"),
    (Notebook, "ipynb"),
    (Pdf, "pdf"),
    (Docx, "docx docm dotx dotm"),
    (Doc, "doc dot"),
    (Odt, "odt ott"),
    (Rtf, "rtf"),
    (Pptx, "pptx pptm ppsx ppsm potx potm"),
    (Ppt, "ppt pps pot"),
    (Odp, "odp otp"),
    (Xlsx, "xlsx xlsm xltx xltm xlsb"),
    (Xls, "xls xlt xla"),
    (Ods, "ods ots"),
    (Epub, "epub"),
    (Email, "eml emlx"),
    (Mbox, "mbox mbx"),
    (Msg, "msg oft"),
    (Image, "png jpg jpeg jpe jfif gif webp bmp tif tiff svg heic heif avif"),
    (Zip, "zip"),
    (Tar, "tar tgz"),
    (Code(Language::Rust), "rs"),
    (Code(Language::Python), "py pyi pyw bzl star"),
    (Code(Language::JavaScript), "js mjs cjs jsx"),
    (Code(Language::TypeScript), "ts mts cts"),
    (Code(Language::Tsx), "tsx"),
    (Code(Language::Go), "go"),
    (Code(Language::Java), "java"),
    (Code(Language::C), "c h"),
    (Code(Language::Cpp), "cpp cc cxx c++ hpp hh hxx h++ ipp tpp inl cu cuh ino"),
    (OTHER, OTHER_LANGUAGES),
    (OTHER, CONFIGURATION),
];

const OTHER_LANGUAGES: &str = "adb ads agda applescript as asm awk bas bash bat bicep cl clj cljc cljs cmake cmd coffee cr \
         cs csh css cue cypher d dart dhall e edn el elm erl ex exs f f03 f08 f90 f95 fish fnl for fs \
         fsi fsx gd gleam glsl gql gradle graphql groovy hbs hcl hlsl hrl hs hx idr janet jl jsonnet \
         kt kts less lhs libsonnet lisp ll lua m mak make mk ml mli mm mojo move nim nix nu odin pas \
         php pl plist pm pp pro prolog proto ps1 psm1 pug purs r raku rb rego res rkt roc s sass \
         scala scm scss sh sol sql styl sv svelte swift tcl tf tfvars thrift typ v vala vb vhd vhdl \
         vim vue wat wgsl wit xsd xsl xslt zig zsh";

const CONFIGURATION: &str = "cfg cnf conf config csproj desktop editorconfig env ini mod ninja properties resx service \
         sln timer vcxproj";

/// Whole file names, in lower case.
const FILE_NAMES: &[(Format, &str)] = &[
    (
        OTHER,
        "makefile gnumakefile dockerfile containerfile jenkinsfile vagrantfile rakefile gemfile \
         brewfile procfile justfile caddyfile podfile fastfile snakefile cmakelists.txt meson.build \
         go.mod go.work .bashrc .bash_profile .bash_aliases .profile .zshrc .zshenv .zprofile .vimrc \
         .gvimrc .emacs .inputrc .tmux.conf .gitconfig .npmrc .editorconfig .env pkgbuild kconfig \
         doxyfile",
    ),
    (Code(Language::Python), "build build.bazel workspace sconstruct sconscript wscript"),
    (
        Text,
        "readme license licence copying authors contributors maintainers changelog changes news \
         notice todo install codeowners requirements.txt go.sum yarn.lock gemfile.lock .gitignore \
         .gitattributes .gitmodules .dockerignore .npmignore .mailmap .ignore",
    ),
    (Toml, "cargo.lock pipfile poetry.lock uv.lock pdm.lock"),
    (Json, "composer.lock pipfile.lock flake.lock .babelrc .eslintrc .prettierrc .jshintrc"),
    (Yaml, ".clang-format .clang-tidy pubspec.lock"),
];

/// Extensions of kinds without a reader.
const UNREAD: &[(&str, &str)] = &[
    ("a flat OpenDocument file", "fodt fods fodp fodg"),
    ("PostScript", "ps eps"),
    ("an Apple document", "pages numbers key"),
    ("a drawing", "odg otg vsd vsdx vdx"),
    ("an e-book of this kind", "mobi azw azw3 djvu cbz cbr"),
    ("a mail store", "pst ost"),
    ("a Parquet table", "parquet feather arrow avro orc"),
    ("a package", "jar war ear aar apk aab ipa whl egg crate nupkg vsix xpi appx msix gem snap"),
    ("an archive", "7z rar deb rpm iso dmg cab a ar cpio"),
    ("a compressed file", "gz bz2 tbz tbz2 xz txz zst tzst lz4 br lzma z"),
    ("an image of this kind", "ico icns psd ai xcf raw cr2 nef jxl emf wmf"),
    ("a recording", "mp3 wav flac ogg oga opus m4a aac wma mp4 m4v mov avi mkv webm wmv mpg mpeg"),
    ("a font", "ttf otf woff woff2 eot"),
    ("a database", "sqlite sqlite3 db mdb accdb"),
    ("a program", "exe msi dll so dylib o obj lib rlib rmeta wasm class pyc pyo pdb"),
    ("model weights", "safetensors gguf onnx pt pth npy npz pkl"),
];

/// Compressed archives, whose kind takes two extensions to tell.
const TWO_EXTENSIONS: [(&str, Named); 1] = [(".tar.gz", Named::Read(Tar))];

/// Interpreters of a `#!` line that have a grammar; every other one is code without.
const INTERPRETERS: &[(&str, Language)] = &[
    ("python", Language::Python),
    ("node", Language::JavaScript),
    ("deno", Language::TypeScript),
    ("bun", Language::TypeScript),
];

/// What the name of the file says, if it says anything.
pub(crate) fn by_name(path: &DocPath) -> Option<Named> {
    let name = path.file_name().to_lowercase();
    if let Some(format) = lookup(FILE_NAMES, &name) {
        return Some(Named::Read(format));
    }
    if let Some((_, named)) = TWO_EXTENSIONS.iter().find(|(end, _)| name.ends_with(end)) {
        return Some(*named);
    }
    let (stem, extension) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).unwrap_or((&name, ""));
    if let Some(format) = lookup(EXTENSIONS, extension) {
        return Some(Named::Read(format));
    }
    if let Some(what) = lookup(UNREAD, extension) {
        return Some(Named::Unread(what));
    }
    // `Dockerfile.prod`, `README.old`, `Makefile.am`
    lookup(FILE_NAMES, stem).map(Named::Read)
}

/// The format of a script with this `#!` line.
pub(crate) fn by_interpreter(line: &str) -> Format {
    let words = line.trim_start_matches("#!").split(['/', ' ', '\t', '\r']).filter(|word| !word.is_empty());
    let known =
        words.filter_map(|word| INTERPRETERS.iter().find(|(name, _)| word.starts_with(name))).next_back();
    Code(known.map_or(Language::Other, |(_, language)| *language))
}

fn lookup<T: Copy>(table: &[(T, &str)], name: &str) -> Option<T> {
    table
        .iter()
        .find(|(_, names)| names.split_ascii_whitespace().any(|known| known == name))
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_listed_once_in_lower_case() {
        let unread = UNREAD.iter().flat_map(|(_, names)| names.split_ascii_whitespace());
        let mut extensions: Vec<_> =
            EXTENSIONS.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).chain(unread).collect();
        let mut names: Vec<_> =
            FILE_NAMES.iter().flat_map(|(_, names)| names.split_ascii_whitespace()).collect();
        for list in [&mut extensions, &mut names] {
            assert!(list.iter().all(|name| *name == name.to_lowercase()));
            let n = list.len();
            list.sort_unstable();
            list.dedup();
            assert_eq!(list.len(), n, "a name is listed twice");
        }
        assert!(extensions.iter().all(|extension| !extension.contains('.')));
    }
}
