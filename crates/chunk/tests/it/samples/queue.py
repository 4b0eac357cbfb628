"""A queue on disk."""

import json
import os

LIMIT = 100


def parse(line):
    """One job from one line."""
    job = json.loads(line)
    if "name" not in job:
        raise ValueError("a job needs a name")
    return job


class Queue:
    """Jobs in the order in which they came.

    Every change is written to a file before it is answered, so that a job that was taken on is never lost: what is not
    marked as done when the queue is opened is handed out again.
    """

    def __init__(self, path):
        self.path = path
        self.jobs = []
        if os.path.exists(path):
            with open(path) as file:
                self.jobs = [parse(line) for line in file]

    # Writing.

    def push(self, job):
        """Takes a job on."""
        if len(self.jobs) >= LIMIT:
            raise OverflowError("the queue is full")
        with open(self.path, "a") as file:
            file.write(json.dumps(job) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.jobs.append(job)

    @property
    def size(self):
        return len(self.jobs)

    def pop(self):
        """Hands the oldest job out, or nothing."""
        if not self.jobs:
            return None
        job = self.jobs.pop(0)
        temporary = self.path + ".new"
        with open(temporary, "w") as file:
            for rest in self.jobs:
                file.write(json.dumps(rest) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)
        return job


def main():
    queue = Queue("jobs.jsonl")
    queue.push({"name": "wash"})
    print(queue.pop())
