"""A real agent of Swarms saves into a workspace, and Workroom resumes it; then the other way round.

The agent's model is a function here: nothing leaves this machine. Each line that it prints is one thing that was seen. Usage:
swarms_autosave.py --program WORKROOM --workspace FOLDER
"""

import argparse
import json
import os
import subprocess
import sys

NAME = "Tide Watcher"


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--workspace", required=True)
    return parser.parse_args()


given = options()
# Before the package is imported: it reads the variables then.
os.environ.update(
    WORKSPACE_DIR=os.path.abspath(given.workspace),
    SWARMS_TELEMETRY_ON="false",
    SWARMS_VERBOSE_GLOBAL="False",
    LITELLM_LOCAL_MODEL_COST_MAP="True",
    OPENAI_API_KEY="none",
)

from swarms import Agent  # noqa: E402


class Counting:
    """A model that counts what it was asked, and fails when it is told to."""

    model_name = "counting"

    def __init__(self, fails_at=None):
        self.asked, self.fails_at = 0, fails_at

    def run(self, task=None, *_, **__):
        self.asked += 1
        if self.asked == self.fails_at:
            raise RuntimeError("the mill stands still")
        return f"answer {self.asked}: the tide is at mark {self.asked}"

    __call__ = run


def workroom(*arguments, state=None):
    command = [given.program, "-w", given.workspace, *arguments]
    done = subprocess.run(command, input=state, capture_output=True, text=True, env={**os.environ, "WORKROOM_NO_DAEMON": "1"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def resumed():
    return json.loads(workroom("autosave", "resume", NAME, "--json"))


def seen(what, **more):
    print(json.dumps({"seen": what, **more}))


def agent(**more):
    return Agent(agent_name=NAME, llm=Counting(), max_loops=2, autosave=True, print_on=False, **more)


def main():
    workroom("init")
    first = agent()
    first.run("Watch the tide.")
    found = resumed()
    assert found["run"]["id"] == first.id and "sequence" not in found["run"], found
    assert found["config"]["agent_name"] == NAME and found["state"]["max_loops"] == 2
    seen("what Swarms saved by itself is resumed by name", folder=found["run"]["folder"], loop=found["run"].get("loop_count"))

    first.save()
    found = resumed()
    assert found["state"]["max_loops"] == 2, found
    seen("what Swarms saved on demand is resumed by name", files=sorted(os.listdir(os.path.join(given.workspace, found["run"]["folder"]))))

    second = agent()
    second.run("Watch the tide again.")
    assert resumed()["run"]["id"] == second.id != first.id
    seen("the latest of two runs of one name is found, whatever its id")

    state = {**found["state"], "max_loops": 7}
    saved = json.loads(workroom("autosave", "save", NAME, "--id", second.id, "--json", state=json.dumps(state)))
    path = os.path.join(given.workspace, saved["folder"], f"{NAME}_state.json")
    second.load(path)
    assert second.max_loops == 7, second.max_loops
    seen("Swarms loads what Workroom saved", folder=saved["folder"])
    assert os.path.basename(saved["folder"]) == os.path.basename(resumed()["run"]["folder"])


main()
sys.stdout.flush()
# Threads of the package must not keep the process.
os._exit(0)
