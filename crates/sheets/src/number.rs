//! Numbers as a cell shows them: by the format codes of ECMA-376 part 1, 18.8.31, which all spreadsheets share.
//!
//! Two things differ from what is shown, on purpose: dates are written as ISO 8601 does, whatever the order of their parts in the code, since
//! `03/04/05` means nothing by itself; colours, filling and alignment are left out.
//!
//! Invariant: any code and any number give words, in time linear in the code.

mod builtin;
mod code;
mod date;
mod decimal;
mod show;

pub(crate) use builtin::builtin;
pub(crate) use code::Code;
pub(crate) use decimal::general;

#[cfg(test)]
mod tests;
