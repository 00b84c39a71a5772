"""Collect policy cases with pytest: any team's suite can run the law's examples, or its own, against a set of policies.

    pytest --pdp-policies=DIR path/art_21.yaml

One test a case, whose id is its sentence: `art_21.yaml::逾期未答复,视为同意共享`. No live ledger or log is touched.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from adapters.files.case import Case
    from adapters.testing.runner import Result
    from adapters.testing.under_test import UnderTest

_TRIED = pytest.StashKey[dict[Path, "UnderTest"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a run of policy cases can be told."""
    group = parser.getgroup("pdp", "policy cases of the public data PDP")
    group.addoption("--pdp-policies", metavar="DIR", help="folder that holds policies/ and rego/; collects art_*.yaml")
    group.addoption("--pdp-article", metavar="N", type=int, help="run the cases of one article only")
    group.addoption("--pdp-open", choices=("report", "fail"), default="report", help="what an open case (待定) does")


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the policies under trial."""
    config.stash[_TRIED] = {}


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CaseFile | None:
    """Return the collector of a case file; None for everything else."""
    if file_path.suffix != ".yaml":
        return None
    named = parent.session.isinitpath(file_path)
    ours = "cases" in file_path.parts[:-1] and file_path.match("art_*.yaml")
    wanted = bool(parent.config.getoption("--pdp-policies")) or _shipped_beside(file_path) is not None
    return CaseFile.from_parent(parent, path=file_path) if named or (ours and wanted) else None


class CaseFile(pytest.File):
    """One case file."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each case.

        Raises:
            CollectError: the file or the policies cannot be used; the message names file, line, fault and remedy.
        """
        from pdp.errors import PDPError  # noqa: PLC0415  # a suite without cases need not load the service

        only = self.config.getoption("--pdp-article")
        try:
            tried = _tried(self.config, self.path)
            cases = tried.read(self.path)
        except PDPError as error:
            raise self.CollectError(str(error)) from error
        for case in cases:
            if only is None or case.article == only:
                yield CaseItem.from_parent(self, name=case.name, case=case, tried=tried)


class CaseItem(pytest.Item):
    """One case as a test."""

    def __init__(self, *, case: Case, tried: UnderTest, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # pytest's own arguments, passed on as they came
        self.case = case
        self.tried = tried

    def runtest(self) -> None:
        """Run the case; an open one is reported, and neither passes nor fails."""
        result = self.tried.run(self.case)
        if self.case.status == "open" and self.config.getoption("--pdp-open") == "report":
            pytest.skip(f"待定:{'与现行规则一致' if result.passed else '与现行规则不一致'}")
        if not result.passed:
            raise CaseFailedError(self.tried.shown(result))

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], *args: object, **kwargs: object
    ) -> str | TerminalRepr:
        """Return what should be, what is, the facts and the grounds; a traceback only where the service broke."""
        if isinstance(excinfo.value, CaseFailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return file, line and sentence."""
        return self.path, self.case.line - 1, self.case.name


class CaseFailedError(AssertionError):
    """A case came out otherwise than it says."""


@pytest.fixture(scope="session")
def pdp_cases(request: pytest.FixtureRequest) -> Callable[[Path], tuple[Case, ...]]:
    """Return a reader of case files."""
    return lambda path: _tried(request.config, path).read(path)


@pytest.fixture(scope="session")
def pdp_decide(request: pytest.FixtureRequest) -> Callable[[Case], Result]:
    """Return what decides a case in this process, on a ledger in memory; the result holds decision and facts."""
    return lambda case: _tried(request.config, Path(case.path)).run(case)


def _tried(config: pytest.Config, path: Path) -> UnderTest:
    """Return the policies that the cases in `path` are about, compiled once a session."""
    from adapters.settings import shipped_policies  # noqa: PLC0415  # a suite without cases need not load the service
    from adapters.testing.under_test import UnderTest  # noqa: PLC0415  # likewise

    told = config.getoption("--pdp-policies")
    root = Path(told) if told else _shipped_beside(path) or shipped_policies()
    kept = config.stash[_TRIED]
    if root.resolve() not in kept:
        tried = kept[root.resolve()] = UnderTest.of(root)
        config.add_cleanup(tried.close)
    return kept[root.resolve()]


def _shipped_beside(path: Path) -> Path | None:
    """Return the folder whose policies/cases/ holds `path`."""
    for folder in path.resolve().parents:
        if folder.name == "cases" and folder.parent.name == "policies":
            return folder.parent.parent
    return None
