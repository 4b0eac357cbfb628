//! The fence: parsers of untrusted files run in child processes of this same program, within bounds.
//!
//! A file can make a parser loop, crash or eat all memory. Behind the fence that costs one child process and one recorded reason, never
//! the program that asked. Children are reused from file to file, so that starting one is not a cost of each.
//!
//! The principal types are [`Fence`] (the parent's side: a pool), [`serve_if_asked`] (the child's side) and [`Program`] (what is started
//! as a child).
//!
//! Invariant: whatever a child does, or its replies hold, the parent gets a valid [`Parsed`], a reason about the file ([`Skip`](extract::Skip))
//! or a reason about the machine ([`FenceError`]), within the time and memory of [`Limits`]. A child reads no file, opens no connection,
//! starts no process (where the system can forbid it, see `confine`), and does not outlive its parent.
//! Not here: any parser; the program hands one over. So whoever only asks links none.
//!
//! ```no_run
//! use corpus::Format;
//! use workroom_fence::{Fence, Limits, Options, Parsed, Program, Request};
//!
//! fn main() -> Result<(), workroom_fence::FenceError> {
//!     // The first thing a program does. In a child it does not return.
//!     workroom_fence::serve_if_asked(|request: Request| -> Result<Parsed, extract::Skip> {
//!         let text = String::from_utf8_lossy(&request.bytes).into_owned();
//!         Ok(Parsed::without_parts(corpus::Document::plain(text, request.format)))
//!     });
//!     let Some(program) = Program::this() else { return Ok(()) };
//!     let fence = Fence::new(program, Limits::default());
//!     let request = Request { format: Format::Pdf, bytes: b"%PDF".to_vec(), options: Options::default() };
//!     match fence.parse(&request)? {
//!         Ok(parsed) => assert!(!parsed.document.text.is_empty()),
//!         Err(reason) => assert!(!reason.to_string().is_empty()),
//!     }
//!     Ok(())
//! }
//! ```

mod confine;
mod error;
mod fence;
mod frame;
mod keeper;
mod limits;
mod pool;
mod program;
mod request;
mod serve;
mod verdict;
mod wire;
mod worker;

pub use confine::Confinement;
pub use error::FenceError;
pub use fence::Fence;
pub use limits::Limits;
pub use program::{ARGUMENT, Program, serve_if_asked};
pub use request::{MAX_PARTS, Options, Parsed, Part, Request};
#[doc(hidden)]
pub use wire::{outcome_of_wire_bytes, wire_bytes};
