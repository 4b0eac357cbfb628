"""Makes the samples: a tide mill's handbook by python-docx and a talk about it by python-pptx; LibreOffice makes the old formats of them.

    python make.py && soffice --headless --convert-to doc --outdir . /tmp/handbook.docx   (and rtf; both of notes.fodt; ppt of talk.pptx)
    python shrink.py talk.ppt talk.ppt
"""
import datetime

import docx
import pptx
from pptx.util import Inches


def handbook():
    document = docx.Document()
    document.core_properties.title = "Handbook of the mill"
    document.core_properties.author = "Ada Toll"
    document.core_properties.keywords = "tide, mill"
    document.core_properties.created = datetime.datetime(2023, 3, 5, 8, 0)
    document.add_heading("The tide mill", 1)
    document.add_paragraph("The wheel turns at ebb – never at flood. Céline says “so”.")
    document.add_heading("Gates", 2)
    for words in ["Open the north gate", "Wait for the sea"]:
        document.add_paragraph(words, style="List Bullet")
    for words in ["Close it", "Write it down"]:
        document.add_paragraph(words, style="List Number")
    table = document.add_table(3, 3)
    for row, cells in zip(table.rows, [("Gate", "Width", "Keeper"), ("North", "3 m", "Ada"), ("South", "", "Bo\nKersten")]):
        for cell, words in zip(row.cells, cells):
            cell.text = words
    run = document.add_paragraph("Seen").add_run(" unseen")
    run.font.hidden = True
    document.add_paragraph("Приливная мельница 潮汐")
    document.save("/tmp/handbook.docx")


def talk():
    deck = pptx.Presentation()
    # The template's thumbnail would make up most of the file.
    relations = deck.part.package._rels
    for name in [name for name, relation in relations.items() if relation.reltype.endswith("/thumbnail")]:
        relations.pop(name)
    deck.core_properties.title = "A talk on tides"
    deck.core_properties.author = "Bo Kersten"
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Why tides"
    slide.placeholders[1].text = "The moon pulls\nThe sea follows"
    slide.notes_slide.notes_text_frame.text = "Show the almanac"
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    lower = slide.shapes.add_textbox(Inches(1), Inches(4), Inches(3), Inches(1))
    lower.text_frame.text = "Below: 潮"
    upper = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1))
    upper.text_frame.text = "Above"
    deck.save("/tmp/talk.pptx")


handbook()
talk()
