"""Makes the samples: python make.py, with python-docx, python-pptx, ebooklib and LibreOffice (soffice) installed."""

import io
import subprocess
import sys
from pathlib import Path

import docx
from docx.shared import Inches
from ebooklib import epub
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

HERE = Path(__file__).parent


def handbook_docx():
    doc = docx.Document()
    doc.core_properties.title = "Handbook of the tide mill"
    doc.core_properties.author = "Ada Brook"
    doc.core_properties.keywords = "tide, mill"
    doc.add_heading("Handbook of the tide mill", 0)
    doc.add_paragraph("The mill pond fills at flood and drives the wheel at ebb.")
    doc.add_heading("Before the ebb", 1)
    doc.add_paragraph("Close the sea gate.", style="List Number")
    doc.add_paragraph("Grease the bearings.", style="List Number")
    doc.add_paragraph("with tallow", style="List Bullet 2")
    doc.add_heading("Yields", 2)
    table = doc.add_table(rows=3, cols=3)
    table.style = "Table Grid"
    rows = [("Month", "Tides", "Sacks"), ("March", "58", "120"), ("April", "57", "131")]
    for row, cells in zip(table.rows, rows):
        for cell, words in zip(row.cells, cells):
            cell.text = words
    run = doc.add_paragraph().add_run("gate --close\n  wait 10")
    run.font.name = "Courier New"
    doc.add_heading("After the ebb", 1)
    doc.add_paragraph("Open the gate & rest.")
    doc.save(HERE / "python.docx")


def slides_pptx():
    show = Presentation()
    show.core_properties.author = "Bo Weir"
    slide = show.slides.add_slide(show.slide_layouts[0])
    slide.shapes.title.text = "The tide mill"
    slide.placeholders[1].text = "A talk for visitors"
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "How it works"
    body = slide.placeholders[1].text_frame
    body.text = "The pond fills"
    for words, level in [("through the sea gate", 1), ("The wheel turns", 0)]:
        paragraph = body.add_paragraph()
        paragraph.text, paragraph.level = words, level
    slide.notes_slide.notes_text_frame.text = "Show the model of the wheel here."
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Yields"
    right = slide.shapes.add_textbox(Cm(14), Cm(5), Cm(8), Cm(2))
    right.text_frame.text = "to the right"
    left = slide.shapes.add_textbox(Cm(2), Cm(5.2), Cm(8), Cm(2))
    left.text_frame.text = "to the left"
    table = slide.shapes.add_table(2, 2, Cm(2), Cm(8), Cm(10), Cm(3)).table
    for at, words in zip([(0, 0), (0, 1), (1, 0), (1, 1)], ["Month", "Sacks", "March", "120"]):
        table.cell(*at).text = words
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Tides"
    data = CategoryChartData()
    data.categories = ["March", "April"]
    data.add_series("Spring", (12, 14))
    data.add_series("Neap", (8, 7.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(2), Cm(5), Cm(12), Cm(8), data)
    show.save(HERE / "python.pptx")


def book_epub():
    book = epub.EpubBook()
    book.set_identifier("tide-mill")
    book.set_title("The tide mill")
    book.set_language("en")
    book.add_author("Ada Brook")
    chapters = []
    for i, (title, body) in enumerate(
        [
            ("The pond", "<h1>The pond</h1><p>It fills at flood.</p><h2>The gate</h2><p>Oak, and heavy.</p>"),
            ("The wheel", "<p>It turns at ebb.</p><ul><li>paddles</li><li>shaft</li></ul><aside>Not in winter.</aside>"),
        ]
    ):
        chapter = epub.EpubHtml(title=title, file_name=f"c{i}.xhtml", lang="en")
        chapter.content = f"<html><head></head><body>{body}</body></html>"
        book.add_item(chapter)
        chapters.append(chapter)
    book.toc = chapters
    book.spine = ["nav", *chapters]
    book.add_item(epub.EpubNcx())
    book.add_item(epub.EpubNav())
    epub.write_epub(str(HERE / "ebooklib.epub"), book)


def convert(source, target):
    kind = target.split(".")[-1]
    home = "-env:UserInstallation=file:///tmp/samples-libreoffice"
    subprocess.run(
        ["soffice", home, "--headless", "--convert-to", kind, "--outdir", "/tmp", str(HERE / source)], check=True
    )
    made = Path("/tmp") / (source.split(".")[0] + "." + kind)
    (HERE / target).write_bytes(made.read_bytes())


handbook_docx()
slides_pptx()
book_epub()
for target in ["libreoffice.odt", "libreoffice.docx", "libreoffice.epub"]:
    convert("handbook.fodt", target)
for target in ["libreoffice.odp", "libreoffice.pptx"]:
    convert("python.pptx", target)
