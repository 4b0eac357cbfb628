//! Walking a tree: each row decoded as it comes, a panic of sled turned into an error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::store::Store;
use crate::tally::Tally;

type Decode<T> = fn(&[u8], &[u8]) -> Result<T, Error>;

/// The rows of one tree by ascending key. Ends after the first error of the store itself; a row that does not decode is reported in
/// its place and the walk goes on.
pub(crate) struct Rows<T> {
    dir: PathBuf,
    state: State,
    decode: Decode<T>,
    tally: Tally,
}

enum State {
    Walking(Box<sled::Iter>),
    /// The walk could not begin.
    Failed(Option<Error>),
}

impl<T> Rows<T> {
    pub(crate) fn new(store: &Store, dir: &Path, tree: usize, decode: Decode<T>) -> Self {
        let state = match store.iter(tree) {
            Ok(iter) => State::Walking(Box::new(iter)),
            Err(error) => State::Failed(Some(error)),
        };
        Self { dir: dir.to_path_buf(), state, decode, tally: Tally::default() }
    }

    /// Of the rows so far.
    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    fn fail(&mut self, error: Error) -> Option<Result<T, Error>> {
        self.state = State::Failed(None);
        Some(Err(error))
    }
}

impl<T> Iterator for Rows<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let iter = match &mut self.state {
            State::Walking(iter) => iter,
            State::Failed(error) => return error.take().map(Err),
        };
        match catch_unwind(AssertUnwindSafe(|| iter.next())) {
            Ok(Some(Ok((key, value)))) => {
                self.tally.add(&value);
                Some((self.decode)(&key, &value))
            }
            Ok(None) => None,
            Ok(Some(Err(error))) => {
                let error = Error::from_sled(&self.dir, "read", error);
                self.fail(error)
            }
            Err(_) => {
                let why = "sled panicked".to_owned();
                let dir = self.dir.clone();
                self.fail(Error::Damaged { dir, why })
            }
        }
    }
}
