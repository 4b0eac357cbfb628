use std::time::{Duration, Instant};
use workroom_watch::*;
use crate::room::*;
#[test]
fn figures() {
    let folder = Folder::new(&[]);
    for i in 0..10_000 { folder.write(&format!("d{}/e{}/f{i}.md", i % 10, i % 100), "x"); }
    folder.write(".workroomignore", DEFAULT_IGNORE);
    folder.write(".gitignore", "*.log\n/build\n");
    let rules = folder.rules();
    for _ in 0..4 { let t = Instant::now(); let n = scan(&rules, None).count(); eprintln!("scan {n} in {:?}", t.elapsed()); }
    let t = Instant::now(); let p = path("d1/e1/f1.md"); for _ in 0..1000 { assert!(rules.is_indexable(&p)); } eprintln!("is_indexable {:?}", t.elapsed()/1000);
    let t = Instant::now();
    let mut room = Room::watching(folder, WatchOptions::default());
    eprintln!("start {:?} watches {}", t.elapsed(), room.watcher.n_watches());
    let mut lat = vec![]; let mut lat2 = vec![];
    for i in 0..200 {
        std::thread::sleep(Duration::from_millis(60));
        let t = Instant::now();
        room.folder.write("d1/e1/f1.md", &i.to_string());
        let Event::Changed(h) = room.events.recv().unwrap() else { panic!() };
        lat.push(t.elapsed()); lat2.push(h[0].seen.elapsed());
    }
    lat.sort(); lat2.sort();
    eprintln!("latency from before write p50 {:?} p99 {:?}; from seen p50 {:?} p99 {:?}", lat[100], lat[198], lat2[100], lat2[198]);
    let t = Instant::now();
    for i in 0..10_000 { room.folder.write(&format!("burst/g{i}"), "x"); }
    let wrote = t.elapsed();
    room.read_until("burst", |r| r.told.len() >= 10_000 && r.told_paths().len() >= 10_000);
    eprintln!("10k burst written in {wrote:?}, all told at {:?}, batches {}, rescans {:?}", t.elapsed(), room.n_batches, room.rescans);
    let t = Instant::now(); drop(room); eprintln!("drop {:?}", t.elapsed());
    let folder = Folder::new(&[]);
    for i in 0..1000 { folder.write(&format!("d{i}/e/f"), "x"); }
    let t = Instant::now();
    let room = Room::watching(folder, WatchOptions::default());
    eprintln!("start {:?} watches {}", t.elapsed(), room.watcher.n_watches());
}
