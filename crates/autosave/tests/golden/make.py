"""Makes the golden files of saved states beside it, with a BLAKE3 of its own (of at most 1024 bytes: one chunk)."""

import json
import pathlib
import struct

WORD = 0xFFFFFFFF
START = [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19]
ORDER = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8]
COLUMNS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
DIAGONALS = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
CHUNK_START, CHUNK_END, ROOT = 1, 2, 8


def turned(word, bits):
    return (word >> bits | word << (32 - bits)) & WORD


def compress(chain, block, flags):
    words = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    v = chain + START[:4] + [0, 0, len(block), flags]
    for _ in range(7):
        for n, (a, b, c, d) in enumerate(COLUMNS + DIAGONALS):
            for word, (first, second) in zip(words[2 * n : 2 * n + 2], [(16, 12), (8, 7)]):
                v[a] = (v[a] + v[b] + word) & WORD
                v[d] = turned(v[d] ^ v[a], first)
                v[c] = (v[c] + v[d]) & WORD
                v[b] = turned(v[b] ^ v[c], second)
        words = [words[at] for at in ORDER]
    return [v[at] ^ v[at + 8] for at in range(8)]


def blake3(data):
    assert len(data) <= 1024
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    chain = START
    for n, block in enumerate(blocks):
        last = n == len(blocks) - 1
        chain = compress(chain, block, (CHUNK_START if n == 0 else 0) | (CHUNK_END | ROOT if last else 0))
    return struct.pack("<8I", *chain).hex()


def document(content):
    text = json.dumps(content, indent=2, ensure_ascii=False)
    metadata = {
        "timestamp": "2026-11-21T20:58:00.123Z",
        "agent_id": "agent-0123456789abcdef",
        "agent_name": "Tide Watcher",
        "loop_count": 3,
        "sequence": 7,
        "reason": "step",
        "content_hash": blake3(text.encode()),
    }
    return json.dumps({**content, "_autosave_metadata": metadata}, indent=2, ensure_ascii=False)


assert blake3(b"") == "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
STATE, CONFIG = {"seen": 42, "last": "höchst"}, {"max_loops": 5}
for name, content in [("state", STATE), ("config", CONFIG), ("step", {"state": STATE, "config": CONFIG})]:
    place = pathlib.Path(__file__).with_name(f"{name}.json")
    place.write_text(document(content) + "\n", encoding="utf-8")
