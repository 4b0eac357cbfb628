//! Fuzzes the target `audits` of the crate `hostile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::run("audits", bytes));
