//! Fuzzes the target `journals` of the crate `hostile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::run("journals", bytes));
