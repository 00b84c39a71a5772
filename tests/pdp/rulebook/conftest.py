"""The shipped policy, compiled by the real engines: what properties of the rulebook are proved on."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.engines.casbin_tables import CasbinTables
from adapters.engines.rego_embedded import EmbeddedRego
from adapters.files.policy_set import load_policy_set
from adapters.stores.rulebook_cache import compile_rulebook

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def policies():
    return load_policy_set(ROOT)


@pytest.fixture(scope="session")
def rulebook(policies):
    return compile_rulebook(policies, EmbeddedRego(), CasbinTables())
