//! Deliveries: what arrives, in which order, signed by whom, and what becomes of what does not.

use crate::receiver::{Received, Receiver};
use crate::stage::{Stage, now_ms, until};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use workroom_hooks::{Behind, Secret};

/// Whether a delivery is signed with a secret, by code that is not the program's.
fn is_signed(received: &Received, secret: &Secret) -> bool {
    let key = STANDARD.decode(secret.reveal().strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(
        format!("{}.{}.", received.header("webhook-id"), received.header("webhook-timestamp")).as_bytes(),
    );
    mac.update(&received.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    received.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

#[test]
fn what_happens_arrives_signed_and_once() {
    let (stage, receiver) = (Stage::new(), Receiver::new(|_, _| (204, None)));
    stage.write("before.md", "not sent");
    let endpoint = stage.add(&receiver, &["file.created", "file.moved"]);
    let deliveries = stage.deliver(&[10]);
    stage.write("a.md", "one");
    stage.write("a.md", "two");
    stage.workspace.rename("a.md", "b.md").unwrap();
    let arrived = receiver.take(2);
    assert_eq!(
        arrived.iter().map(Received::said).collect::<Vec<_>>(),
        ["file.created a.md", "file.moved a.md"]
    );
    for received in &arrived {
        assert!(is_signed(received, &endpoint.secret), "{received:?}");
        let sent: i64 = received.header("webhook-timestamp").parse().unwrap();
        assert!((now_ms() / 1000 - sent).abs() < 60);
        assert_eq!(received.header("content-type"), "application/json");
    }
    assert_eq!(arrived[1].json()["data"]["to"], "b.md");
    assert_eq!(arrived[1].json()["data"]["by"]["principal"], "owner");
    let log = until(|| Some(stage.log(&endpoint)).filter(|log| log.len() == 2));
    assert!(log.iter().all(|delivery| delivery.delivered && delivery.status == Some(204)));
    drop(deliveries);
    // Who sends next knows what was sent.
    let _deliveries = stage.deliver(&[10]);
    stage.write("c.md", "three");
    assert_eq!(receiver.next().said(), "file.created c.md");
    assert!(receiver.rest().is_empty());
}

#[test]
fn what_fails_is_tried_again_and_holds_up_its_file_alone() {
    let receiver =
        Receiver::new(
            |received, n| if received.said().ends_with(" a.md") && n < 4 { (500, None) } else { (200, None) },
        );
    let stage = Stage::new();
    let endpoint = stage.add(&receiver, &["file.created", "file.modified"]);
    stage.write("a.md", "one");
    stage.write("a.md", "two");
    stage.write("b.md", "three");
    let _deliveries = stage.deliver(&[600, 600, 600, 600, 600, 600]);
    let mut arrived = Vec::new();
    while !arrived.iter().any(|received: &Received| received.said() == "file.modified a.md") {
        arrived.push(receiver.next());
    }
    let said: Vec<String> = arrived.iter().map(Received::said).collect();
    // What is about another file does not wait; the later event of the same one does.
    let at = |what: &str| said.iter().position(|said| said == what).unwrap();
    assert_eq!(at("file.created b.md"), 1, "{said:?}");
    let ids: Vec<&str> = arrived
        .iter()
        .filter(|it| it.said() == "file.created a.md")
        .map(|it| it.header("webhook-id"))
        .collect();
    assert!(ids.len() > 1 && ids.iter().all(|id| *id == ids[0]), "every attempt has the same id: {ids:?}");
    let log = until(|| Some(stage.log(&endpoint)).filter(|log| log.len() == arrived.len()));
    let failed: Vec<_> = log.iter().filter(|delivery| !delivery.delivered).collect();
    assert!(
        failed.iter().all(|delivery| delivery.status == Some(500) && delivery.next_ms.is_some()),
        "{log:?}"
    );
}

#[test]
fn who_says_that_it_is_gone_is_sent_nothing_until_it_is_enabled() {
    let is_back = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&is_back);
    let receiver =
        Receiver::new(move |_, _| if answers.load(Ordering::SeqCst) { (200, None) } else { (410, None) });
    let stage = Stage::new();
    let endpoint = stage.add(&receiver, &["file.created"]);
    let _deliveries = stage.deliver(&[10]);
    stage.write("a.md", "one");
    assert_eq!(receiver.next().said(), "file.created a.md");
    assert!(stage.disabled(&endpoint).contains("410"));
    stage.write("b.md", "two");
    is_back.store(true, Ordering::SeqCst);
    stage.endpoints.enable(&endpoint.id).unwrap();
    let arrived = receiver.take(2);
    assert_eq!(
        arrived.iter().map(Received::said).collect::<Vec<_>>(),
        ["file.created a.md", "file.created b.md"]
    );
}

#[test]
fn who_takes_nothing_for_the_whole_schedule_is_disabled() {
    let (stage, receiver) = (Stage::new(), Receiver::new(|_, _| (500, None)));
    let endpoint = stage.add(&receiver, &["file.created"]);
    let _deliveries = stage.deliver(&[1, 1]);
    stage.write("a.md", "one");
    let why = stage.disabled(&endpoint);
    assert!(why.starts_with("3 attempts"), "{why}");
    assert_eq!(receiver.rest().len(), 3);
    assert_eq!(stage.log(&endpoint).last().unwrap().next_ms, None);
}

#[test]
fn who_wants_to_be_left_alone_is() {
    let (stage, receiver) = (Stage::new(), Receiver::new(|_, _| (429, Some(("retry-after", "3600".into())))));
    let endpoint = stage.add(&receiver, &["file.created"]);
    let _deliveries = stage.deliver(&[1, 1, 1]);
    stage.write("a.md", "one");
    stage.write("b.md", "two");
    receiver.next();
    let first = until(|| stage.log(&endpoint).first().cloned());
    assert!(first.next_ms.unwrap() - first.at_ms >= 3_600_000, "{first:?}");
    assert!(receiver.rest().is_empty(), "nor is anything else sent");
}

#[test]
fn a_redirect_is_a_failure_and_leads_nowhere() {
    let elsewhere = Receiver::new(|_, _| (200, None));
    let url = elsewhere.url();
    let receiver = Receiver::new(move |_, _| (307, Some(("location", url.clone()))));
    let stage = Stage::new();
    let endpoint = stage.add(&receiver, &["file.created"]);
    let _deliveries = stage.deliver(&[1]);
    stage.write("a.md", "one");
    assert!(stage.disabled(&endpoint).contains("redirect"));
    assert_eq!((receiver.rest().len(), elsewhere.rest().len()), (2, 0));
}

#[test]
fn deliveries_go_on_after_a_restart() {
    let works = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&works);
    let receiver =
        Receiver::new(move |_, _| if answers.load(Ordering::SeqCst) { (200, None) } else { (503, None) });
    let stage = Stage::new();
    let endpoint = stage.add(&receiver, &["file.created"]);
    let deliveries = stage.deliver(&[50, 50, 50, 50]);
    stage.write("a.md", "one");
    receiver.next();
    until(|| (!stage.log(&endpoint).is_empty()).then_some(()));
    drop(deliveries);
    stage.write("b.md", "two");
    works.store(true, Ordering::SeqCst);
    drop(receiver.rest());
    let _deliveries = stage.deliver(&[50, 50, 50, 50]);
    assert_eq!(
        receiver.take(2).iter().map(Received::said).collect::<Vec<_>>(),
        ["file.created a.md", "file.created b.md"]
    );
    let log =
        until(|| Some(stage.log(&endpoint)).filter(|log| log.iter().filter(|it| it.delivered).count() == 2));
    assert!(log.iter().any(|delivery| delivery.attempt > 1), "the attempts before count: {log:?}");
}

#[test]
fn one_of_two_processes_sends() {
    let (stage, receiver) = (Stage::new(), Receiver::new(|_, _| (200, None)));
    stage.add(&receiver, &["file.created"]);
    let first = stage.deliver(&[10]);
    stage.write("a.md", "one");
    receiver.next();
    let _second = stage.deliver(&[10]);
    stage.write("b.md", "two");
    assert_eq!(receiver.next().said(), "file.created b.md");
    drop(first);
    stage.write("c.md", "three");
    assert_eq!(receiver.next().said(), "file.created c.md");
    assert!(receiver.rest().is_empty());
}

#[test]
fn a_rotated_secret_signs_beside_the_old_one_and_what_was_sent_is_sent_again() {
    let (stage, receiver) = (Stage::new(), Receiver::new(|_, _| (200, None)));
    let endpoint = stage.add(&receiver, &["file.created"]);
    let _deliveries = stage.deliver(&[10]);
    stage.write("a.md", "one");
    stage.write("b.md", "two");
    let first = receiver.take(2);
    // What is under way while it is asked for is not sent once more.
    until(|| (stage.log(&endpoint).len() == 2).then_some(()));
    let rotated = stage.endpoints.rotate(&endpoint.id, false, now_ms()).unwrap();
    let again = Behind::Event(first[1].header("webhook-id").to_owned());
    workroom_hooks::replay(&stage.workspace, &stage.endpoints, &endpoint.id, again, now_ms()).unwrap();
    let again = receiver.next();
    assert_eq!(again.header("webhook-id"), first[1].header("webhook-id"));
    assert!(is_signed(&again, &rotated.secret) && is_signed(&again, &endpoint.secret));
    // An old secret that is ended at once signs nothing from then on.
    let ended = stage.endpoints.rotate(&endpoint.id, true, now_ms()).unwrap();
    stage.write("c.md", "three");
    let last =
        std::iter::repeat_with(|| receiver.next()).find(|it| it.said() == "file.created c.md").unwrap();
    assert!(is_signed(&last, &ended.secret) && !is_signed(&last, &rotated.secret));
    let unknown = Behind::Event("msg_nothing".into());
    assert!(workroom_hooks::replay(&stage.workspace, &stage.endpoints, &endpoint.id, unknown, 1).is_err());
}
