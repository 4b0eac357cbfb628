//! What the samples do not show, in packages written here.

use corpus::Format;

use crate::render::{body, render};
use crate::zip::package;

fn word(body: &str) -> String {
    format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>")
}

fn check_word(text: &str, others: &[(&str, &str)], expected: &str) {
    let document = word(text);
    let mut parts = vec![("word/document.xml", document.as_str())];
    parts.extend(others);
    check(Format::Docx, &parts, expected);
}

fn check(format: Format, parts: &[(&str, &str)], expected: &str) {
    let document = workroom_office::read(package(parts), format);
    assert_eq!(
        document.map(|document| body(&document)).unwrap_or_else(|reason| reason.to_string()),
        expected
    );
}

#[test]
fn what_a_reader_does_not_see_is_not_in_the_text() {
    check_word(
        "<w:p><w:r><w:t>The </w:t></w:r><w:ins><w:r><w:t>new </w:t></w:r></w:ins><w:del><w:r><w:delText>old </w:delText></w:r></w:del>\
         <w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden </w:t></w:r><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>wheel</w:t></w:r>\
         <w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>",
        &[],
        "The new wheel\n",
    );
    check_word(
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/><w:instrText>REF gate</w:instrText><w:t>code</w:t>\
         <w:fldChar w:fldCharType='separate'/><w:t>page 3</w:t><w:fldChar w:fldCharType='end'/></w:r></w:p>\
         <w:p><w:fldSimple w:instr='DATE'><w:r><w:t>1 March</w:t></w:r></w:fldSimple></w:p>\
         <w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:p><w:p><w:r><w:t>never ended</w:t></w:r></w:p>",
        &[],
        "page 3\n\n1 March\n\nnever ended\n",
    );
    check_word(
        "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
         <mc:Fallback><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent>\
         <w:t>anchor</w:t></w:r></w:p>",
        &[],
        "anchor\n\nbox\n",
    );
}

#[test]
fn small_things_in_runs() {
    check_word(
        "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:softHyphen/>\
         <w:sym w:font='Wingdings' w:char='F0FE'/></w:r></w:p>\
         <w:p><m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f>\
         <m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>n</m:t></m:r></m:sup></m:sSup>\
         <m:d><m:e><m:r><m:t>y</m:t></m:r></m:e></m:d></m:oMath></w:p>",
        &[],
        "a b c-d\u{2611}\n\n(a+b)/2x^n(y)\n",
    );
}

#[test]
fn notes_and_comments_follow_before_the_next_heading() {
    let note = |n: u32, words: &str| {
        format!("<w:footnote w:id='{n}'><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:footnote>")
    };
    let footnotes = format!(
        "<w:footnotes><w:footnote w:type='separator' w:id='0'/>{}{}</w:footnotes>",
        note(7, "Twice a day."),
        note(8, "Oak.")
    );
    check_word(
        "<w:p><w:r><w:t>Flood</w:t><w:footnoteReference w:id='7'/></w:r><w:r><w:commentReference w:id='1'/></w:r>\
         <w:r><w:t> and gate</w:t><w:footnoteReference w:id='8'/></w:r></w:p>\
         <w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Next</w:t></w:r></w:p>",
        &[
            (
                "word/_rels/document.xml.rels",
                "<r><Relationship Id='a' Type='x/footnotes' Target='footnotes.xml'/>\
                 <Relationship Id='b' Type='x/comments' Target='comments.xml'/></r>",
            ),
            ("word/footnotes.xml", &footnotes),
            (
                "word/comments.xml",
                "<w:comments><w:comment w:id='1' w:author='Bo'><w:p><w:r><w:t>Which?</w:t></w:r></w:p></w:comment></w:comments>",
            ),
        ],
        "Flood[^1] and gate[^2][^c1]\n\n[^1]: Twice a day.\n[^c1]: Bo: Which?\n[^2]: Oak.\n\n# Next\n",
    );
}

fn cell(inside: &str) -> String {
    format!("<w:tc>{inside}</w:tc>")
}

fn paragraph(words: &str) -> String {
    format!("<w:p><w:r><w:t>{words}</w:t></w:r></w:p>")
}

#[test]
fn tables_of_data_and_tables_that_arrange_the_page() {
    let row = |cells: &[String]| format!("<w:tr>{}</w:tr>", cells.concat());
    let words = |words: &str| cell(&paragraph(words));
    let wide = cell(&format!("<w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{}", paragraph("wide")));
    let data = format!(
        "<w:tbl>{}{}{}</w:tbl>",
        row(&[words("Month"), words("Tides"), words("Sacks")]),
        row(&[wide, words("3")]),
        row(&[words("May"), words(""), words("4")])
    );
    check_word(&data, &[], "= Month | Tides | Sacks\nwide |  | 3\nMay |  | 4\n");
    let boxed = format!("<w:tbl>{}</w:tbl>", row(&[cell(&[paragraph("one"), paragraph("two")].concat())]));
    check_word(&boxed, &[], "one\n\ntwo\n");
    let page =
        format!("<w:tbl>{}</w:tbl>", row(&[cell(&format!("{}{data}", paragraph("left"))), words("right")]));
    check_word(&page, &[], "left\n\n= Month | Tides | Sacks\nwide |  | 3\nMay |  | 4\n\nright\n");
}

#[test]
fn headings_and_captions_have_the_numbers_that_are_seen() {
    let level = |n: u32, format: &str, text: &str| {
        format!(
            "<w:lvl w:ilvl='{n}'><w:start w:val='1'/><w:numFmt w:val='{format}'/><w:lvlText w:val='{text}'/></w:lvl>"
        )
    };
    let numbering = format!(
        "<w:numbering><w:abstractNum w:abstractNumId='0'>{}{}{}</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>",
        level(0, "upperRoman", "%1."),
        level(1, "decimal", "%1.%2"),
        level(2, "decimal", "Figure %3")
    );
    let item = |style: &str, level: u32, words: &str| {
        format!(
            "<w:p><w:pPr>{style}<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"
        )
    };
    let heading = "<w:pStyle w:val='Heading1'/>";
    check_word(
        &[item(heading, 0, "Pond"), item("", 1, "Gate"), item("", 2, "The gate"), item(heading, 0, "Wheel")]
            .concat(),
        &[
            (
                "word/_rels/document.xml.rels",
                "<r><Relationship Id='a' Type='x/numbering' Target='numbering.xml'/></r>",
            ),
            ("word/numbering.xml", &numbering),
        ],
        "# I. Pond\n\n  I.1 Gate\n\nFigure 1 The gate\n\n# II. Wheel\n",
    );
}

#[test]
fn slides_in_their_order_with_groups_and_comments() {
    let shape = |x: i64, y: i64, words: &str| {
        format!(
            "<p:sp><p:spPr><a:xfrm><a:off x='{x}' y='{y}'/></a:xfrm></p:spPr><p:txBody><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    };
    let group = |x: i64, y: i64, inside: &str| {
        format!("<p:grpSp><p:grpSpPr><a:xfrm><a:off x='{x}' y='{y}'/></a:xfrm></p:grpSpPr>{inside}</p:grpSp>")
    };
    let title = "<p:sp><p:nvSpPr><p:nvPr><p:ph type='title'/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Mill</a:t></a:r></a:p></p:txBody></p:sp>";
    let footer = "<p:sp><p:nvSpPr><p:nvPr><p:ph type='ftr'/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>no</a:t></a:r></a:p></p:txBody></p:sp>";
    let first = format!(
        "<p:sld><p:spTree>{}{}{footer}{title}</p:spTree></p:sld>",
        group(5_000_000, 0, &(shape(0, 900_000, "right below") + &shape(0, 0, "right"))),
        group(0, 100_000, &(shape(0, 0, "left") + &shape(0, 900_000, "left below"))),
    );
    let second =
        format!("<p:sld show='0'><p:spTree>{}</p:spTree></p:sld>", shape(0, 0, "hidden slides count"));
    check(
        Format::Pptx,
        &[
            (
                "ppt/presentation.xml",
                "<p:presentation><p:sldIdLst><p:sldId id='1' r:id='b'/><p:sldId id='2' r:id='a'/></p:sldIdLst></p:presentation>",
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                "<r><Relationship Id='a' Type='x/slide' Target='slides/slide1.xml'/><Relationship Id='b' Type='x/slide' Target='/ppt/slides/slide2.xml'/>\
                 <Relationship Id='c' Type='x/commentAuthors' Target='authors.xml'/></r>",
            ),
            ("ppt/authors.xml", "<p:cmAuthorLst><p:cmAuthor id='0' name='Ada'/></p:cmAuthorLst>"),
            ("ppt/slides/slide1.xml", &first),
            ("ppt/slides/slide2.xml", &second),
            (
                "ppt/slides/_rels/slide1.xml.rels",
                "<r><Relationship Id='a' Type='x/comments' Target='../c.xml'/></r>",
            ),
            ("ppt/c.xml", "<p:cmLst><p:cm authorId='0'><p:text>Too long.</p:text></p:cm></p:cmLst>"),
        ],
        "@ slide 1\nhidden slides count\n\n@ slide 2 (Mill)\n# Mill\n\nleft\n\nleft below\n\nright\n\nright below\n\n[^c1]: Ada: Too long.\n",
    );
}

#[test]
fn names_of_pictures_are_not_text() {
    check(
        Format::Odt,
        &[(
            "content.xml",
            "<office:text><text:p>A <draw:frame><draw:image/><svg:title>wheel.png</svg:title><svg:desc>a wheel</svg:desc></draw:frame>wheel of \
             <text:title>The mill</text:title></text:p></office:text>",
        )],
        "A wheel of The mill\n",
    );
}

#[test]
fn what_has_a_password_or_no_words_says_so() {
    let parts = [("content.xml", "x"), ("META-INF/manifest.xml", "<m><manifest:encryption-data/></m>")];
    check(Format::Odt, &parts, "encrypted: it cannot be read without its password");
    let method =
        |uri: &str| format!("<e><EncryptedData><EncryptionMethod Algorithm='{uri}'/></EncryptedData></e>");
    let book = |method: &str| {
        let parts = [
            ("META-INF/encryption.xml", method),
            ("b.opf", "<package><item id='a' href='a.html'/><itemref idref='a'/></package>"),
            ("a.html", "<p>words"),
        ];
        workroom_office::read(package(&parts), Format::Epub).map(|document| render(&document))
    };
    assert_eq!(
        book(&method("http://www.idpf.org/2008/embedding")).unwrap(),
        "title: -\nby: ; about: \n@ chapter 1\nwords\n"
    );
    assert_eq!(book(&method("http://www.w3.org/2001/04/xmlenc#aes128-cbc")), Err(extract::Skip::Encrypted));
    check_word("<w:p/>", &[], "it holds no text: nothing but pictures, or nothing at all");
    check(Format::Docx, &[("a", "b")], "damaged: word/document.xml is missing");
    check(Format::Pptx, &[("a", "b")], "damaged: ppt/presentation.xml is missing");
    check(Format::Pptx, &[("ppt/presentation.xml", "<presentation/>")], "it holds no text: it has no slides");
    check(Format::Odt, &[("styles.xml", "b")], "it holds no text: it is a collection of styles");
}
