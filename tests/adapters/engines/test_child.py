"""Promises of the child process: whatever a worker does, the load is refused or the answer is whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.child import Child
from adapters.engines.rego_embedded import EmbeddedRego
from pdp.errors import PolicyError, UnavailableError

ROOT = Path(__file__).parents[3]
DONE = 'print(json.dumps({"done": 1}))'
MISBEHAVES = {  # worker -> what is said of it
    "": "ended before it had answered",
    "sys.exit(3)": "ended before it had answered",
    "os.kill(os.getpid(), 11)": "ended before it had answered",
    'print("forbid")': "no answer",
    'print("[0, 1, 0, 0]")': "no answer",
    'print("null")': "no answer",
    'print("[" * 200000)': "no answer",
    'print("{}")': "gave no answer to job 0",
    'sys.stdout.buffer.write(b"\\xff\\xfe\\n")': "no answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0, 1]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 2]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, -1]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, None]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, False]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, "0"]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0.0]}))': "no full answer",
    'print(json.dumps({"job": 0, "answers": "0100"}))': "gave no answer to job 0",
    'print(json.dumps({"job": 1, "answers": [0, 1, 0, 0]}))': "gave no answer to job 0",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0], "more": 1}))': "gave no answer to job 0",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0]}))': "ended before it had answered",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0]}), end="")': "in the middle of an answer",
    f'print(json.dumps({{"job": 0, "answers": [0, 1, 0, 0]}}))\n{DONE}\n{DONE}': "did not end as agreed",
    f'print(json.dumps({{"job": 0, "answers": [0, 1, 0, 0]}}))\n{DONE}\nsys.exit(1)': "ended with status 1",
    'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0]}))\nprint(json.dumps({"done": 2}))': "did not end as agreed",
    'print(json.dumps({"failed": "MemoryError"}))': "said: MemoryError",
}


@pytest.mark.parametrize("code", MISBEHAVES)
def test_a_worker_that_does_not_answer_whole_refuses_the_load(job, worker, code):
    with pytest.raises(UnavailableError, match=MISBEHAVES[code]):
        EmbeddedRego(worker(code)).evaluate([job])


def test_a_worker_that_answers_whole_is_heard(job, worker):
    code = f'print(json.dumps({{"job": 0, "answers": [0, 1, 0, 0]}}))\n{DONE}'

    assert EmbeddedRego(worker(code)).evaluate([job]) == [[False, True, False, False]]


@pytest.mark.parametrize(
    "hangs",
    [
        "time.sleep(60)",
        "while True: pass",
        'print(json.dumps({"job": 0, "answers": [0, 1, 0, 0]}), flush=True); time.sleep(60)',
    ],
)
def test_a_worker_that_hangs_is_ended_and_refuses_the_load(job, worker, hangs):
    with pytest.raises(UnavailableError, match="did not answer in time"):
        EmbeddedRego(worker(hangs, silence=0.3)).evaluate([job])


def test_a_worker_that_floods_is_ended_and_refuses_the_load(job, worker):
    with pytest.raises(UnavailableError, match="answered without end"):
        EmbeddedRego(worker('while True: os.write(1, b"x" * 1000000)')).evaluate([job])


DIES = """
from adapters.engines import rego_embedded, worker
asked = rego_embedded._answer
count = 0
def answer(engine, bundle, facts):
    global count
    count += 1
    if count > {evaluation}:
        os.abort()
    return asked(engine, bundle, facts)
rego_embedded._answer = answer
worker.main("rego_embedded")
"""


@pytest.mark.parametrize("evaluation", range(8))
def test_an_engine_that_dies_at_any_evaluation_refuses_the_load(job, worker, evaluation):
    child = worker(DIES.format(evaluation=evaluation))

    with pytest.raises(UnavailableError, match="ended before it had answered"):
        EmbeddedRego(child).evaluate([job, job])


def test_an_engine_that_dies_at_none_is_heard(job, worker):
    assert EmbeddedRego(worker(DIES.format(evaluation=8))).evaluate([job, job]) == [[False, True, False, False]] * 2


def test_a_refusal_names_file_and_line(job, worker):
    code = 'print(json.dumps({"refused": "bad\\nword", "path": "rego/x.rego", "line": 7}))'

    with pytest.raises(PolicyError, match=r"rego/x\.rego:7: rego_embedded refuses it: bad word"):
        EmbeddedRego(worker(code)).evaluate([job])


SEES = """
import resource
seen = {
    "environment": dict(os.environ),
    "arguments": sys.flags.isolated,
    "files": os.listdir("."),
    "descriptors": sorted(int(name) for name in os.listdir("/proc/self/fd")),
}
print(json.dumps({"failed": json.dumps(seen)}))
"""


def test_a_worker_inherits_nothing(job, worker, monkeypatch):
    monkeypatch.setenv("PDP_CANARY", "seen")
    inherited = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(inherited, True)  # noqa: FBT003 - positional by signature
    try:
        with pytest.raises(UnavailableError) as refused:
            EmbeddedRego(worker(SEES)).evaluate([job])
    finally:
        os.close(inherited)

    seen = json.loads(str(refused.value).split("said: ")[1].partition("; nothing is loaded")[0])
    assert set(seen["environment"]) <= {"LANG", "PYTHONHASHSEED", "LC_CTYPE"}
    assert seen["arguments"] == 1
    assert seen["files"] == []
    assert len(seen["descriptors"]) == 4  # three standard ones, and the one that lists them


CONFINED = """
import resource, socket
from adapters.engines.worker import confine
confine(2 << 30, network=False)
def fails(act):
    try:
        act()
    except (OSError, MemoryError):
        return True
    return False
seen = {
    "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))[1] for name in ("CPU", "NOFILE", "CORE")],
    "memory": fails(lambda: bytearray(3 << 30)),
    "write": fails(lambda: os.write(os.open("file", os.O_CREAT | os.O_WRONLY), b"x")),
}
print(json.dumps({"failed": json.dumps(seen)}))
"""


def test_a_worker_can_neither_write_files_nor_eat_memory(job, worker):
    with pytest.raises(UnavailableError) as refused:
        EmbeddedRego(worker(CONFINED)).evaluate([job])

    seen = json.loads(str(refused.value).split("said: ")[1].partition("; nothing is loaded")[0])
    assert seen["limits"] == [120, 32, 0]
    assert seen["memory"]
    assert seen["write"]


PARENT = """
import sys
sys.path.insert(0, {root!r})
from adapters.engines.child import Child, launch
script = "import os, sys, time; sys.path.insert(0, {root}); from adapters.engines.worker import confine; "
script += "confine(2 << 30, network=False); os.write(1, str(os.getpid()).encode() + b'\\\\n'); time.sleep(60)"
child = Child(("-c", script.replace("{root}", repr({root!r}))))
process = launch(child.argv, open("/dev/null", "rb"), "/tmp")
print(process.stdout.readline().decode().strip(), flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a child to its parent")
def test_a_worker_dies_with_its_parent():
    code = textwrap.dedent(PARENT).replace("{root!r}", repr(str(ROOT)))
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    status = Path(f"/proc/{int(said)}/stat")
    late = time.monotonic() + 10

    while status.exists() and status.read_text("ascii").split()[2] != "Z":
        assert time.monotonic() < late, "the worker outlived its parent"
        os.sched_yield()


def test_engines_do_not_run_in_this_process(job, table_job):
    before = set(sys.modules)  # the client of OPA servers may be here: a test asks one, as an overlay does
    EmbeddedRego().evaluate([job])
    CasbinTables().matches([table_job])

    assert not {"regopy", "casbin"} & set(sys.modules)
    assert "opa_client" not in set(sys.modules) - before


def test_nothing_is_left_behind_in_the_file_system(job, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    EmbeddedRego(Child.of("rego_embedded")).evaluate([job])

    assert list(tmp_path.iterdir()) == []
