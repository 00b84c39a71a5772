"""A small data API that gives data only on a decision token, and carries out what the token says.

The rows are published ones: public bodies with their codes; `examples/catalogues/README.md` says where they are from.
Settings are variables, see `Place`; `python app.py` serves on 127.0.0.1.
"""

import csv
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Self

import sqlalchemy as sa
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query

from adapters.enforcement.fastapi_dependency import DecisionTokens
from adapters.enforcement.masks import Means, Shape, recipient_key
from adapters.enforcement.refused import RefusedError
from adapters.enforcement.service import ServiceClient
from adapters.enforcement.sqlalchemy_filter import where
from adapters.enforcement.token import Decided, TokenVerifier
from adapters.enforcement.used_once import UsedOnce

ROWS: Final = Path(__file__).parents[1] / "catalogues" / "beijing_public_bodies_uscc.csv"
DATASET: Final = "public-bodies"
MOST: Final = 100  # rows of one answer
TABLE = sa.Table(
    "bodies",
    sa.MetaData(),
    sa.Column("uscc", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "kind", "region")),
)
COLUMNS: Final = {column.name: column for column in TABLE.columns}  # the fields of the catalogue entry are its columns


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    database: Path
    service: str  # address of the decision service: its keys, and answers too long for a header
    credential: str  # this data API's own key there
    issuer: str  # the decision service's public address
    audience: str  # what this data API is called in the gateway's route map
    port: int

    @classmethod
    def of(cls, environ: dict[str, str]) -> Self:
        """Read it from DATA_API_… variables."""
        told = {name: environ[f"DATA_API_{name.upper()}"] for name in ("service", "credential", "issuer", "audience")}
        return cls(Path(environ["DATA_API_DATABASE"]), port=int(environ["DATA_API_PORT"]), **told)


def filled(database: Path) -> sa.Engine:
    """Return the table with the published rows; it is made where there is none."""
    engine = sa.create_engine(f"sqlite:///{database}")
    TABLE.metadata.create_all(engine)
    with engine.begin() as connection:
        if connection.scalar(sa.select(sa.func.count()).select_from(TABLE)) == 0:
            with ROWS.open(encoding="utf-8", newline="") as published:
                rows = [{name: row[name] for name in COLUMNS} for row in csv.DictReader(published)]
            connection.execute(sa.insert(TABLE), rows)
    return engine


def data_api(place: Place) -> FastAPI:
    """Return the application."""
    engine, master = filled(place.database), secrets.token_bytes(32)
    service = ServiceClient([place.service], place.credential)
    verifier = TokenVerifier(
        issuer=place.issuer, audience=place.audience, keys=service, references=service, used=UsedOnce()
    )
    tokens = DecisionTokens(verifier, logging.getLogger("data_api").warning)
    app = FastAPI(title="公共机构名录")

    @app.get("/healthz")
    def healthy() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/datasets/{dataset}/rows")
    def rows(
        dataset: str,
        decided: Annotated[Decided, Depends(tokens.of("{dataset}", "read"))],
        limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    ) -> dict[str, Any]:
        if dataset != DATASET:
            raise HTTPException(404)
        released = decided.released
        try:
            condition = where(released.rows, COLUMNS)
        except RefusedError:
            raise HTTPException(403, "the row filter cannot be carried out here") from None
        shape = Shape(released, Means(recipient_key(master, decided.dataset, decided.subject)))
        query = sa.select(TABLE).where(condition).order_by(TABLE.c.uscc).limit(limit)
        with engine.connect() as connection:
            items = [shape.of(dict(row)) for row in connection.execute(query).mappings()]
        return {"data": {"items": items}}

    return app


if __name__ == "__main__":
    settled = Place.of(dict(os.environ))
    uvicorn.run(data_api(settled), host="127.0.0.1", port=settled.port, log_level="warning")
