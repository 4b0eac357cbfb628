//! Each way to misbehave ends as its own reason, and the next file is none the worse for it.

use super::*;
use workroom_fence::{Confinement, FenceError};

fn check(fence: &Fence, told: &str, expected: &str) {
    // In a fresh child and in one that has served.
    for _ in 0..2 {
        assert_eq!(ask(fence, told), expected, "{told}");
        assert_eq!(ask(fence, "echo next"), "next", "after {told}");
    }
}

#[test]
fn parsers_that_fail_are_told_apart() {
    let fence = fence(tight());
    check(&fence, "echo The mill turns.", "The mill turns.");
    check(&fence, "skip", "encrypted: it cannot be read without its password");
    check(&fence, "loop", "the pdf parser did not end within 1.5 s and was stopped");
    check(&fence, "allocate", "the pdf parser ran out of memory (limit 96 MiB)");
    check(&fence, "overflow", "the pdf parser crashed (its stack overflowed)");
    check(&fence, "abort", "the pdf parser crashed (signal 6)");
    check(&fence, "exit", "the pdf parser crashed (exit code 3)");
    check(&fence, "panic", "the pdf parser panicked");
    check(&fence, "print", "printed");
    check(&fence, "repeat 2000000", "too much inside: more than 4 MiB of text and places");
    check(&fence, &format!("echo {}", "x".repeat(3 << 20)), &"x".repeat(3 << 20));
}

#[cfg(target_os = "linux")]
#[test]
fn what_no_parser_needs_is_forbidden() {
    let folder = std::env::temp_dir();
    let target = folder.join(format!("fence-{}", std::process::id()));
    let target = target.to_str().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let fence = fence(tight());
    for told in [
        "open /etc/passwd".to_owned(),
        "open /proc/self/maps".to_owned(),
        format!("create {target}"),
        format!("remove {target}"),
        format!("connect {}", listener.local_addr().unwrap()),
        "bind".to_owned(),
        "run /bin/true".to_owned(),
        "thread".to_owned(),
    ] {
        check(&fence, &told, "permission denied");
    }
    assert_eq!(fence.confinement(), Some(Confinement::Full));
    assert!(!std::path::Path::new(target).exists());
}

#[test]
fn children_that_break_the_protocol_are_ended() {
    for (way, expected) in [
        ("garbage", "the pdf parser gave no sound reply (Found a bool that wasn't 0 or 1)"),
        ("long", "the pdf parser gave no sound reply (the message is too long)"),
        ("claims", "the pdf parser gave no sound reply"),
        ("half", "the pdf parser did not end within 1.5 s and was stopped"),
        ("silence", "the pdf parser did not end within 1.5 s and was stopped"),
    ] {
        let fence = Fence::new(program(&["hostile", way]), tight());
        for _ in 0..2 {
            let reason = ask(&fence, "echo");
            assert!(reason.starts_with(expected), "{way}: {reason}");
        }
    }
}

#[test]
fn what_cannot_be_started_is_not_the_files_fault() {
    let failure = |program| Fence::new(program, tight()).parse(&request("echo")).unwrap_err();
    let missing = failure(Program { path: "/no/such/program".into(), args: Vec::new() });
    assert!(matches!(missing, FenceError::Start { .. }), "{missing}");
    for (way, expected) in [
        ("mute", "exit status: 0"),
        ("stranger", "it says something else"),
        ("other-version", "it speaks version 99"),
    ] {
        match failure(program(&["hostile", way])) {
            FenceError::Incompatible { why, .. } => assert!(why.contains(expected), "{way}: {why}"),
            other => panic!("{way}: {other}"),
        }
    }
}

#[test]
fn a_mail_is_not_lost_to_its_attachments() {
    let fence = fence(tight());
    for (told, why) in [
        ("abort", "the mail parser crashed (signal 6), while the documents inside were read"),
        (
            "loop",
            "the mail parser did not end within 1.5 s and was stopped, while the documents inside were read",
        ),
    ] {
        let parsed = fence.parse(&Request { format: Format::Email, ..request(told) }).unwrap().unwrap();
        assert_eq!(parsed.document.text, "a mail");
        let parts: Vec<_> =
            parsed.parts.iter().map(|part| (part.name.as_str(), part.outcome.clone())).collect();
        assert_eq!(parts, [("plan.pdf", Err(extract::Skip::Failed { why: why.to_owned() }))]);
    }
}
