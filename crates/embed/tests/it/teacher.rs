//! The real model and runtime: right vectors, and clear errors for wrong libraries and damaged files.

use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use workroom_embed::{Embedder, Error, Teacher, models};

const NAME: &str = "all-MiniLM-L6-v2";

/// One for all tests: loading takes the better part of a second.
pub(crate) static TEACHER: LazyLock<Teacher> = LazyLock::new(|| {
    let dir = crate::models();
    Teacher::load(&dir.join(NAME), &models::runtime_library(&dir), 2).unwrap()
});

/// A text and its vector by the reference: the same weights in ONNX Runtime for Python, with a graph made by other code.
#[derive(Deserialize)]
struct Golden {
    text: String,
    vector: Vec<f32>,
}

static GOLDEN: LazyLock<Vec<Golden>> =
    LazyLock::new(|| serde_json::from_str(include_str!("golden.json")).unwrap());

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn vectors_equal_the_reference() {
    let texts: Vec<&str> = GOLDEN.iter().map(|golden| &*golden.text).collect();
    let vectors = TEACHER.embed_passages(&texts).unwrap();
    for (golden, vector) in GOLDEN.iter().zip(&vectors) {
        // Single precision against 8 bits. A wrong graph, a wrong scale or an overflow is far below this.
        let near = cosine(&golden.vector, vector);
        assert!(near > 0.995, "{:?} has a cosine of {near} to the reference", golden.text);
    }
}

#[test]
fn vectors_do_not_depend_on_their_company() {
    let long =
        "a much longer text, by which all others of its batch would be scaled if one scale were theirs; "
            .repeat(8);
    for golden in GOLDEN.iter() {
        let alone = TEACHER.embed_query(&golden.text).unwrap();
        let texts = [&*golden.text, "x", "0x7fff5694dc58 🦀", &*long];
        let in_company = TEACHER.embed_passages(&texts).unwrap().swap_remove(0);
        let difference = alone.iter().zip(&in_company).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(difference < 1e-3 && cosine(&alone, &in_company) > 0.9999, "{:?}: {difference}", golden.text);
    }
}

#[test]
fn the_encoder_is_kept_and_made_again_when_it_is_damaged() {
    let installed = crate::models();
    let library = models::runtime_library(&installed);
    let dir = tempfile::tempdir().unwrap();
    models::install_from_folder(&installed.join(NAME), dir.path(), NAME).unwrap();
    let folder = dir.path().join(NAME);
    let vector = || Teacher::load(&folder, &library, 1).unwrap().embed_query("passport").unwrap();
    let first = vector();
    let kept = folder.join("encoder.int8");
    let whole = std::fs::read(&kept).unwrap();
    assert_eq!(vector(), first);
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    std::fs::write(&kept, damaged).unwrap();
    assert_eq!(vector(), first);
    assert!(std::fs::read(&kept).unwrap() == whole, "the damaged file was not replaced");
    // Weights are not needed once the encoder is there, and are read and found damaged when it is not.
    std::fs::write(folder.join("model.safetensors"), "").unwrap();
    assert_eq!(vector(), first);
    std::fs::remove_file(&kept).unwrap();
    assert!(matches!(Teacher::load(&folder, &library, 1), Err(Error::Corrupt { .. })));
}

#[test]
fn order_is_kept_and_nothing_is_a_zero_vector() {
    let texts =
        ["", "a long text about nothing in particular, to be sorted behind", "short", " \n\u{200b}", "short"];
    let vectors = TEACHER.embed_passages(&texts).unwrap();
    let norms: Vec<i32> = vectors.iter().map(|v| cosine(v, v).round() as i32).collect();
    assert_eq!(norms, [0, 1, 1, 0, 1]);
    assert!(cosine(&vectors[2], &vectors[4]) > 0.99999);
    assert!(cosine(&vectors[1], &vectors[2]) < 0.9);
    assert_eq!(TEACHER.embed_query("").unwrap(), vectors[0]);
    assert!(TEACHER.embed_passages(&[]).unwrap().is_empty());
}

#[test]
fn says_what_it_is() {
    let info = TEACHER.model();
    assert_eq!((&*info.name, &*info.space, info.dim, info.max_tokens), (NAME, NAME, 384, 256));
    assert_eq!(info.checksum, "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db int8");
}

/// The error of loading the model with another library. Also when the right one is loaded already, as other tests see to.
fn check_runtime(library: &Path) -> String {
    let error = Teacher::load(&crate::models().join(NAME), library, 1).err().unwrap();
    assert!(matches!(&error, Error::Runtime { path, .. } if path == library), "{error}");
    error.to_string()
}

#[test]
fn wrong_libraries_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    check_runtime(&dir.path().join("missing.so"));
    check_runtime(dir.path());
    let text = dir.path().join("text.so");
    std::fs::write(&text, "this is no library").unwrap();
    check_runtime(&text);
    #[cfg(target_os = "linux")]
    check_runtime(&loaded_library("libc.so"));
}

/// A library that this process has loaded, and which is not ONNX Runtime.
#[cfg(target_os = "linux")]
fn loaded_library(name: &str) -> std::path::PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    paths.find(|path| path.contains(name)).unwrap().into()
}

#[test]
fn damaged_and_missing_models_are_refused() {
    let installed = crate::models();
    let library = models::runtime_library(&installed);
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(models::verify(dir.path(), NAME), Err(Error::NotInstalled { .. })));
    assert!(matches!(Teacher::load(&dir.path().join(NAME), &library, 1), Err(Error::NotInstalled { .. })));
    assert!(models::list(dir.path()).unwrap().is_empty());
    assert!(matches!(models::verify(dir.path(), "../x"), Err(Error::BadName(_))));

    models::install_from_folder(&installed.join(NAME), dir.path(), NAME).unwrap();
    // Once more, over what is there.
    let manifest = models::install_from_folder(&installed.join(NAME), dir.path(), NAME).unwrap();
    assert_eq!(models::verify(dir.path(), NAME).unwrap(), manifest);
    assert_eq!(models::list(dir.path()).unwrap(), [manifest]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "something was left behind");

    let config = dir.path().join(NAME).join("config.json");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("384", "385")).unwrap();
    assert!(matches!(models::verify(dir.path(), NAME), Err(Error::Corrupt { path, .. }) if path == config));
    assert!(matches!(Teacher::load(&dir.path().join(NAME), &library, 1), Err(Error::Corrupt { .. })));
    let reinstalled = models::install_from_folder(&dir.path().join(NAME), dir.path(), NAME);
    assert!(matches!(reinstalled, Err(Error::Corrupt { .. })), "a known model must have the known files");
    std::fs::remove_file(&config).unwrap();
    assert!(matches!(models::verify(dir.path(), NAME), Err(Error::Corrupt { .. })));
}

#[test]
fn a_model_of_ones_own_says_for_itself_what_it_is() {
    let installed = crate::models().join(NAME);
    let src = tempfile::tempdir().unwrap();
    for file in [
        "config.json",
        "special_tokens_map.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors",
    ] {
        std::fs::copy(installed.join(file), src.path().join(file)).unwrap();
    }
    std::fs::create_dir(src.path().join("1_Pooling")).unwrap();
    std::fs::write(src.path().join("1_Pooling/config.json"), r#"{"pooling_mode_cls_token":true}"#).unwrap();
    std::fs::write(src.path().join("sentence_bert_config.json"), r#"{"max_seq_length":128}"#).unwrap();
    std::fs::write(
        src.path().join("config_sentence_transformers.json"),
        r#"{"prompts":{"query":"query: "}}"#,
    )
    .unwrap();
    let dir = tempfile::tempdir().unwrap();
    let manifest = models::install_from_folder(src.path(), dir.path(), "own").unwrap();
    assert_eq!(
        (manifest.pooling, manifest.max_tokens, &*manifest.query_prefix),
        (models::Pooling::Cls, 128, "query: ")
    );
    assert_eq!(models::list(dir.path()).unwrap(), [manifest]);

    std::fs::write(src.path().join("config.json"), r#"{"model_type":"roberta"}"#).unwrap();
    assert!(models::install_from_folder(src.path(), dir.path(), "own").is_err());
    assert_eq!(
        models::list(dir.path()).unwrap().len(),
        1,
        "a failed installation must leave the model that was there"
    );
}

#[test]
fn pieces_can_be_read_alone() {
    let dir = crate::models();
    let teacher = Teacher::load_for_pieces(&dir.join(NAME), &models::runtime_library(&dir), 1).unwrap();
    let pieces = teacher.embed_passages(&["passport", "##ing", "nosuchpiece", "another##"]).unwrap();
    assert!(cosine(&pieces[0], &TEACHER.embed_query("passport").unwrap()) > 0.9999);
    assert!(cosine(&pieces[2], &pieces[3]) > 0.9999, "both are unknown");
    assert!(cosine(&pieces[1], &TEACHER.embed_query("ing").unwrap()) < 0.95, "a continuation is not a word");
}
