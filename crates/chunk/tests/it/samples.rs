//! Where real files are cut: a line for each chunk, with its lines, pieces, headings, first line and last line.

use crate::support::outline;

#[test]
fn guide_md() {
    insta::assert_snapshot!(outline("guide.md", include_str!("samples/guide.md")), @"");
}

#[test]
fn page_html() {
    insta::assert_snapshot!(outline("page.html", include_str!("samples/page.html")), @"");
}

#[test]
fn store_rs() {
    insta::assert_snapshot!(outline("store.rs", include_str!("samples/store.rs")), @"");
}

#[test]
fn queue_py() {
    insta::assert_snapshot!(outline("queue.py", include_str!("samples/queue.py")), @"");
}

#[test]
fn server_go() {
    insta::assert_snapshot!(outline("server.go", include_str!("samples/server.go")), @"");
}

#[test]
fn people_csv() {
    insta::assert_snapshot!(outline("people.csv", include_str!("samples/people.csv")), @"");
}

#[test]
fn orders_json() {
    insta::assert_snapshot!(outline("orders.json", include_str!("samples/orders.json")), @"");
}

#[test]
fn service_yaml() {
    insta::assert_snapshot!(outline("service.yaml", include_str!("samples/service.yaml")), @"");
}

#[test]
fn build_sh() {
    insta::assert_snapshot!(outline("build.sh", include_str!("samples/build.sh")), @"");
}

