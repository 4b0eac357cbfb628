//! Whole files: samples read as a person would, damaged copies of them, and files made to do harm.

mod bombs;
mod damage;
mod samples;
