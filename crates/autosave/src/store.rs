//! Where states are kept: files below one folder, as a caller may use them.
//!
//! Invariant: a write is whole and durable when it returns, or nothing has changed. One that expects something succeeds for one of several who
//! expect the same.
//! Not here: what the files are (`name`, `document`).

/// What stands in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, one component.
    pub name: String,
    /// Whether it is a folder; else it is a regular file.
    pub is_folder: bool,
    /// A file's size.
    pub bytes: u64,
    /// When it was last written to, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// What must be at a path for a write to take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over<'a> {
    /// Nothing.
    Nothing,
    /// A file that holds these bytes.
    Bytes(&'a [u8]),
}

/// What came of a write.
#[derive(Debug)]
pub enum Wrote<E> {
    /// It is there.
    Done,
    /// Something else was there than was expected; what the store says of it.
    Overtaken(E),
}

/// Files and folders, as a caller may use them.
pub trait Store {
    /// Why something was not done.
    type Error;

    /// The files and folders in a folder; none where there is no folder.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn list(&self, folder: &str) -> Result<Vec<Entry>, Self::Error>;

    /// A file's bytes; `None` where there is no file.
    ///
    /// # Errors
    /// When the store cannot tell.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Writes a file, making its folders. It is durable when this returns.
    ///
    /// # Errors
    /// When the store refuses.
    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Self::Error>, Self::Error>;

    /// Removes a file; one that is gone already is no error.
    ///
    /// # Errors
    /// When the store refuses.
    fn remove(&self, path: &str) -> Result<(), Self::Error>;

    /// Removes a folder if it is empty; one that is not, or is gone already, is no error.
    ///
    /// # Errors
    /// When the store refuses.
    fn remove_empty(&self, folder: &str) -> Result<(), Self::Error>;
}

impl<S: Store> Store for &S {
    type Error = S::Error;

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Self::Error> {
        (**self).list(folder)
    }

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Self::Error> {
        (**self).read(path)
    }

    fn write(&self, path: &str, bytes: &[u8], over: Over<'_>) -> Result<Wrote<Self::Error>, Self::Error> {
        (**self).write(path, bytes, over)
    }

    fn remove(&self, path: &str) -> Result<(), Self::Error> {
        (**self).remove(path)
    }

    fn remove_empty(&self, folder: &str) -> Result<(), Self::Error> {
        (**self).remove_empty(folder)
    }
}
