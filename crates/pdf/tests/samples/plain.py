"""Makes the small files of `plain/`: nothing in them is packed, so that a fuzzer can change what matters.

    python plain.py
"""

import base64
import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "plain"
HELVETICA = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
BOLD = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold >>"


def stream(data, entries=""):
    data = data.encode("latin-1") if isinstance(data, str) else data
    return f"<< {entries} /Length {len(data)} >> stream\n".encode() + data + b"\nendstream"


def text(*lines, font="/F1 12 Tf", at=(40, 300)):
    """Lines of text, each a string already in brackets."""
    shown = " T*\n".join(f"{line} Tj" for line in lines)
    return f"BT {font} 14 TL {at[0]} {at[1]} Td\n{shown} ET"


def page(contents, fonts=f"/F1 {HELVETICA}", resources="", more=""):
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Contents {contents} "
        f"/Resources << /Font << {fonts} >> {resources} >> {more} >>"
    )


def write(name, pages, objects=None, catalog="", trailer=""):
    """`pages` and `objects` by their numbers, from 3 on."""
    kids = " ".join(f"{number} 0 R" for number in pages)
    everything = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        **pages,
        **(objects or {}),
    }
    out = bytearray(b"%PDF-1.7\n")
    offsets = {}
    for number, body in sorted(everything.items()):
        offsets[number] = len(out)
        body = body.encode("latin-1") if isinstance(body, str) else body
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start, size = len(out), max(offsets) + 1
    rows = ["0000000000 65535 f "]
    rows += [f"{offsets.get(n, 0):010} 00000 {'n' if n in offsets else 'f'} " for n in range(1, size)]
    out += "\n".join(["xref", f"0 {size}", *rows, ""]).encode()
    out += f"trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    (FOLDER / name).write_bytes(out)


def unicode():
    """Codes that only a map to Unicode explains, kerned, and names of an encoding of its own."""
    cmap = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Mill def 1 begincodespacerange <00> <FF> endcodespacerange
2 beginbfrange <41> <45> <0061> <46> <47> [<00660069> <00E9>] endbfrange
1 beginbfchar <20> <0020> endbfchar endcmap end end"""
    fonts = (
        "/F1 << /Type /Font /Subtype /TrueType /BaseFont /ABCDEF+Mill /FirstChar 65 /LastChar 71 "
        "/Widths [500 500 500 500 500 500 500] /ToUnicode 5 0 R >> "
        "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Times-Roman "
        "/Encoding << /BaseEncoding /WinAnsiEncoding /Differences [1 /w /h /eacute /uni20AC] >> >>"
    )
    content = (
        "BT /F1 12 Tf 40 300 Td [(D) -20 (A) 15 (B) -400 (FE)] TJ "
        "/F2 12 Tf 0 -14 Td <0102036c2004> Tj ET"
    )
    write("unicode.pdf", {3: page("4 0 R", fonts)}, {4: stream(content), 5: stream(cmap)})


def composite():
    """Two bytes a code, with widths, some of them written from top to bottom."""
    cmap = """begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0001> <0003> <6F6E> endbfrange endcmap"""
    own = """begincmap /WMode 0 def 1 begincodespacerange <0000> <FFFF> endcodespacerange
1 begincidrange <0100> <01FF> 34 endcidrange 1 begincidchar <0020> 1 endcidchar endcmap"""
    info = "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
    japan = info.replace("Identity", "Japan1")
    mill = "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Mill"
    below = f"/DescendantFonts [{mill} {info} /DW 1000 /W [1 [500 600] 3 9 700] >>]"
    fonts = (
        f"/F1 << /Type /Font /Subtype /Type0 /BaseFont /Mill /Encoding /Identity-H {below} /ToUnicode 5 0 R >> "
        f"/F2 << /Type /Font /Subtype /Type0 /BaseFont /Mill /Encoding 6 0 R "
        f"{below.replace(info, japan)} >> "
        f"/F3 << /Type /Font /Subtype /Type0 /BaseFont /Mill /Encoding /UniJIS-UCS2-V "
        f"/DescendantFonts [{mill} {japan} /DW2 [880 -1000] /W2 [1 99 -900 500 880] >>] >>"
    )
    content = (
        "BT /F1 12 Tf 40 300 Td <000100020003> Tj /F2 12 Tf 0 -20 Td <010001010020> Tj "
        "/F3 12 Tf 300 0 Td [<6F6E> -50 <306E>] TJ ET"
    )
    write("composite.pdf", {3: page("4 0 R", fonts)}, {4: stream(content), 5: stream(cmap), 6: stream(own)})


def compact():
    """A compact font program whose own encoding says what the codes are."""

    def index(*parts):
        offsets = [1]
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        return bytes([0, len(parts), 1, *offsets]) + b"".join(parts) if parts else b"\0\0"

    def number(n):
        return b"\x1c" + n.to_bytes(2, "big")

    strings = index(b"eacute", b"f_i")
    glyphs = index(*[b"\x0e"] * 5)
    charset = b"\0" + b"".join(n.to_bytes(2, "big") for n in (34, 66, 391, 392))
    encoding = bytes([1, 2, 65, 1, 97, 1])

    def build(at):
        top = number(at) + b"\x0f" + number(at + 9) + b"\x10" + number(at + 15) + b"\x11"
        return b"\1\0\4\1" + index(b"Mill") + index(top) + strings + index()

    program = build(len(build(0))) + charset + encoding + glyphs
    fonts = (
        "/F1 << /Type /Font /Subtype /Type1 /BaseFont /Mill /FirstChar 65 /LastChar 98 /Widths 6 0 R "
        "/FontDescriptor << /Type /FontDescriptor /FontName /Mill /Flags 4 /FontFile3 5 0 R >> >> "
        "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Race /FirstChar 1 /LastChar 2 /Widths [500 500] "
        "/FontDescriptor << /Type /FontDescriptor /FontName /Race /Flags 4 /FontFile 7 0 R >> >>"
    )
    clear = "%!PS-AdobeFont-1.0: Race\n/Encoding 256 array\ndup 1 /o put\ndup 2/k put\nreadonly def\neexec\n"
    content = "BT /F1 12 Tf 40 300 Td (ABab) Tj /F2 12 Tf 0 -20 Td <0102> Tj ET"
    widths = "[" + "500 " * 34 + "]"
    objects = {
        4: stream(content),
        5: stream(program.hex() + ">", "/Subtype /Type1C /Filter /ASCIIHexDecode"),
        6: widths,
        7: stream(clear, f"/Length1 {len(clear)} /Length2 0 /Length3 0"),
    }
    write("compact.pdf", {3: page("4 0 R", fonts)}, objects)


def drawn():
    """Letters that are drawings (Type 3), one of them with a ligature for its name."""
    fonts = (
        "/F1 << /Type /Font /Subtype /Type3 /FontBBox [0 0 10 10] /FontMatrix [0.1 0 0 0.1 0 0] "
        "/FirstChar 1 /LastChar 3 /Widths [6 6 6] /CharProcs << /e 5 0 R /b 5 0 R /fi 5 0 R >> "
        "/Encoding << /Differences [1 /e /b /fi] >> /Resources << >> >>"
    )
    content = (
        "BT /F1 12 Tf 40 300 Td <010202> Tj "
        "10 Tc 0 -20 Td <0301> Tj 0 Tc 150 Tz 2 Ts 0 -20 Td <0102> Tj ET"
    )
    glyph = "6 0 0 0 6 10 d1 0 0 6 10 re f"
    write("drawn.pdf", {3: page("4 0 R", fonts)}, {4: stream(content), 5: stream(glyph)})


def table():
    """Rows of cells under a bold header, a row with one cell only, and lines to rule them."""
    rows = [("Gate", "Width", "Height"), ("North", "2.4", "3.1"), ("South", "2.2", "3.0")]
    rows += [("Sluices",), ("Race", "1.1", "0.9"), ("Pond", "0.8", "0.7")]
    parts = ["0.5 w 36 316 m 300 316 l S", text("(How wide the gates are, in paces of the miller.)", at=(40, 350))]
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            font = "/F2" if row == 0 or len(cells) == 1 else "/F1"
            parts.append(f"q 1 0 0 1 {40 + 90 * column} {320 - 15 * row} cm BT {font} 11 Tf ({cell}) Tj ET Q")
    parts.append("36 238 264 92 re S")
    fonts = f"/F1 {HELVETICA} /F2 {BOLD}"
    write("table.pdf", {3: page("4 0 R", fonts)}, {4: stream("\n".join(parts))})


def shown(words, x, y, size, font="/F1"):
    return f"BT {font} {size} Tf {x} {y} Td ({words}) Tj ET"


def contents():
    """Contents in the type of headings, a heading with a note at its end, and figures over their captions."""
    first = [shown("Contents", 40, 360, 20)]
    entries = [("2", "The creek"), ("4", "Gates and sluices"), ("12", "The wheel"), ("31", "Stones"), ("48", "Weed")]
    for row, (number, title) in enumerate(entries):
        first.append(shown(f"{number} {title}", 40, 320 - 30 * row, 15))
    first.append(shown("Oak.......60", 40, 150, 15))
    first += [shown("What is on the other pages is told here once.", 40, 100 - 12 * n, 10) for n in range(8)]
    second = [shown("The year", 40, 370, 11, "/F2"), shown("Spring to fall", 290, 370, 11, "/F2")]
    second.append(shown("The mill went round whenever the moon let it, and stood as long as it had to.", 40, 352, 10))
    figures = [
        ("210", ("sacks were ground in", "the month of March")),
        ("8th", ("wheel since the pond", "was dug by the monks")),
    ]
    for column, (figure, caption) in enumerate(figures):
        second.append(shown(figure, 80 + 170 * column, 300, 30))
        second += [shown(line, 50 + 170 * column, 280 - 12 * row, 10) for row, line in enumerate(caption)]
    second += [shown("There is more to tell of that in winter.", 40, 200, 10)]
    fonts = f"/F1 {HELVETICA} /F2 {BOLD}"
    objects = {5: stream("\n".join(first)), 6: stream("\n".join(second))}
    write("contents.pdf", {3: page("5 0 R", fonts), 4: page("6 0 R", fonts)}, objects)


def tagged():
    """What the file says of its own text: headings in small type, a span in one, and a bold cell that is none."""
    parts = [
        ("Title", "A mill by the sea", 40, 370, "/F1 10 Tf"),
        ("Body", "Its wheel turns twice a day, at hours that the moon sets for it.", 40, 350, "/F1 10 Tf"),
        ("H3", "Hinges of", 40, 320, "/F1 10 Tf"),
        ("Span", "brass", 90, 320, "/F1 10 Tf"),
        ("Body", "Oil them before the equinox, and again when the ice has gone.", 40, 300, "/F1 10 Tf"),
        ("TH", "Paddles and sacks", 40, 270, "/F2 10 Tf"),
        ("Body", "More than that was never written down, by any of the millers.", 40, 240, "/F1 10 Tf"),
    ]
    content = "\n".join(
        f"/{tag} << /MCID {number} >> BDC BT {font} {x} {y} Td ({words}) Tj ET EMC"
        for number, (tag, words, x, y, font) in enumerate(parts)
    )
    elements = {
        10 + number: f"<< /S /{tag} /P {12 if tag == 'Span' else 6} 0 R /Pg 3 0 R /K {number} >>"
        for number, (tag, *_) in enumerate(parts)
    }
    kids = " ".join(f"{number} 0 R" for number in elements)
    objects = {
        4: stream(content),
        5: "<< /Type /StructTreeRoot /K 6 0 R /ParentTree 7 0 R /RoleMap << /Body /P /H3 /H2 >> >>",
        6: f"<< /S /Document /P 5 0 R /K [{kids}] >>",
        7: "<< /Kids [8 0 R] >>",
        8: f"<< /Limits [0 1] /Nums [0 6 0 R 1 [{kids}]] >>",
    }
    pages = {3: page("4 0 R", f"/F1 {HELVETICA} /F2 {BOLD}", more="/StructParents 1")}
    write("tagged.pdf", pages, {**objects, **elements}, "/MarkInfo << /Marked true >> /StructTreeRoot 5 0 R")


def columns():
    """Two columns, in two streams that part between a string and its operator, with notes on top of the page."""
    left = [
        "(The pond fills while the town)",
        "(is asleep, and the wheel turns)",
        "(when the gulls come in from)",
        "(the flats, an hour before light.)",
    ]
    right = [
        "(Nobody sees the miller then,)",
        "(but the whole street hears that)",
        "(the stones have begun, and what)",
        "(is not ground by noon must wait.)",
    ]
    first, second = (text(*left, at=(20, 300)), text(*right, at=(210, 300)))
    cut = first.rindex(" Tj")
    note = (
        "/Annots [<< /Type /Annot /Subtype /Text /Rect [9 9 20 20] /Contents <FEFF0041006E002000650065006C> >> "
        "<< /Type /Annot /Subtype /FreeText /Rect [20 40 160 50] /AP << /N 6 0 R >> >>]"
    )
    fonts = f"/Resources << /Font << /F1 {HELVETICA} >> >>"
    look = stream(
        text("(Weed to be cleared)", at=(2, 3)),
        f"/Type /XObject /Subtype /Form /BBox [0 0 140 10] {fonts}",
    )
    objects = {4: stream(first[:cut]), 5: stream(first[cut:] + "\n" + second), 6: look}
    write("columns.pdf", {3: page("[4 0 R 5 0 R]", more=note)}, objects)


def outline():
    """Bookmarks, what the file says of itself, a page turned around, and one whose contents nobody wrote."""

    def heading(words):
        return text(f"({words})", font="/F1 18 Tf", at=(40, 340))

    body = text("(At ebb the wheel has four hours.)")
    objects = {
        6: stream(f"{heading('1 The wheel')} {body}"),
        7: stream(f"{heading('The stones')} {body}"),
        8: "<< /Type /Outlines /First 9 0 R /Last 10 0 R /Count 2 >>",
        9: "<< /Title (1 The wheel) /Parent 8 0 R /Next 10 0 R /Dest [3 0 R /Fit] >>",
        10: "<< /Title <FEFF005400680065002000730074006F006E00650073> /Parent 8 0 R /Prev 9 0 R /Dest [4 0 R /Fit] >>",
        11: "<< /Title (The wheel and the stones) /Author (Ada Ferrier; Bo Lind) /Keywords (mill, tide) "
        "/CreationDate (D:20000101000000Z) >>",
    }
    pages = {3: page("6 0 R"), 4: page("7 0 R", more="/Rotate 180"), 5: "<< /Type /Page /Parent 2 0 R >>"}
    write("outline.pdf", pages, objects, "/Outlines 8 0 R /Lang (en)", "/Info 11 0 R")


def marked():
    """Text that stands for other text, a running line, a picture in line, and forms within forms."""
    content = f"""/Artifact << /Type /Pagination >> BDC {text("(Tide mills)", at=(40, 390))} EMC
/Span << /ActualText <FEFF0065006200620020> >> BDC {text("(xyz)")} EMC /Span /P1 BDC {text("(tide)", at=(66, 300))} EMC
q 30 0 0 30 200 200 cm BI /W 4 /H 2 /BPC 8 /CS /G ID 12345678 EI Q
q 1 0 0 1 0 -40 cm /X1 Do Q
/Gs gs BT 40 200 Td (in another size) Tj 1 0 0 1.1 40 180 Tm 12 TL 3 0.2 (set wide) " (and below) ' ET"""

    def form(inner):
        return stream(inner, "/Type /XObject /Subtype /Form /BBox [0 0 400 400] /Matrix [1 0 0 1 0 9]")

    resources = (
        f"/XObject << /X1 5 0 R /X2 6 0 R >> /Properties << /P1 << /ActualText (flood) >> >> "
        f"/ExtGState << /Gs << /Font [<< /Type /Font /Subtype /Type1 /BaseFont /Courier >> 9] >> >>"
    )
    inner = form(text("(within a form)", at=(100, 300)))
    objects = {4: stream(content), 5: form(f"{text('(A form)')} /X2 Do"), 6: inner}
    write("marked.pdf", {3: page("4 0 R", resources=resources)}, objects)


def filters():
    """Every simple filter, alone and one upon the other, and rows that are differences."""

    def run_length(data):
        return bytes([len(data) - 1]) + data + b"\x80"

    def lzw(data):
        bits = "".join(f"{code:09b}" for code in [256, *data, 257])
        return int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")

    def base_85(data):
        return base64.a85encode(data) + b"~>"

    def png_sub(data, columns=8):
        data = data.ljust(-(-len(data) // columns) * columns)
        rows = [data[at : at + columns] for at in range(0, len(data), columns)]
        return b"".join(b"\1" + bytes((b - a) & 255 for a, b in zip(b"\0" + row, row)) for row in rows)

    words = ["runs", "letters", "codes", "differences"]
    lines = [text(f"({word})", at=(40, 300 - 20 * n)).encode() for n, word in enumerate(words)]
    hex_lzw = "/Filter [/AHx /LZW] /DecodeParms"
    objects = {
        4: stream(run_length(lines[0]), "/Filter /RunLengthDecode"),
        5: stream(base_85(lines[1]), "/Filter [/ASCII85Decode]"),
        6: stream(lzw(lines[2]).hex() + ">", f"{hex_lzw} [null << /EarlyChange 1 >>]"),
        7: stream(lzw(png_sub(lines[3])).hex() + ">", f"{hex_lzw} [null << /Predictor 12 /Columns 8 >>]"),
    }
    write("filters.pdf", {3: page("[4 0 R 5 0 R 6 0 R 7 0 R]")}, objects)


def packed_objects():
    """Objects in a stream, and a stream for cross references, both in letters."""
    inside = {1: "<< /Type /Catalog /Pages 2 0 R >>", 2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", 3: page("4 0 R")}
    offsets, bodies = [], ""
    for number, body in inside.items():
        offsets.append(f"{number} {len(bodies)}")
        bodies += body + " "
    head = " ".join(offsets) + " "
    out = bytearray(b"%PDF-1.7\n")
    entries = {0: (0, 0, 65535), **{number: (2, 5, at) for at, number in enumerate(inside)}}
    packed = stream(head + bodies, f"/Type /ObjStm /N 3 /First {len(head)}")
    for number, body in [(4, stream(text("(Packed like herrings)"))), (5, packed)]:
        entries[number] = (1, len(out), 0)
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    entries[6] = (1, len(out), 0)
    table = b"".join(
        kind.to_bytes(1, "big") + at.to_bytes(2, "big") + rest.to_bytes(2, "big")
        for _, (kind, at, rest) in sorted(entries.items())
    )
    start = len(out)
    about = "/Type /XRef /Size 7 /W [1 2 2] /Root 1 0 R /Filter /AHx"
    out += b"6 0 obj\n" + stream(table.hex() + ">", about) + b"\nendobj\n"
    out += f"startxref\n{start}\n%%EOF\n".encode()
    (FOLDER / "packed-objects.pdf").write_bytes(out)


def encrypted():
    """The oldest encryption, with no password (PDF 32000-1, 7.6.3)."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    name = b"tide-mill-000001"

    def rc4(key, data):
        state, j, out = list(range(256)), 0, bytearray()
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        i = j = 0
        for byte in data:
            i = (i + 1) & 255
            j = (j + state[i]) & 255
            state[i], state[j] = state[j], state[i]
            out.append(byte ^ state[(state[i] + state[j]) & 255])
        return bytes(out)

    owner = rc4(hashlib.md5(padding).digest()[:5], padding)
    key = hashlib.md5(padding + owner + (-4).to_bytes(4, "little", signed=True) + name).digest()[:5]

    def of_object(number):
        return hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]

    content = rc4(of_object(4), text("(Only for the owner of the mill)").encode())
    crypt = f"<< /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> /U <{rc4(key, padding).hex()}> /P -4 >>"
    trailer = f"/Encrypt 5 0 R /ID [<{name.hex()}> <{name.hex()}>]"
    write("encrypted.pdf", {3: page("4 0 R")}, {4: stream(content), 5: crypt}, trailer=trailer)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in [unicode, composite, compact, drawn, table, contents, tagged, columns, outline, marked, filters]:
        make()
    packed_objects()
    encrypted()
