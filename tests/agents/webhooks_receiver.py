"""A receiver that checks webhooks with the Python package of Standard Webhooks, which shares no code with what signs them.

Each line that it prints is one thing that was seen. Usage: webhooks_receiver.py --program WORKROOM --workspace FOLDER
"""

import argparse
import json
import os
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

# What should take milliseconds, or the first retry: five seconds, and up to a fifth of them by chance.
PATIENCE = 60


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--workspace", required=True)
    return parser.parse_args()


given = options()
ALONE = {**os.environ, "WORKROOM_NO_DAEMON": "1"}


class Receiver(BaseHTTPRequestHandler):
    """Keeps each delivery, and answers what it was told to."""

    taken = queue.Queue()
    # Statuses of the next answers; after them everything is taken.
    answers = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            status = self.answers.get_nowait()
        except queue.Empty:
            status = 204
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
        self.taken.put((status, {name.lower(): value for name, value in self.headers.items()}, body))

    def log_message(self, *_):
        pass


def workroom(*arguments, text=None):
    command = [given.program, "-w", given.workspace, *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=ALONE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def serve():
    command = [given.program, "-w", given.workspace, "serve", "--listen", "127.0.0.1:0", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ALONE)
    assert json.loads(server.stdout.readline())["url"], "the server says no address"
    return server


def delivery():
    status, headers, body = Receiver.taken.get(timeout=PATIENCE)
    return status, headers, body, json.loads(body)


def delivered(kind, path):
    """The next delivery, which must be of this."""
    status, headers, body, event = delivery()
    assert status == 204 and (event["type"], event["data"]["path"]) == (kind, path), (status, event)
    return headers, body


def accepts(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def secret_in(output):
    (secret,) = [line for line in output.splitlines() if line.startswith("whsec_")]
    return secret


def seen(what, **more):
    print(json.dumps({"seen": what, **more}), flush=True)


def signatures(secret):
    workroom("write", "a.md", text="one")
    headers, body = delivered("file.created", "a.md")
    assert accepts(secret, headers, body), headers
    seen("a signature is accepted", version=headers["webhook-signature"].split(",")[0])
    assert not accepts(secret, headers, body.replace(b"a.md", b"b.md"))
    assert not accepts(secret, headers, body + b" ")
    for name in ["webhook-id", "webhook-timestamp"]:
        assert not accepts(secret, {**headers, name: headers[name] + "0"}, body), name
    assert not accepts("whsec_" + "QUJD" * 8, headers, body)
    seen("another body, id, time or secret is refused")
    return headers["webhook-id"]


def rotation(webhook, first):
    second = secret_in(workroom("webhook", "rotate", webhook))
    workroom("write", "b.md", text="two")
    headers, body = delivered("file.created", "b.md")
    assert first != second and accepts(first, headers, body) and accepts(second, headers, body), headers
    assert len(headers["webhook-signature"].split(" ")) == 2
    seen("after a rotation both secrets are good")
    third = secret_in(workroom("webhook", "rotate", webhook, "--now"))
    workroom("write", "c.md", text="three")
    headers, body = delivered("file.created", "c.md")
    assert [accepts(one, headers, body) for one in (first, second, third)] == [False, False, True], headers
    seen("after one with --now the last secret alone is")
    return third


def retry(secret):
    Receiver.answers.put(500)
    workroom("write", "d.md", text="four")
    status, first, body, _ = delivery()
    assert status == 500 and accepts(secret, first, body)
    headers, again = delivered("file.created", "d.md")
    assert headers["webhook-id"] == first["webhook-id"] and again == body and accepts(secret, headers, again)
    waited = int(headers["webhook-timestamp"]) - int(first["webhook-timestamp"])
    assert 4 <= waited <= 8, waited
    seen("what was refused with 500 comes again by the same id, signed anew", seconds=waited)


def restart(server, webhook, secret, first_id):
    server.kill()
    server.wait()
    workroom("write", "e.md", text="five")
    workroom("webhook", "replay", webhook, "--after", "start")
    assert Receiver.taken.empty(), "something is sent while no server runs"
    server = serve()
    ids = {}
    # What was under way when the server was killed may come twice.
    while set(ids) != {f"{name}.md" for name in "abcde"}:
        status, headers, body, event = delivery()
        assert status == 204 and accepts(secret, headers, body), headers
        path = event["data"]["path"]
        assert ids.setdefault(path, headers["webhook-id"]) == headers["webhook-id"], path
    assert ids["a.md"] == first_id, ids
    seen("a replay that was asked for while the server was dead comes when it is back, by the ids of then", events=len(ids))
    return server


def main():
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    workroom("init")
    allowed = ["--allow-http", "--allow-private", "--type", "file.created", "--json"]
    made = json.loads(workroom("webhook", "add", url, *allowed))
    server = serve()
    try:
        first_id = signatures(made["secret"])
        secret = rotation(made["id"], made["secret"])
        retry(secret)
        server = restart(server, made["id"], secret, first_id)
    finally:
        server.kill()
        server.wait()


main()
