"""Makes the samples beside it. Needs reportlab, pypdf and Pillow, and LibreOffice for `handbook.pdf`.

    python make.py && soffice --headless --infilter="HTML (StarWriter)" --convert-to pdf:writer_pdf_Export handbook.html
"""

import io

import pypdf
from reportlab.lib.pagesizes import A5
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas

WIDTH, HEIGHT = A5
LEFT = (
    "The mill stands where the creek is narrow. At flood the gates let the water in, and at ebb it leaves "
    "through the wheel race. The miller opens the sluice two hours after high water and grinds until the pond "
    "is empty, twice a day, at hours that the moon sets."
)
RIGHT = (
    "Oak lasts longest under water. Elm is used for the paddles because it does not split when it is wet and "
    "dry by turns. Every spring the paddles are counted, and the worst four are changed before the equinox tides "
    "arrive with their weight of weed."
)


def lines(text, width, font="Times-Roman", size=10):
    line = ""
    for word in text.split():
        if pdfmetrics.stringWidth(f"{line} {word}", font, size) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    yield line


def column(page, text, x, y, width):
    page.setFont("Times-Roman", 10)
    for line in lines(text, width):
        page.drawString(x, y, line)
        y -= 12
    return y


def columns():
    page = canvas.Canvas("columns.pdf", pagesize=A5, invariant=1)
    page.setTitle("The tide mill")
    page.setAuthor("Ada Ferrier; Bo Lind")
    page.setKeywords("mill, tide")
    for number, (first, second) in enumerate([(LEFT, RIGHT), (RIGHT, LEFT), (LEFT, RIGHT)], 1):
        page.setFont("Helvetica", 8)
        page.drawString(40, HEIGHT - 30, "Handbook of tide mills")
        page.drawCentredString(WIDTH / 2, 25, f"- {number} -")
        page.setFont("Helvetica-Bold", 16)
        title = f"{number} Wheels and water"
        page.bookmarkPage(title)
        page.addOutlineEntry(title, title, level=0)
        page.drawString(40, HEIGHT - 70, title)
        page.setFont("Helvetica-Bold", 12)
        page.drawString(40, HEIGHT - 100, "The pond")
        column(page, first, 40, HEIGHT - 120, 155)
        column(page, second, 215, HEIGHT - 120, 165)
        page.setFont("Times-Roman", 10)
        for row, cells in enumerate([("Month", "Paddles", "Sacks"), ("March", "4", "210"), ("June", "1", "188")]):
            for at, cell in enumerate(cells):
                page.drawString(40 + at * 110, 150 - row * 14, cell)
        page.showPage()
    page.save()


def scripts():
    page = canvas.Canvas("scripts.pdf", pagesize=A5, invariant=1)
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    page.setFont("HeiseiMin-W3", 12)
    page.drawString(40, 500, "\u6f6e\u306e\u6c34\u8eca")
    page.setFont("Symbol", 12)
    page.drawString(40, 470, "\u03b1\u03b2\u03b3")
    page.setFont("ZapfDingbats", 12)
    page.drawString(40, 440, "\u2714")
    page.setFont("Times-Roman", 12)
    page.drawString(56, 440, "Gr\u00f6\u00dfe \u2013 caf\u00e9")
    page.saveState()
    page.translate(300, 300)
    page.rotate(90)
    page.drawString(0, 0, "Beside the text")
    page.restoreState()
    page.showPage()
    page.setPageRotation(90)
    page.setFont("Times-Roman", 12)
    page.translate(WIDTH / 2, 100)
    page.rotate(90)
    page.drawString(0, 0, "A page on its side")
    page.showPage()
    page.save()


def form():
    page = canvas.Canvas("form.pdf", pagesize=A5, invariant=1)
    page.setFont("Helvetica", 11)
    page.drawString(40, 500, "Name of the miller")
    page.acroForm.textfield(name="miller", value="Cato Brandt", x=180, y=492, width=150, height=20)
    page.textAnnotation("Ask him about the weir.", Rect=[40, 400, 60, 420])
    page.showPage()
    page.save()


def scan():
    page = canvas.Canvas("scan.pdf", pagesize=A5, invariant=1)
    for _ in range(2):
        page.drawInlineImage(pixel(), 40, 40, 300, 400)
        page.showPage()
    page.save()


def pixel():
    from PIL import Image

    return Image.new("L", (4, 4), 128)


def encrypted():
    page = canvas.Canvas(io.BytesIO(), pagesize=A5, invariant=1)
    page.setFont("Times-Roman", 12)
    page.drawString(40, 500, "Only for the owner of the mill")
    page.showPage()
    plain = pypdf.PdfReader(io.BytesIO(page.getpdfdata()))
    for name, password in [("locked.pdf", "ebb"), ("open.pdf", "")]:
        writer = pypdf.PdfWriter(clone_from=plain)
        writer.encrypt(password, "flood", algorithm="AES-256" if password else "RC4-128")
        writer.write(name)


columns()
scripts()
form()
scan()
encrypted()
