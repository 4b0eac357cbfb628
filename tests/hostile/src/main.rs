//! Two small services for tests: a child process that parses, and `seeds INTO [FOLDER...]`, which writes what fuzzers begin with.
//!
//! Invariant: as a child it is like the `workroom` program: the same parsers, the same allocator.

use std::io;
use std::path::{Path, PathBuf};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> io::Result<()> {
    fence::serve_if_asked(parse::parse);
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [command, into, more @ ..] if command == "seeds" => {
            let mut folders = hostile::seed_folders()?;
            folders.extend(more.iter().map(PathBuf::from));
            hostile::write_seeds(Path::new(into), &folders)
        }
        _ => Err(io::Error::other("usage: workroom-hostile seeds INTO [FOLDER...]")),
    }
}
