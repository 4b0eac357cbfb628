"""Makes the samples: a tide mill's ledger, by openpyxl, by LibreOffice from that, by xlwt, and in binary parts by hand.

    python make.py && soffice --headless --convert-to xls --outdir lo ledger.xlsx   (and ods, xlsx)
"""
import datetime
import struct
import zipfile

import openpyxl
import xlwt
from openpyxl.comments import Comment
from openpyxl.styles import Font


def ledger():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Grain"
    sheet["A1"] = "Grain ground at the tide mill"
    sheet["A1"].font = Font(bold=True)
    sheet.merge_cells("A1:F1")
    header = ["Day", "Miller", "Sacks", "Loss", "Price", "Paid"]
    rows = [
        (datetime.date(2023, 3, 5), "Ada Toll", 12, 0.025, 1840.5, True),
        (datetime.date(2023, 3, 6), "Bo\nKersten", 1200, 0.1, -75, False),
        (datetime.date(2023, 3, 8), "Céline", 7, 0, 0, True),
    ]
    for column, name in enumerate(header, 1):
        sheet.cell(3, column, name)
    for at, row in enumerate(rows, 4):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(at, column, value)
            cell.number_format = ["yyyy-mm-dd", "General", "#,##0", "0.0%", '[$€-407] #,##0.00', "General"][column - 1]
    sheet["B4"].comment = Comment("Learned at the old mill", "Keeper")
    sheet["B9"] = "High water"
    sheet["C9"] = datetime.datetime(2023, 3, 5, 14, 30)
    sheet["C9"].number_format = "yyyy-mm-dd hh:mm"
    sheet["B10"] = "Turns a minute"
    sheet["C10"] = 1 / 3
    far = book.create_sheet("Far away")
    far["XFD1048576"] = "the last cell"
    book.create_sheet("Empty")
    book.properties.title = "Ledger of the mill"
    book.properties.creator = "Ada Toll"
    book.properties.keywords = "tide, grain"
    book.properties.created = datetime.datetime(2023, 3, 9, 8, 0, 0)
    book.properties.modified = datetime.datetime(2023, 3, 10, 8, 0, 0)
    book.save("ledger.xlsx")


def tides():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Tides")
    for column, name in enumerate(["Port", "High", "When"]):
        sheet.write(0, column, name)
    percent, date = xlwt.easyxf(num_format_str="0%"), xlwt.easyxf(num_format_str="D-MMM-YY")
    for row, (port, high) in enumerate([("Örebro", 0.25), ("St Malo", 0.5)], 1):
        sheet.write(row, 0, port)
        sheet.write(row, 1, high, percent)
        sheet.write(row, 2, datetime.date(2023, 3, 4 + row), date)
    sheet.write_merge(4, 4, 0, 2, "Heights are parts of the weir")
    sheet.write(5, 0, True)
    book.save("tides.xls")


def record(number, data=b""):
    head = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
    length, out = len(data), b""
    while True:
        out += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + out + data


def wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def gates():
    relation = '<Relationship Id="%s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s"/>'
    relations = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
    cell = lambda column, style: struct.pack("<II", column, style)
    sheet = b"".join([
        record(129), record(145),
        record(0, struct.pack("<I", 1) + b"\0" * 13),
        record(7, cell(0, 0) + struct.pack("<I", 0)), record(7, cell(1, 0) + struct.pack("<I", 1)),
        record(0, struct.pack("<I", 2) + b"\0" * 13),
        record(6, cell(0, 0) + wide("North")), record(5, cell(1, 1) + struct.pack("<d", 0.75)),
        record(0, struct.pack("<I", 3) + b"\0" * 13),
        record(6, cell(0, 0) + wide("South")), record(2, cell(1, 2) + struct.pack("<I", (45000 << 2) | 2)),
        record(4, cell(2, 0) + b"\1"), record(3, cell(3, 0) + b"\x2a"),
        record(146), record(130),
    ])
    with zipfile.ZipFile("gates.xlsb", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", "<Types/>")
        out.writestr("_rels/.rels", relations % (relation % ("r1", "officeDocument", "xl/workbook.bin")))
        out.writestr("xl/_rels/workbook.bin.rels", relations % "".join([
            relation % ("r1", "worksheet", "worksheets/sheet1.bin"), relation % ("r2", "styles", "styles.bin"),
            relation % ("r3", "sharedStrings", "sharedStrings.bin")]))
        out.writestr("xl/workbook.bin", record(131) + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Gates")) + record(132))
        out.writestr("xl/styles.bin", record(44, struct.pack("<H", 164) + wide("yyyy\\-mm\\-dd")) + record(617, struct.pack("<I", 3))
                     + b"".join(record(47, struct.pack("<HH", 0, style) + b"\0" * 12) for style in (0, 9, 164)) + record(618))
        out.writestr("xl/sharedStrings.bin", record(159) + record(19, b"\0" + wide("Gate")) + record(19, b"\0" + wide("Open")) + record(160))
        out.writestr("xl/worksheets/sheet1.bin", sheet)


ledger()
tides()
gates()
