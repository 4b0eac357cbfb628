//! Approvals, against a model of them, over restarts; and those who wait for them.

use super::{Approval, Approvals, NewApproval, State};
use crate::{Actor, Error, ErrorKind, Via};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

const NOW: i64 = 1_795_000_000_000;
const LONG: Duration = Duration::from_secs(60);

fn actor(name: &str) -> Actor {
    Actor { principal: name.into(), name: name.into(), via: Via::Mcp, client: None }
}

fn new(id: &str) -> NewApproval {
    NewApproval {
        id: id.into(),
        title: "Publish the tide table?".into(),
        details: Some("It goes to everybody.".into()),
        paths: vec!["out/".into(), "./notes/tide.md".into()],
        options: Vec::new(),
        seconds: 3600,
    }
}

fn kind(result: crate::Result<Approval>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn somebody_else_answers_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let approvals = Approvals::at(folder.path());
    let (agent, ann, ben) = (actor("agent"), actor("ann"), actor("ben"));
    let asked = approvals.ask(new("first1"), &agent, NOW).unwrap();
    assert_eq!(asked.paths, ["notes/tide.md", "out"]);
    assert_eq!(asked.options, ["approve", "reject"]);
    assert_eq!(approvals.ask(new("first1"), &agent, NOW + 9).unwrap(), asked, "asked for again, it is one");
    let answer = |option: &str, by: &Actor, now| approvals.answer("first1", option, Some("go"), by, now);
    assert_eq!(kind(answer("approve", &agent, NOW)), Some(ErrorKind::Denied));
    assert_eq!(kind(answer("maybe", &ann, NOW)), Some(ErrorKind::Invalid));
    assert_eq!(kind(answer("approve", &ann, NOW + 3_600_000)), Some(ErrorKind::Invalid), "its time is over");
    let answered = answer("approve", &ann, NOW + 1).unwrap();
    assert_eq!(answered.state(NOW + 3_600_000), State::Answered);
    assert_eq!(answer("approve", &ann, NOW + 2).unwrap(), answered);
    assert_eq!(kind(answer("reject", &ann, NOW + 2)), Some(ErrorKind::Invalid));
    assert_eq!(kind(answer("approve", &ben, NOW + 2)), Some(ErrorKind::Invalid));
    assert_eq!(Approvals::at(folder.path()).get("first1").unwrap(), answered);
    assert_eq!(kind(approvals.answer("nobody", "approve", None, &ann, NOW)), Some(ErrorKind::NotFound));
    // The owner, who may everything, also answers what was asked in its name.
    let owner = Actor::owner(Via::Cli);
    approvals.ask(new("second"), &owner, NOW).unwrap();
    assert!(approvals.answer("second", "reject", None, &owner, NOW).is_ok());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let approvals = Approvals::at(folder.path());
    let refused = |new: NewApproval| {
        let result = approvals.ask(new.clone(), &actor("agent"), NOW);
        assert!(matches!(result, Err(Error::Invalid { .. })), "{new:?}");
    };
    let options = |options: &[&str]| options.iter().map(|&option| option.to_owned()).collect();
    refused(NewApproval { title: "two\nlines".into(), ..new("abcd") });
    refused(NewApproval { title: String::new(), ..new("abcd") });
    refused(NewApproval { details: Some("x".repeat(16_001)), ..new("abcd") });
    refused(NewApproval { paths: vec!["../x".into()], ..new("abcd") });
    refused(NewApproval { paths: vec!["x".into(); 65], ..new("abcd") });
    refused(NewApproval { options: options(&["yes"]), ..new("abcd") });
    refused(NewApproval { options: options(&["yes", "yes"]), ..new("abcd") });
    refused(NewApproval { seconds: 59, ..new("abcd") });
    refused(NewApproval { seconds: 90 * 86_400 + 1, ..new("abcd") });
    let whole =
        approvals.ask(NewApproval { paths: Vec::new(), ..new("abcd") }, &actor("agent"), NOW).unwrap();
    assert_eq!(whole.paths, [""]);
    for n in 0..99 {
        approvals.ask(new(&format!("number{n}")), &actor("agent"), NOW).unwrap();
    }
    refused(new("toomany"));
    assert!(approvals.ask(new("others"), &actor("other"), NOW).is_ok());
}

#[test]
fn whoever_waits_hears_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let approvals = Approvals::at(folder.path());
    let ann = actor("ann");
    for round in 0..50 {
        let id = format!("round{round}");
        approvals.ask(new(&id), &actor("agent"), NOW).unwrap();
        std::thread::scope(|scope| {
            let waiting: Vec<_> =
                (0..4).map(|_| scope.spawn(|| approvals.wait(&id, LONG).unwrap())).collect();
            approvals.answer(&id, "approve", None, &ann, NOW).unwrap();
            for waits in waiting {
                assert_eq!(
                    waits.join().unwrap().answer.map(|answer| answer.option).as_deref(),
                    Some("approve")
                );
            }
        });
    }
    approvals.ask(new("nobody"), &actor("agent"), NOW).unwrap();
    assert!(approvals.wait("nobody", Duration::from_millis(1)).unwrap().answer.is_none());
    assert_eq!(kind(approvals.wait("absent", LONG)), Some(ErrorKind::NotFound));
}

#[derive(Clone, Debug)]
enum Op {
    Ask(u8, u8),
    Answer(u8, u8, bool),
    Pass(u8),
    Reopen,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0..12_u8, 0..3_u8).prop_map(|(id, by)| Op::Ask(id, by)),
        4 => (0..12_u8, 0..3_u8, any::<bool>()).prop_map(|(id, by, yes)| Op::Answer(id, by, yes)),
        2 => (0..40_u8).prop_map(Op::Pass),
        1 => Just(Op::Reopen),
    ];
    prop::collection::vec(op, 1..60)
}

/// Who asked, until when it waits, and what was answered by whom.
type Asked = (String, i64, Option<(String, String)>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn they_are_what_a_model_says_also_after_a_restart(ops in ops()) {
        let folder = tempfile::tempdir().unwrap();
        let mut approvals = Approvals::at(folder.path());
        let mut now = NOW;
        let mut model: BTreeMap<String, Asked> = BTreeMap::new();
        for op in ops {
            match op {
                Op::Ask(id, by) => {
                    let (id, by) = (format!("approval{id}"), format!("agent{by}"));
                    let asked = approvals.ask(new(&id), &actor(&by), now);
                    let known = model.entry(id).or_insert((by.clone(), now + 3_600_000, None));
                    prop_assert_eq!(asked.is_ok(), known.0 == by);
                }
                Op::Answer(id, by, yes) => {
                    let (id, by) = (format!("approval{id}"), format!("agent{by}"));
                    let option = if yes { "approve" } else { "reject" };
                    let answered = approvals.answer(&id, option, None, &actor(&by), now).is_ok();
                    let Some((asker, until, answer)) = model.get_mut(&id) else {
                        prop_assert!(!answered);
                        continue;
                    };
                    let own = (by.clone(), option.to_owned());
                    let expected = match answer {
                        Some(answer) => *answer == own,
                        None => *asker != by && now < *until,
                    };
                    prop_assert_eq!(answered, expected);
                    if expected {
                        *answer = Some(own);
                    }
                }
                Op::Pass(minutes) => now += i64::from(minutes) * 60_000,
                Op::Reopen => approvals = Approvals::at(folder.path()),
            }
            for (id, (asker, until, answer)) in &model {
                let found = approvals.get(id).unwrap();
                let said = found.answer.clone().map(|answer| (answer.by.name, answer.option));
                prop_assert_eq!((&found.by.name, &said), (asker, answer));
                prop_assert_eq!(found.state(now) == State::Open, answer.is_none() && now < *until);
            }
            prop_assert_eq!(approvals.list(|_| true).unwrap().len(), model.len());
        }
    }
}
