//! Addresses that an endpoint may be at: those of the public internet, unless its owner says that it is nearby.
//!
//! Invariant: pure. An address that no row allows is refused: in IPv6 all that is not given out, in IPv4 all that is special.
//! Not here: names and their look-up (`client`).
//!
//! The rows are the special-purpose registries of IANA (RFC 6890 and what came after it), in which an address that contains another is judged
//! by both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far away an endpoint may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Only addresses of the public internet.
    #[default]
    Public,
    /// Those of this machine and of private networks too.
    Private,
}

/// Whom an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    /// This machine or a private network: refused unless that is meant.
    Near(&'static str),
    /// Nobody that could be an endpoint: always refused.
    Never(&'static str),
}

use Row::{Near, Never};

/// IPv4: network, bits, what it is for.
const V4: &[([u8; 4], u32, Row)] = &[
    ([0, 0, 0, 0], 8, Never("this network")),
    ([10, 0, 0, 0], 8, Near("a private network")),
    ([100, 64, 0, 0], 10, Near("a carrier's network")),
    ([127, 0, 0, 0], 8, Near("this machine")),
    // Where clouds give out the keys of a machine: not even on purpose.
    ([169, 254, 0, 0], 16, Never("link-local")),
    ([172, 16, 0, 0], 12, Near("a private network")),
    ([192, 0, 0, 0], 24, Never("reserved for protocols")),
    ([192, 0, 2, 0], 24, Never("for documentation")),
    ([192, 88, 99, 0], 24, Never("6to4 relays")),
    ([192, 168, 0, 0], 16, Near("a private network")),
    ([198, 18, 0, 0], 15, Never("for benchmarks")),
    ([198, 51, 100, 0], 24, Never("for documentation")),
    ([203, 0, 113, 0], 24, Never("for documentation")),
    ([224, 0, 0, 0], 4, Never("multicast")),
    ([240, 0, 0, 0], 4, Never("reserved")),
];

/// IPv6, as far as it lies in what is given out (2000::/3), and what is nearby.
const V6: &[([u16; 8], u32, Row)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Near("this machine")),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Near("a private network")),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Never("link-local")),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Never("multicast")),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Never("reserved for protocols")),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Never("for documentation")),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Never("6to4")),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Never("for documentation")),
];

/// What is given out to whoever is reachable.
const GIVEN_OUT: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// IPv4 addresses behind a translator (RFC 6052).
const TRANSLATED: ([u16; 8], u32) = ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Why an endpoint may not be at an address; nothing if it may.
#[must_use]
pub fn refusal(address: IpAddr, reach: Reach) -> Option<&'static str> {
    let row = match address {
        IpAddr::V4(address) => row_of_v4(address),
        IpAddr::V6(address) => row_of_v6(address),
    };
    match row {
        None => None,
        Some(Near(_)) if reach == Reach::Private => None,
        Some(Near(why) | Never(why)) => Some(why),
    }
}

fn row_of_v4(address: Ipv4Addr) -> Option<Row> {
    let number = u32::from(address);
    let is_in =
        |network: [u8; 4], bits: u32| (number ^ u32::from(Ipv4Addr::from(network))) >> (32 - bits) == 0;
    V4.iter().find(|(network, bits, _)| is_in(*network, *bits)).map(|(_, _, row)| *row)
}

fn row_of_v6(address: Ipv6Addr) -> Option<Row> {
    let number = u128::from(address);
    let is_in =
        |network: [u16; 8], bits: u32| (number ^ u128::from(Ipv6Addr::from(network))) >> (128 - bits) == 0;
    if is_in(TRANSLATED.0, TRANSLATED.1) {
        return row_of_v4(Ipv4Addr::from(number as u32));
    }
    if let Some((_, _, row)) = V6.iter().find(|(network, bits, _)| is_in(*network, *bits)) {
        return Some(*row);
    }
    // Among what is left: unspecified, IPv4 in IPv6 by the older ways, and what nobody has been given.
    (!is_in(GIVEN_OUT.0, GIVEN_OUT.1)).then_some(Never("not an address of the public internet"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_judged_by_what_they_are_for() {
        let check = |text: &str, public: bool, private: bool| {
            let address: IpAddr = text.parse().unwrap();
            let judged = [Reach::Public, Reach::Private].map(|reach| refusal(address, reach).is_none());
            assert_eq!(judged, [public, private], "{text}");
        };
        for public in [
            "1.1.1.1",
            "93.184.215.14",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:82a::200e",
            "2001:4860:4860::8888",
            "64:ff9b::1.1.1.1",
        ] {
            check(public, true, true);
        }
        for near in [
            "127.0.0.1",
            "127.255.255.255",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fc00::1",
            "fd12:3456::1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.1.2.3",
        ] {
            check(near, false, true);
        }
        for never in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:101:101::",
            "3fff::1",
            "5f00::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
            "8000::1",
        ] {
            check(never, false, false);
        }
    }

    proptest! {
        /// What the standard library knows of an address is never less careful than the table.
        #[test]
        fn the_table_refuses_what_the_standard_library_calls_special(v4: u32, v6: u128) {
            let v4 = Ipv4Addr::from(v4);
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_broadcast()
                || v4.is_documentation() || v4.is_multicast() || v4.is_unspecified();
            prop_assert!(!special || refusal(v4.into(), Reach::Public).is_some(), "{}", v4);
            let v6 = Ipv6Addr::from(v6);
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local()
                || v6.is_unicast_link_local();
            prop_assert!(!special || refusal(v6.into(), Reach::Public).is_some(), "{}", v6);
            prop_assert!(refusal(v4.to_ipv6_mapped().into(), Reach::Private).is_some());
        }
    }
}
