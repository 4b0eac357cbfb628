//! Children that do not keep to the protocol, as one that a file took over would not.

use std::error::Error;
use std::io::{self, Read, Write};

/// The greeting of a proper child: a frame of magic word, version 2, confinement 0.
const HELLO: &[u8] = b"\x12\0\0\0\x0fworkroom parser\x02\0";
const OF_ANOTHER_VERSION: &[u8] = b"\x12\0\0\0\x0fworkroom parser\x63\0";

/// Greets, hears the request out, and then does something else than it should.
pub(crate) fn serve(way: &str) -> Result<(), Box<dyn Error>> {
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    if way == "mute" {
        return Ok(());
    }
    read_frame(&mut from)?;
    to.write_all(match way {
        "stranger" => b"\x05\0\0\0hello",
        "other-version" => OF_ANOTHER_VERSION,
        _ => HELLO,
    })?;
    to.flush()?;
    read_frame(&mut from)?;
    read_frame(&mut from)?;
    match way {
        "garbage" => to.write_all(b"\x09\0\0\0!garbage!")?,
        "long" => to.write_all(b"\xff\xff\xff\xffx")?,
        "claims" => to.write_all(b"\x08\0\0\0\0\0\0\xff\xff\xff\xff\x7f")?,
        "half" => to.write_all(b"\x09\0\0\0half")?,
        _ => {}
    }
    to.flush()?;
    // And then nothing, for ever, unless the parent goes.
    let mut rest = Vec::new();
    from.read_to_end(&mut rest)?;
    Ok(())
}

fn read_frame(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}
