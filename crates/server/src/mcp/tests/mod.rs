//! Sessions of a client, over two streams as over standard input and output.

mod calls;
mod choice;
mod client;
mod events;
mod grants;
mod model;
mod provenance;
mod schemas;
