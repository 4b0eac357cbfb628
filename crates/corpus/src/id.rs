//! Numbers that name things in the stores.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A document: one path, through all its versions until it is removed. Never reused.
    DocId
}
number! {
    /// A chunk of one version of one document. The chunks of a version have consecutive ids. Never reused.
    ChunkId
}
number! {
    /// A commit. Strictly increasing; the stores carry the number of the last commit they hold.
    Seq
}

/// An embedding model, by the number its index gave it. 0 is the built-in student.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelId(pub u16);

impl ModelId {
    /// The student table that is compiled in.
    pub const BUILTIN: Self = Self(0);
}
