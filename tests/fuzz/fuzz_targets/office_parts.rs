//! Fuzzes the target `office_parts` of the crate `hostile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::run("office_parts", bytes));
