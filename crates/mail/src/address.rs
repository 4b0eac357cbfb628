//! Addresses as a reader sees them: `Ada Byron <ada@mill.example>`.

use mail_parser::{Addr, Address};

/// All of a header's addresses in one line.
pub(crate) fn line(addresses: &Address<'_>) -> String {
    match addresses {
        Address::List(list) => join(list),
        Address::Group(groups) => {
            let groups = groups.iter().map(|group| match &group.name {
                Some(name) => format!("{name}: {};", join(&group.addresses)),
                None => join(&group.addresses),
            });
            groups.collect::<Vec<_>>().join(", ")
        }
    }
}

/// A name with its address, as far as there are any and they differ.
pub(crate) fn named(name: Option<&str>, address: Option<&str>) -> String {
    // Programs that know no name repeat the address, in quotes.
    let tidy = |text: &str| text.trim().trim_matches('\'').to_owned();
    let name = name.map(tidy).filter(|name| !name.is_empty());
    let address = address.map(|address| address.trim().to_owned()).filter(|address| !address.is_empty());
    match (name, address) {
        (Some(name), Some(address)) if name.eq_ignore_ascii_case(&address) => address,
        // Outlook's shown names have the address in them where it knows no better one.
        (Some(name), Some(address)) if has_address(&name, &address) => name,
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (_, Some(address)) => address,
        (name, None) => name.unwrap_or_default(),
    }
}

/// Whether a name says the address itself: `Ada <ADA@mill.example>`, `Ada (ada@mill.example)`.
fn has_address(name: &str, address: &str) -> bool {
    let name = name.to_lowercase();
    [('<', '>'), ('(', ')'), ('[', ']')]
        .iter()
        .any(|(open, close)| name.contains(&format!("{open}{}{close}", address.to_lowercase())))
}

fn join(list: &[Addr<'_>]) -> String {
    let shown = list.iter().map(|addr| named(addr.name.as_deref(), addr.address.as_deref()));
    shown.filter(|shown| !shown.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    #[test]
    fn addresses_stand_there_once() {
        for (name, expected) in [
            ("Ada", "Ada <ada@mill.example>"),
            ("ADA@mill.example", "ada@mill.example"),
            ("Ada <Ada@Mill.example>", "Ada <Ada@Mill.example>"),
            ("Ada (ada@mill.example)", "Ada (ada@mill.example)"),
            ("", "ada@mill.example"),
        ] {
            assert_eq!(named(Some(name), Some("ada@mill.example")), expected);
        }
    }

    #[test]
    fn lists_and_groups() {
        for (header, expected) in [
            ("a@b.c", "a@b.c"),
            ("\"Byron, Ada\" <a@b.c>, x@y.z", "Byron, Ada <a@b.c>, x@y.z"),
            ("'a@b.c' <a@b.c>", "a@b.c"),
            ("=?utf-8?q?J=C3=BCrgen?= <j@k.l>", "Jürgen <j@k.l>"),
            ("millers: a@b.c, Bo <b@b.c>;", "millers: a@b.c, Bo <b@b.c>;"),
        ] {
            let raw = format!("To: {header}\r\n\r\n");
            let headers = MessageParser::new().parse_headers(&raw).unwrap();
            assert_eq!(headers.to().map(line).as_deref(), Some(expected), "{header}");
        }
    }
}
