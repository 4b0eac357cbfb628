//! Where real files are cut: a line for each chunk, with its lines, pieces, headings, first line and last line.

use crate::support::outline;

#[test]
fn guide_md() {
    insta::assert_snapshot!(outline("guide.md", include_str!("samples/guide.md")), @r"
     1-18  197 [Tending bees] --- .. | veil   | keeps the face uncov~
    20-26   69 [Tending bees > Tools > The smoker] ### The smoker .. Any flat blade will do. Wash it~
    28-34  180 [Tending bees > The first inspection] ## The first inspection .. a solid pattern. Look for food ~
    34-39  180 [Tending bees > The first inspection] Look for food in an arch above ~ .. by the way you came.
    38-53   90 [Tending bees > The first inspection] Leave .. Leave them alone.
    ");
}

#[test]
fn page_html() {
    insta::assert_snapshot!(outline("page.html", include_str!("samples/page.html")), @r"
     1-17  184 [Opening hours] Opening hours .. Returns are taken at the desk, ~
    19-21   80 [Opening hours > Fees] Fees .. A late book costs twenty cents ~
    ");
}

#[test]
fn store_rs() {
    insta::assert_snapshot!(outline("store.rs", include_str!("samples/store.rs")), @r"
     1-23  143 [] //! A store of notes. .. }
    25-41  181 [impl Store] impl Store { .. }
    43-58  222 [impl Store] /// Finds notes that hold all w~ .. }
    60-68  157 [impl Store > fn print] /// Prints a summary of everyth~ .. }
    69-82  192 [impl Store > fn print] match note.body.lines().next() { .. writeln!(out, '        {words} ~
    83-95  167 [impl Store > fn print] let links = note.body.matches('~ .. }
    97-108 128 [] #[cfg(test)] .. }
    ");
}

#[test]
fn queue_py() {
    insta::assert_snapshot!(outline("queue.py", include_str!("samples/queue.py")), @r"
     1-14   76 [] '''A queue on disk.''' .. return job
    17-31  135 [class Queue] class Queue: .. # Writing.
    33-45  123 [class Queue] def push(self, job): .. return len(self.jobs)
    47-59  128 [class Queue] def pop(self): .. return job
    62-65   43 [] def main(): .. print(queue.pop())
    ");
}

#[test]
fn server_go() {
    insta::assert_snapshot!(outline("server.go", include_str!("samples/server.go")), @r"
     1-17   83 [] package server .. }
    19-45  239 [] // Serve accepts clients until ~ .. }
    47-56   70 [] // Close stops Serve. .. }
    ");
}

#[test]
fn people_csv() {
    insta::assert_snapshot!(outline("people.csv", include_str!("samples/people.csv")), @r"
     1-19  196 [] name,town,year,note .. then left'
    20-37  189 [] Person 9,Town 2,1909,'said ''he~ .. then left'
    38-55  189 [] Person 18,Town 4,1918,'said ''h~ .. then left'
    56-61   63 [] Person 27,Town 6,1927,'said ''h~ .. then left'
    ");
}

#[test]
fn orders_json() {
    insta::assert_snapshot!(outline("orders.json", include_str!("samples/orders.json")), @r"
     1-21  160 [] { .. },
    22-39  143 [] { .. },
    40-57  143 [] { .. },
    58-78  151 [] { .. }
    ");
}

#[test]
fn service_yaml() {
    insta::assert_snapshot!(outline("service.yaml", include_str!("samples/service.yaml")), @r"
     1-8    44 [name] # What runs where. .. roles: [web, cache, queue]
     9-29  189 [hosts] - name: host1 .. roles: [web, cache, queue]
    30-50  140 [hosts] - name: host8 .. files: 1000
    ");
}

#[test]
fn build_sh() {
    insta::assert_snapshot!(outline("build.sh", include_str!("samples/build.sh")), @r"
     1-14  100 [] #!/bin/sh .. }
    16-30  139 [] # Compiles one file after the o~ .. }
    32-49  138 [] pack() { .. compile
    ");
}
