//! HTML as readers see it, and as nobody should write it.

use std::fmt::Write as _;

use corpus::Format;

use super::read;

fn text_of(source: &str) -> String {
    let document = read(source.as_bytes().to_vec(), Format::Html).unwrap();
    for heading in &document.headings {
        assert_eq!(heading.span.of(&document.text), Some(heading.text.as_str()), "{source}");
    }
    document.text
}

#[track_caller]
fn check(source: &str, expected: &str) {
    assert_eq!(text_of(source), expected, "{source}");
}

#[test]
fn blocks_lists_tables_and_code() {
    check("<p>One <b>bold</b>\n word.<p>Two<br>lines", "One bold word.\n\nTwo\nlines");
    check("a<br>b<br><br>c", "a\nb\n\nc");
    check("a<div>b</div>c<span>d</span>", "a\nb\ncd");
    check("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd");
    check("<table><tr><th>a<th>b<tr><td><p>c</p><td></td><td>d</table>", "a | b\nc | | d");
    check("<pre>x<h1></p>a\nb<br>c<xmp>d\ne</xmp></h1></pre>", "x\n\na b c d e");
    check("<p>x<pre>\n  if a:\n    b &lt; c\n</pre>y", "x\n\n  if a:\n    b < c\n\ny");
    check("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd");
    check("a&nbsp;b &eacute;<a href='x'>link</a>", "a b élink");
}

#[test]
fn what_readers_do_not_see_is_gone() {
    check(
        "a<script>x</script><style>y</style><noscript>z</noscript><template><p>t</template><svg><title>s</title></svg>b",
        "ab",
    );
    check("a <span hidden>x<span>y</span></span><p hidden>z<p>b", "a\n\nb");
    check("a<div style='display:none'><div>x</div>y</div>b", "ab");
    check("a<img hidden>b<button>x</button>", "ab");
}

#[test]
fn the_main_part_is_preferred() {
    let body = "words of the subject ".repeat(3);
    check(
        &format!("<nav>menu</nav><main><h1>T</h1>{body}</main><footer>foot</footer>"),
        &format!("T\n\n{}", body.trim()),
    );
    check(
        &format!(
            "<header>top</header><article><header><h1>T</h1></header>{body}<aside>no</aside></article>x"
        ),
        &format!("T\n\n{}", body.trim()),
    );
    check(&format!("<main>tiny</main>{body}"), &format!("tiny\n\n{}", body.trim()));
    check("<form><p>a page that is one form</form>", "a page that is one form");
    check(&format!("<div role=navigation>menu</div><div role=main>{body}</div>"), body.trim());
    check("<p>a</p><nav>n</nav><p>bcd</p>", "a\n\nbcd");
    check(&format!("<main><div role=contentinfo>{body}</div></main>"), body.trim());
    check(&format!("{body}<div role=contentinfo>imprint</div>"), body.trim());
    check(&format!("<main>{body}<footer role=contentinfo>imprint</footer></main>"), body.trim());
    let languages = "<ul><li><a hreflang=de>Deutsch</a><li><a href=x hreflang=fr>Français</a></ul>";
    check(&format!("<main>{languages}{body}</main>"), body.trim());
    check(
        &format!("{body}<ul><li>a <a hreflang=de>b</a><li><a hreflang=de>c</a> {body}</ul>"),
        &format!("{0}\n\n- a b\n- c {0}", body.trim()),
    );
}

#[test]
fn headings_titles_and_their_levels() {
    let source = "<title> A &amp;\n B </title><h1>One</h1><p>x<h2>Two <a href=#two>¶</a></h2><h3><div>Th</div>ree</h3><h4></h4><ul><li><h5>Five</h5></ul>";
    let document = read(source.as_bytes().to_vec(), Format::Html).unwrap();
    let headings: Vec<_> = document
        .headings
        .iter()
        .map(|h| (h.level, h.text.as_str(), h.span.of(&document.text).unwrap()))
        .collect();
    assert_eq!(
        headings,
        [(1, "One", "One"), (2, "Two", "Two"), (3, "Th ree", "Th ree"), (5, "Five", "Five")]
    );
    assert_eq!(document.title.as_deref(), Some("A & B"));
}

#[test]
fn broken_markup_is_still_text() {
    check("</div></p>a</b><td>b</td></table>c", "a\nb c");
    check("<main><div>a</main>b", "a\n\nb");
    check("<table><tr><td>a</div></td><td>b</table>c", "a | b\n\nc");
    check("", "");
    check("<", "<");
}

#[test]
fn the_declared_encoding_is_used_when_it_is_not_utf8() {
    let document =
        read(b"<meta charset=\"windows-1251\"><p>\xcf\xf0\xe8\xe2\xe5\xf2".to_vec(), Format::Html).unwrap();
    assert_eq!((document.text.as_str(), document.encoding), ("Привет", "windows-1251"));
}

/// Each would take minutes, or the stack, if any step looked at all that is open.
#[test]
fn deep_and_unbalanced_pages_take_linear_time() {
    const N: usize = 100_000;
    for (open, close) in [
        ("<div>", "</div>"),
        ("<b>", "</b>"),
        ("<ul><li>", ""),
        ("<table><tr><td>", ""),
        ("<div>", "</p></span></li>"),
        ("<p>", "</div>"),
        ("<h1>", ""),
    ] {
        let page = format!("{}deep{}", open.repeat(N), close.repeat(N));
        assert_eq!(text_of(&page).trim_start_matches([' ', '-', '\n']), "deep", "{open}");
    }
    let mut attributes = String::from("<p ");
    for i in 0..N {
        let _ = write!(attributes, "a{i}=b ");
    }
    assert_eq!(text_of(&format!("{attributes}>x")), "x");
    for noise in ["<!--", "<![CDATA[", "<title>", "&", "&#", "<", "</", "<p '", "&NotEqualTilde"] {
        assert!(text_of(&noise.repeat(N)).len() <= noise.len() * N);
    }
}
