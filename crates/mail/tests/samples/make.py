"""Writes the messages beside it: `python3 make.py`. Every word in them is made up."""

import email.policy
import pathlib
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

HERE = pathlib.Path(__file__).parent


def headers(message, subject):
    message["From"] = "Jürgen Müller <juergen@mill.example>"
    message["To"] = "Ada Byron <ada@mill.example>, bo@mill.example"
    message["Date"] = "Tue, 05 Mar 2024 14:22:01 +0100"
    message["Subject"] = subject
    return message


def save(name, data):
    (HERE / name).write_bytes(data)


def full():
    """What a mail program sends: two versions of the text, a picture in it, attachments, a forwarded message."""
    message = headers(EmailMessage(policy=email.policy.SMTP), "Flügel und Schleuse – Wartung im Frühjahr")
    message.set_content("Die Schleuse öffnet um zwölf.\n\n> Wann öffnet sie?\n\n-- \nJürgen\n")
    message.add_alternative("<p>Die <b>Schleuse</b> öffnet um zwölf.</p><img src='cid:p'>", subtype="html")
    message.get_payload()[1].add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<p>")
    message.add_attachment(b"ebb,flood\n1,2\n", maintype="text", subtype="csv", filename="Gezeiten März.csv")
    message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="../plan.pdf")
    message.add_attachment(b"%PDF-1.4\n", maintype="application", subtype="pdf", filename="plan.pdf")
    inner = EmailMessage(policy=email.policy.SMTP)
    inner["From"], inner["Subject"] = "bo@mill.example", "Oak / beech"
    inner.set_content("Oak lasts longer.\n")
    message.add_attachment(inner)
    save("full.eml", bytes(message))


def html_only():
    message = headers(EmailMessage(policy=email.policy.SMTP), "Newsletter")
    page = "<html><body><h1>Spring tides</h1><p>The highest water of the year comes on the ninth of April, shortly after noon.</p>" \
           "<h2>Opening</h2><ul><li>gate</li><li>wheel</li></ul></body></html>"
    message.set_content("This message is in HTML.\n")
    message.add_alternative(page, subtype="html")
    save("stub.eml", bytes(message))


def signed_and_sealed():
    signed = headers(MIMEMultipart("signed", protocol="application/pgp-signature"), "Signed")
    signed.attach(MIMEText("We agree.\n"))
    seal = MIMEText("-----BEGIN PGP SIGNATURE-----\n", "pgp-signature")
    seal.replace_header("Content-Type", 'application/pgp-signature; name="signature.asc"')
    signed.attach(seal)
    save("signed.eml", bytes(signed))
    save("sealed.eml", b"From: ada@mill.example\nSubject: Sealed\nContent-Type: application/pkcs7-mime; name=smime.p7m\n"
                       b"Content-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQAx\n")


def broken():
    """Headers and a body in bytes that nothing declares, a boundary that nothing closes."""
    save("broken.eml", "From: Frédéric <f@mill.example>\nSubject: Marée haute à midi\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n"
                       "La marée est à midi, l'écluse est fermée.\n".encode("latin-1"))
    save("flowed.eml", b"From: ada@mill.example\nSubject: Flowed\nDate: yesterday\nContent-Type: text/plain; format=flowed\n\n"
                       b"The wheel turns at ebb, \nnever at flood.\n> Does it \n> turn?\n")


def mailbox():
    parts = []
    for n, body in enumerate(["First.\n>From the sea.\n", "Second.\n"]):
        message = headers(EmailMessage(), f"Log {n + 1}")
        message.set_content(body)
        message.add_attachment(b"1,2\n", maintype="text", subtype="csv", filename="log.csv")
        parts.append(b"From juergen@mill.example Tue Mar  5 14:22:01 2024\n" + bytes(message) + b"\n")
    save("two.mbox", b"".join(parts))


full()
html_only()
signed_and_sealed()
broken()
mailbox()
