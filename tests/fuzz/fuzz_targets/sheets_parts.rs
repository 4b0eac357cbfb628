//! Fuzzes the target `sheets_parts` of the crate `hostile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::run("sheets_parts", bytes));
