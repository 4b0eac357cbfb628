//! Messages that Outlook saved ([MS-OXMSG]): a compound file with a stream for each long property.

mod compressed;
mod property;
mod read;

pub(crate) use read::read;
