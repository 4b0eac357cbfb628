//! Scripts of events on an invented clock, and the batches they lead to.

use proptest::prelude::*;

use super::*;

const TIMING: Timing = Timing {
    quiet: Duration::from_millis(100),
    longest: Duration::from_millis(1000),
    gap: Duration::from_millis(50),
    lull: Duration::from_millis(2),
};

/// Plays `events` (milliseconds, path, what happened) and returns the batches as `milliseconds: path path`.
///
/// The clock goes from one moment where something is to be done to the next, as the watch thread does.
fn play(events: &[(u64, &str, Change)]) -> Vec<String> {
    let start = Instant::now();
    let ms = |ms: u64| start + Duration::from_millis(ms);
    let mut settler = Settler::new(TIMING, start);
    let mut events = events.iter().peekable();
    let mut batches = Vec::new();
    let mut now = start;
    loop {
        while let Some((_, path, change)) = events.next_if(|(at, ..)| ms(*at) <= now) {
            settler.note(DocPath::new(path).unwrap(), *change, now);
        }
        let batch = settler.take(now);
        if !batch.is_empty() {
            let paths: Vec<_> = batch.iter().map(|hint| hint.path.as_str()).collect();
            batches.push(format!("{}: {}", (now - start).as_millis(), paths.join(" ")));
        }
        let next_event = events.peek().map(|(at, ..)| ms(*at));
        match [next_event, settler.wake_at()].into_iter().flatten().min() {
            Some(next) => now = next.max(now),
            None => return batches,
        }
    }
}

const W: Change = Change::Writing;
const C: Change = Change::Done(HintKind::MayExist);
const G: Change = Change::Done(HintKind::Gone);

#[track_caller]
fn check(events: &[(u64, &str, Change)], expected: &[&str]) {
    assert_eq!(play(events), expected);
}

#[test]
fn what_is_complete_goes_at_once() {
    check(&[(10, "a", C)], &["10: a"]);
    check(&[(10, "a", W), (11, "a", W), (12, "a", C)], &["12: a"]);
    check(&[(10, "a", G)], &["10: a"]);
    check(&[(10, "b", C), (10, "a", G)], &["10: a b"]);
}

#[test]
fn the_second_save_waits_for_a_lull_only() {
    check(&[(10, "a", C), (20, "b", C)], &["10: a", "22: b"]);
    check(&[(10, "a", C), (90, "b", C)], &["10: a", "90: b"]);
}

#[test]
fn what_is_open_waits_for_quiet() {
    check(&[(10, "a", W)], &["110: a"]);
    check(&[(10, "a", W), (80, "a", W)], &["180: a"]);
    check(&[(10, "a", W), (80, "b", W)], &["110: a", "180: b"]);
    check(&[(10, "a", W), (50, "b", C)], &["50: b", "110: a"]);
}

#[test]
fn reopening_starts_over() {
    check(&[(10, "a", C), (11, "a", W)], &["10: a", "111: a"]);
    // Closed and opened again before the batch could go.
    check(&[(10, "x", C), (11, "a", C), (12, "a", W)], &["10: x", "112: a"]);
}

#[test]
fn a_file_that_is_written_for_ever_is_told_every_second() {
    let events: Vec<_> = (0..50).map(|i| (i * 60, "a", W)).collect();
    check(&events, &["1000: a", "2020: a", "3040: a"]);
}

#[test]
fn a_burst_goes_in_batches() {
    let names: Vec<_> = (0..120).map(|i| format!("f{i:03}")).collect();
    let events: Vec<_> = names.iter().zip(0..).map(|(name, ms)| (ms, name.as_str(), C)).collect();
    let batches = play(&events);
    let times: Vec<_> = batches.iter().map(|batch| batch.split(':').next().unwrap()).collect();
    assert_eq!(times, ["0", "50", "100", "121"]);
    assert_eq!(batches.iter().map(|batch| batch.split(' ').count() - 1).sum::<usize>(), 120);
}

#[test]
fn latency_is_measured_from_the_first_event() {
    let start = Instant::now();
    let mut settler = Settler::new(TIMING, start);
    let path = DocPath::new("a").unwrap();
    settler.note(path.clone(), W, start);
    settler.note(path.clone(), C, start + Duration::from_millis(7));
    let batch = settler.take(start + Duration::from_millis(7));
    assert_eq!(batch, [Hint { path, seen: start, kind: HintKind::MayExist }]);
    assert_eq!((settler.len(), settler.wake_at()), (0, None));
}

proptest! {
    #[test]
    fn everything_is_told_in_time(
        script in prop::collection::vec((0_u64..40, 0_usize..3, 0_usize..3), 1..200),
    ) {
        let mut at = 0;
        let events: Vec<_> = script
            .iter()
            .map(|&(pause, path, change)| {
                at += pause;
                (at, ["a", "b", "c"][path], [W, C, G][change])
            })
            .collect();
        let batches: Vec<(u64, Vec<String>)> = play(&events)
            .iter()
            .map(|batch| {
                let (time, paths) = batch.split_once(": ").unwrap();
                (time.parse().unwrap(), paths.split(' ').map(str::to_owned).collect())
            })
            .collect();
        let limit = (TIMING.longest + TIMING.gap).as_millis() as u64;
        for (time, path, _) in &events {
            let told = batches.iter().find(|(batch, paths)| batch >= time && paths.iter().any(|told| told == path));
            prop_assert!(told.is_some_and(|(batch, _)| batch - time <= limit), "{path} at {time} was told late or never");
        }
        prop_assert!(batches.windows(2).all(|pair| pair[0].0 < pair[1].0), "the clock goes forward with each batch");
    }
}
