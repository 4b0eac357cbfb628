//! Documents of known and unknown vocabularies, and what nobody should write.

use super::*;

#[track_caller]
fn check(source: &str, expected: &str) -> Document {
    let document = read(source.as_bytes().to_vec(), Format::Xml).unwrap();
    assert_eq!(document.text, expected, "{source}");
    document
}

fn headings(document: &Document) -> Vec<(u8, &str)> {
    document.headings.iter().map(|heading| (heading.level, heading.text.as_str())).collect()
}

#[test]
fn data_is_a_line_for_each_element() {
    let document = check(
        "<?xml version='1.0'?><mills><!-- c --><mill id='1'><name>Eling &amp; Sons</name><place>Totton</place></mill>\n<mill><name>Bo&#x21;</name><place/></mill></mills>",
        "Eling & Sons\nTotton\n\nBo!\n",
    );
    assert_eq!(document.title, None);
    check("<a><b>one</b></a>", "one\n");
    check("<a><title>Tides</title><b>one <i>two</i> three</b></a>", "Tides\none two three\n");
}

#[test]
fn docbook_and_its_relatives() {
    let document = check(
        "<book><info><title>The Mill</title><author>Ada</author></info><chapter><title>Tides</title><para>Twice <emphasis>a</emphasis> day.</para>\
         <itemizedlist><listitem><para>ebb</para></listitem><listitem>flood</listitem></itemizedlist>\
         <section><title>Wheel</title><programlisting>turn\n  once</programlisting>\
         <table><title>Costs</title><tgroup><thead><row><entry>Part</entry><entry>Cost</entry></row></thead><tbody><row><entry>Oak</entry><entry><para>7</para></entry></row></tbody></tgroup></table></section></chapter></book>",
        "The Mill\n\nAda\n\nTides\n\nTwice a day.\n- ebb\n- flood\n\nWheel\n\nturn\n  once\n\nCosts\n\nPart | Cost\nOak | 7\n",
    );
    assert_eq!(headings(&document), [(1, "The Mill"), (2, "Tides"), (3, "Wheel")]);
    assert_eq!(document.tables[0].header, "Part | Cost");
    assert_eq!(
        (document.title.as_deref(), document.metadata.authors),
        (Some("The Mill"), vec!["Ada".to_owned()])
    );
    let tei = check(
        "<TEI><teiHeader><fileDesc><titleStmt><title>Mill</title></titleStmt></fileDesc></teiHeader><text><body><div><head>Ebb</head><p>Out it <hi>go</hi>es.</p></div></body></text></TEI>",
        "Mill\n\nEbb\n\nOut it goes.\n",
    );
    assert_eq!(headings(&tei), [(1, "Mill"), (1, "Ebb")]);
}

#[test]
fn feeds() {
    let document = check(
        "<rss><channel><title>News</title><pubDate>Tue, 05 Mar 2024 14:22:01 +0100</pubDate><item><title>Spring</title><description><![CDATA[<p>High <b>tide</b></p><p>at noon</p>]]></description></item></channel></rss>",
        "News\n\nTue, 05 Mar 2024 14:22:01 +0100\n\nSpring\n\nHigh tide\n\nat noon\n",
    );
    assert_eq!(headings(&document), [(1, "News"), (2, "Spring")]);
    assert_eq!(document.metadata.created_ms, Some(1_709_644_921_000));
    check(
        "<feed><title>A</title><entry><title>B</title><content type='html'>&lt;p&gt;x&lt;/p&gt;</content></entry></feed>",
        "A\n\nB\n\nx\n",
    );
    check(
        "<opml><body><outline text='A'><outline text='B &amp; C'/></outline></body></opml>",
        "- A\n  - B & C\n",
    );
}

#[test]
fn tables_in_tables_and_drawings() {
    check(
        "<table><tr><td>a<table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr></table>",
        "a b c | d\n",
    );
    check(
        "<svg><metadata><table><tr><td>x</td></tr></table></metadata><g><title>g1</title><text>Sluice</text></g></svg>",
        "Sluice\n",
    );
}

#[test]
fn encodings() {
    let document =
        read(b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><a>caf\xe9</a>".to_vec(), Format::Xml).unwrap();
    assert_eq!((document.text.as_str(), document.encoding), ("café\n", "windows-1252"));
}

#[test]
fn broken_and_hostile_files() {
    check("<a><b>one</a><c>two", "one\ntwo\n");
    check("no markup & such", "no markup & such");
    check("<a>x & y &nbsp; &unknown; &mdash;z</a>", "x & y —z\n");
    check(
        "<!DOCTYPE a [<!ENTITY b \"bomb\"><!ENTITY c \"&b;&b;&b;\"><!ENTITY d SYSTEM \"file:///etc/passwd\">]><a>x&c;&d;y</a>",
        "xy\n",
    );
    for source in ["<a>", "<p>x", "<a>x</a>", "<a><p>", "</a>", "&a;", "<![CDATA[", "<!DOCTYPE"] {
        let document = read(source.repeat(100_000).into_bytes(), Format::Xml).unwrap();
        assert!(document.text.len() <= source.len() * 200_000);
    }
}
