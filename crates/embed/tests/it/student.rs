//! The built-in student: what its vectors are made of, and how near they come to the teacher's.

use corpus::{Tier, Tokenizer};
use proptest::prelude::*;
use workroom_embed::{Embedder, FitOptions, Sample, Student, WordPiece, fit};

use crate::teacher::TEACHER;

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Passages and questions written for this test: none was fitted on.
const TEXTS: [&str; 6] = [
    "The committee postponed its decision until the auditors had gone through the accounts of the past three years.",
    "To bleed the radiators, switch the heating off, let it cool, and open each valve a quarter turn until water comes.",
    "A B-tree keeps its keys sorted and its depth small, so a lookup reads only a few pages from the disk.",
    "how long do antibiotics take to work",
    "The patient was admitted with shortness of breath; an echocardiogram showed a reduced ejection fraction.",
    "which python function splits a string by whitespace",
];

#[test]
fn comes_near_the_teacher() {
    let taught = TEACHER.embed_passages(&TEXTS).unwrap();
    let student = Student::builtin();
    let vectors = student.embed_passages(&TEXTS).unwrap();
    let own: Vec<f32> = vectors.iter().zip(&taught).map(|(a, b)| cosine(a, b)).collect();
    assert!(own.iter().sum::<f32>() / own.len() as f32 > 0.55, "{own:?}");
    for (at, vector) in vectors.iter().enumerate() {
        let nearest = (0..taught.len())
            .max_by(|&a, &b| cosine(vector, &taught[a]).total_cmp(&cosine(vector, &taught[b])));
        assert_eq!(nearest, Some(at), "{:?} is nearest to another text's teacher vector", TEXTS[at]);
    }
    assert_eq!(student.model().space, TEACHER.model().space);
    assert_eq!((student.model().tier, TEACHER.model().tier), (Tier::Student, Tier::Teacher));
    assert_ne!(student.model().checksum, TEACHER.model().checksum);
}

#[test]
fn texts_without_pieces_have_no_vector() {
    let student = Student::builtin();
    for text in ["", " \t\n", "\u{200b}\u{0}", "\u{301}"] {
        assert_eq!(student.embed_text(text), None, "{text:?}");
        assert!(student.embed_query(text).unwrap().iter().all(|&x| x == 0.0));
    }
    assert!(student.embed_passages(&[]).unwrap().is_empty());
}

#[test]
fn only_what_the_teacher_reads_counts() {
    let student = Student::builtin();
    let read = "alpha beta ".repeat(127);
    assert_eq!(student.embed_text(&format!("{read} gamma")), student.embed_text(&read));
    assert_ne!(student.embed_text(&format!("gamma {read}")), student.embed_text(&read));
}

#[test]
fn adaptation_survives_the_file_and_changes_nothing_else() {
    let student = Student::builtin();
    let text = "quokka wombat numbat";
    let mut tokens = Vec::new();
    WordPiece::builtin().tokenize(text, &mut tokens);
    let target: [f32; corpus::DIM] = std::array::from_fn(|at| if at == 7 { 1.0 } else { 0.0 });
    let mut sample = Sample::default();
    sample.push(&tokens, &target);
    let options = FitOptions { ridge: 0.01, ..FitOptions::default() };
    let rows = fit(&sample, |id| student.row(id).unwrap_or([0.0; corpus::DIM]), options);
    let adapted = student.with_rows(rows.iter());
    assert!(cosine(&adapted.embed_text(text).unwrap(), &target) > 0.9);
    assert_eq!(adapted.embed_text("interest rates"), student.embed_text("interest rates"));
    assert_ne!(adapted.model().checksum, student.model().checksum);

    let read = Student::from_bytes(&adapted.to_bytes()).unwrap();
    assert_eq!(read.model(), adapted.model());
    assert_eq!(read.embed_text(text), adapted.embed_text(text));
    assert!(Student::from_bytes(&adapted.to_bytes()[1..]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn vectors_are_normalised_means_of_rows(text in "[a-zé ,.日-]{0,80}") {
        let student = Student::builtin();
        let mut tokens = Vec::new();
        WordPiece::builtin().tokenize(&text, &mut tokens);
        let mut sum = vec![0.0_f64; corpus::DIM];
        for token in &tokens {
            let row = student.row(token.id).unwrap();
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(x));
        }
        let norm = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
        match student.embed_text(&text) {
            None => prop_assert!(norm < 1e-6),
            Some(vector) => {
                prop_assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-4);
                let near = vector.iter().zip(&sum).all(|(x, sum)| (f64::from(*x) - sum / norm).abs() < 1e-3);
                prop_assert!(near || norm < 1e-3);
            }
        }
        prop_assert_eq!(student.embed_tokens(&tokens), student.embed_text(&text));
    }
}
