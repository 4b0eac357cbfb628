"""Makes the pictures beside it: small ones, with what their metadata can say."""
import io
import struct

from PIL import Image, PngImagePlugin

picture = Image.new("RGB", (9, 7), (40, 90, 160))
exif = Image.Exif()
exif[0x010E] = "The north gate"
exif[0x013B] = "Ada Wick"
exif[0x0132] = "2024:05:04 10:20:30"
exif[0x9C9B] = "Gate".encode("utf-16-le")
xmp = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreateDate="2024-05-04T10:20:30Z">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">North gate</rdf:li></rdf:Alt></dc:title>
<dc:subject><rdf:Bag><rdf:li>gate</rdf:li><rdf:li>tide</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>"""
info = PngImagePlugin.PngInfo()
info.add_text("Title", "North gate")
info.add_text("Author", "Ada Wick", zip=True)
info.add_itxt("Description", "Closed at ebb", lang="en", tkey="d", zip=True)
info.add_itxt("XML:com.adobe.xmp", xmp.decode())
picture.save("gate.png", pnginfo=info, exif=exif)
picture.save("gate.jpg", exif=exif, xmp=xmp, quality=30, comment=b"north")
picture.save("gate.gif", comment=b"north")
picture.save("gate.webp", exif=exif, xmp=xmp)
picture.save("gate.tiff", description="The north gate", artist="Ada Wick")
picture.save("gate.bmp")
