"""Reads paths from standard input, a JSON string a line, converts each file several times and prints the median as a line of JSON."""

import json
import os
import signal
import statistics
import sys
import time

# A single conversion that takes longer counts as failed. Seconds.
LONGEST = 300

# Converters print; only these lines may reach the pipe.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def answer(line):
    print(json.dumps(line), file=answers, flush=True)


def give_up(_signal, _frame):
    raise TimeoutError(f"stopped after {LONGEST} s")


def convert(converter, path, runs, patience):
    seconds, text = [], ""
    began = time.perf_counter()
    while len(seconds) < runs and (not seconds or time.perf_counter() - began < patience):
        signal.alarm(LONGEST)
        this = time.perf_counter()
        text = converter.convert(path).text_content
        seconds.append(time.perf_counter() - this)
        signal.alarm(0)
    return {"seconds": statistics.median(seconds), "text_bytes": len(text.encode("utf-8", "replace"))}


def main():
    runs, patience = int(sys.argv[1]), float(sys.argv[2])
    began = time.perf_counter()
    from importlib.metadata import version

    from markitdown import MarkItDown

    converter = MarkItDown()
    signal.signal(signal.SIGALRM, give_up)
    answer({"version": version("markitdown"), "import_seconds": time.perf_counter() - began})
    for line in sys.stdin:
        try:
            answer(convert(converter, json.loads(line), runs, patience))
        except Exception as error:
            signal.alarm(0)
            answer({"error": f"{type(error).__name__}: {error}"[:300]})


main()
