//! Whole-system tests: the real program and the public library on real folders.

mod citations;
mod errors;
mod golden;
mod kill;
mod library;
mod lifecycle;
mod watching;
