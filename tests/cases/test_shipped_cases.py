"""Every shipped case passes where teams run them: collected by pytest, one test a case."""

from __future__ import annotations

import re
import subprocess
import sys

from adapters.files.cases import case_files
from adapters.settings import CHECKOUT


def test_all_shipped_cases_pass_under_pytest() -> None:
    folder = CHECKOUT / "policies" / "cases"
    told = sum(len(re.findall(r"^- case:", path.read_text(), re.MULTILINE)) for path in case_files(folder))
    order = [sys.executable, "-m", "pytest", str(folder), "-q", "-p", "no:cov", "-p", "no:xdist"]
    done = subprocess.run(order, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.stdout.splitlines()[-1].startswith(f"{told} passed"), done.stdout
