//! The events that wait to be sent to one endpoint.
//!
//! Invariant: pure. Of two events about one file the later is never handed out before the earlier is delivered; what waits to be tried again holds
//! up nothing else. So many wait and no more.
//! Not here: sending (`client`), what of it survives the process (`outbox`).

use std::collections::{HashSet, VecDeque};
use workroom::{After, Cursor, Event, Listed};

/// Events that are looked at beyond the oldest that is not delivered.
const WINDOW: usize = 512;

/// Events in their order, from the oldest that is not delivered.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Everything before this place is delivered, or not wanted.
    low: After,
    /// Everything before this place is in the queue, or not wanted.
    high: After,
}

#[derive(Debug)]
struct Waiting {
    event: Event,
    cursor: Cursor,
    attempts: u32,
    due_ms: i64,
    is_delivered: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    /// Send this, which was tried so often.
    Send(&'a Event, u32),
    /// Nothing before that time.
    Wait(i64),
    /// Nothing before something happens.
    Nothing,
}

impl Queue {
    pub(crate) fn from(low: After) -> Self {
        Self { waiting: VecDeque::new(), high: low.clone(), low }
    }

    /// Where to read on, and how many events there is room for.
    pub(crate) fn wants(&self) -> (&After, usize) {
        (&self.high, WINDOW.saturating_sub(self.waiting.len()))
    }

    /// Takes events that were read there. Of each, `known` says whether it is delivered, or how often it was tried and when it is due.
    pub(crate) fn take(
        &mut self,
        events: Vec<Listed>,
        high: Cursor,
        known: impl Fn(&str) -> Option<(bool, u32, i64)>,
    ) {
        for Listed { event, cursor } in events {
            let (is_delivered, attempts, due_ms) = known(&event.id).unwrap_or_default();
            self.waiting.push_back(Waiting { event, cursor, attempts, due_ms, is_delivered });
        }
        self.high = high.into();
        self.settle();
    }

    /// What is to be done at that time.
    pub(crate) fn next(&self, now_ms: i64) -> Next<'_> {
        let (mut held, mut earliest) = (HashSet::new(), None);
        for waiting in self.waiting.iter().filter(|waiting| !waiting.is_delivered) {
            let about = waiting.about();
            let is_held = about.iter().any(|path| held.contains(path));
            if !is_held && waiting.due_ms <= now_ms {
                return Next::Send(&waiting.event, waiting.attempts);
            }
            if !is_held {
                earliest = Some(earliest.map_or(waiting.due_ms, |due: i64| due.min(waiting.due_ms)));
            }
            held.extend(about);
        }
        earliest.map_or(Next::Nothing, Next::Wait)
    }

    /// Notes that an event is delivered.
    pub(crate) fn delivered(&mut self, id: &str) {
        if let Some(waiting) = self.of(id) {
            waiting.is_delivered = true;
        }
        self.settle();
    }

    /// Notes that an attempt failed, and when the next is due.
    pub(crate) fn failed(&mut self, id: &str, due_ms: i64) {
        if let Some(waiting) = self.of(id) {
            waiting.attempts += 1;
            waiting.due_ms = due_ms;
        }
    }

    /// The place before which everything is done, and what is delivered behind it.
    pub(crate) fn done(&self) -> (&After, Vec<String>) {
        let delivered = self.waiting.iter().filter(|waiting| waiting.is_delivered);
        (&self.low, delivered.map(|waiting| waiting.event.id.clone()).collect())
    }

    fn of(&mut self, id: &str) -> Option<&mut Waiting> {
        self.waiting.iter_mut().find(|waiting| waiting.event.id == id)
    }

    /// Lets go of what is delivered at the beginning.
    fn settle(&mut self) {
        while let Some(first) = self.waiting.pop_front_if(|first| first.is_delivered) {
            self.low = first.cursor.into();
        }
        if self.waiting.is_empty() {
            self.low = self.high.clone();
        }
    }
}

impl Waiting {
    /// What it is about: the paths, or the workspace.
    fn about(&self) -> Vec<&str> {
        let paths: Vec<&str> =
            [&self.event.path, &self.event.to].into_iter().flatten().map(String::as_str).collect();
        if paths.is_empty() { vec![""] } else { paths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::{HashMap, HashSet};

    fn listed(n: usize, path: Option<&str>, to: Option<&str>) -> Listed {
        let event = json!({"seq": n, "id": format!("msg_{n}"), "type": "file.created", "at_ms": n, "path": path, "to": to});
        serde_json::from_value(json!({"event": event, "cursor": n.to_string()})).unwrap()
    }

    fn cursor(n: usize) -> Cursor {
        serde_json::from_value(json!(n.to_string())).unwrap()
    }

    #[test]
    fn a_later_event_of_a_file_waits_and_others_do_not() {
        let mut queue = Queue::from(After::Start);
        let events = vec![
            listed(1, Some("a"), None),
            listed(2, Some("a"), None),
            listed(3, Some("b"), None),
            listed(4, Some("c"), Some("a")),
            listed(5, Some("c"), None),
            listed(6, None, None),
            listed(7, None, None),
        ];
        queue.take(events, cursor(7), |_| None);
        let mut sent = Vec::new();
        queue.failed("msg_1", 100);
        while let Next::Send(event, _) = queue.next(50) {
            let id = event.id.clone();
            queue.delivered(&id);
            sent.push(id);
        }
        assert_eq!(sent, ["msg_3", "msg_6", "msg_7"]);
        assert_eq!(queue.next(50), Next::Wait(100));
        assert_eq!(queue.done(), (&After::Start, sent));
        while let Next::Send(event, attempts) = queue.next(100) {
            assert_eq!(attempts, u32::from(event.id == "msg_1"));
            let id = event.id.clone();
            queue.delivered(&id);
        }
        assert_eq!(queue.done(), (&After::from(cursor(7)), vec![]));
        assert_eq!(queue.next(100), Next::Nothing);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Attempts that fail by chance, and a process that ends by chance: everything is delivered at least once, nothing twice but for what was
        /// under way, and each file's events in their order.
        #[test]
        fn everything_arrives_in_the_order_of_its_file(
            paths in prop::collection::vec("[a-c]", 1..60), fails in prop::collection::vec(0..4_u8, 400),
        ) {
            let events: Vec<Listed> = paths.iter().enumerate().map(|(n, path)| listed(n + 1, Some(path), None)).collect();
            let at = |after: &After| match after {
                After::Cursor(cursor) => cursor.as_str().parse().unwrap(),
                _ => 0_usize,
            };
            let (mut kept_low, mut kept): (After, HashSet<String>) = (After::Start, HashSet::new());
            let (mut arrived, mut tries): (Vec<usize>, HashMap<String, u32>) = (Vec::new(), HashMap::new());
            let (mut queue, mut now) = (Queue::from(After::Start), 0);
            let mut fails = fails.into_iter().chain(std::iter::repeat(1));
            for _ in 0..2000 {
                let (after, room) = queue.wants();
                let begin = at(after);
                let end = (begin + room.min(7)).min(events.len());
                let known = |id: &str| Some((kept.contains(id), tries.get(id).copied().unwrap_or_default(), 0));
                queue.take(events[begin..end].to_vec(), cursor(end), known);
                let sent = match queue.next(now) {
                    Next::Send(event, _) => event.clone(),
                    Next::Wait(due) => { now = due; continue }
                    Next::Nothing if at(queue.wants().0) == events.len() => break,
                    Next::Nothing => continue,
                };
                match fails.next().unwrap() {
                    0 => { *tries.entry(sent.id.clone()).or_default() += 1; queue.failed(&sent.id, now + 3); }
                    3 => {
                        // The process ends after the delivery, before it is noted.
                        arrived.push(sent.seq as usize);
                        queue = Queue::from(kept_low.clone());
                    }
                    _ => {
                        arrived.push(sent.seq as usize);
                        kept.insert(sent.id.clone());
                        queue.delivered(&sent.id);
                        let (low, beyond) = queue.done();
                        kept_low = low.clone();
                        kept = beyond.into_iter().collect();
                    }
                }
            }
            let mut first: HashSet<usize> = HashSet::new();
            let order: Vec<usize> = arrived.iter().copied().filter(|n| first.insert(*n)).collect();
            prop_assert_eq!(first.len(), events.len());
            for path in ["a", "b", "c"] {
                let of_path: Vec<usize> = order.iter().copied().filter(|n| paths[n - 1] == path).collect();
                prop_assert!(of_path.is_sorted(), "{:?}", of_path);
            }
        }
    }
}
