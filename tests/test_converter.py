"""Values as JSON: what is written comes back, and what earlier versions wrote is written the same."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossierkit.converter import converter
from dossierkit.dossiers.lifecycle.dossier import Attachment
from dossierkit.dossiers.lifecycle.event_facts import KINDS, Facts, facts_of
from dossierkit.dossiers.lifecycle.handling import (
    UNHANDLED,
    DossierClock,
    Erasure,
    Handling,
    Money,
    RequestedSupplement,
    Result,
)
from dossierkit.dossiers.people.account import Account, Notices
from dossierkit.dossiers.states import REASONS, Action, Channel, Delivery, Outcome, Payment, Role, State
from dossierkit.dossiers.time_limits import TimeLimit, Unit
from dossierkit.pointers import Json
from dossierkit.stores.backup import restore
from dossierkit.stores.rows import account_of_row, body_of_account, encoded

FIXTURES = Path(__file__).parent / "stores" / "fixtures"
VERSIONS = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir())

times = st.datetimes(timezones=st.just(UTC))
words = st.text(max_size=8)
limits = st.builds(TimeLimit, st.integers(0, 90), st.sampled_from(Unit), st.booleans(), st.none() | st.integers(0, 90))
clocks = st.builds(
    DossierClock,
    due=st.none() | times, promised=st.booleans(), limit=st.none() | limits, left=st.none() | st.integers(-90, 90),
    until=st.none() | times, extensions=st.integers(0, 3),
)  # fmt: skip
supplements = st.builds(
    RequestedSupplement,
    asked=st.lists(words, max_size=3).map(tuple), reasons=st.dictionaries(words, st.sampled_from(REASONS), max_size=2),
)  # fmt: skip
money = st.builds(
    Money, st.lists(words, max_size=2).map(tuple), st.sampled_from(Payment), st.integers(0, 10**9), st.integers(0, 10**9)
)
results = st.builds(Result, delivery=st.sampled_from(Delivery), outcome=st.none() | st.sampled_from(Outcome))
handlings = st.builds(
    Handling,
    unit=words, channel=st.sampled_from(Channel), accepted=st.none() | times, back=st.none() | st.sampled_from(State),
    clock=clocks, supplement=supplements, money=money, result=results, erasure=st.builds(Erasure, done=st.none() | times),
)  # fmt: skip
attachments = st.builds(Attachment, words, words, words, st.integers(0, 10**9), words)
accounts = st.builds(
    Account,
    id=words, mail=words, created=times, profile=st.dictionaries(words, words, max_size=2), role=st.sampled_from(Role),
    first_until=st.none() | times, notices=st.sampled_from(Notices), disabled=st.booleans(), proven=st.booleans(),
    views=st.dictionaries(words, words, max_size=2), issued=st.lists(words, max_size=2).map(tuple),
)  # fmt: skip


@given(handlings)
@settings(max_examples=100)
def test_a_handling_comes_back(handling: Handling) -> None:
    """As JSON text and read again it is the same value."""
    text = encoded(converter.unstructure(handling))

    assert converter.structure(json.loads(text), Handling) == handling


@given(st.lists(attachments, max_size=3).map(tuple))
@settings(max_examples=50)
def test_attachments_come_back(files: tuple[Attachment, ...]) -> None:
    """In their order."""
    text = encoded(converter.unstructure(files))

    assert converter.structure(json.loads(text), tuple[Attachment, ...]) == files


@given(accounts)
@settings(max_examples=50)
def test_an_account_comes_back(account: Account) -> None:
    """From its columns and the JSON beside them."""
    row = (account.id, account.mail, account.version, body_of_account(account), account.subject, account.proven)

    assert account_of_row(row) == account


def test_what_is_as_at_first_is_not_written() -> None:
    """A new dossier takes no room; an attribute that differs is written by its plain value."""
    assert converter.unstructure(UNHANDLED) == {}
    assert converter.unstructure(converter.structure({"channel": 1, "due": ""}, Handling)) == {"channel": 1}


def test_every_attribute_has_a_name_of_its_own_in_json() -> None:
    """Whatever differs from the default is written, and comes back at its place."""
    moment, limit = datetime(2026, 11, 22, tzinfo=UTC), TimeLimit(3, Unit.HOURS, same_day=True, after_supplement=1)
    clock = DossierClock(moment, True, True, moment, limit, 2, moment, moment, moment, 1)
    whole = Handling(
        "so", "dat-dai", Channel.POST, "nam", "1", moment, State.ACCEPTED, ("1",), "measured", moment, clock,
        RequestedSupplement(("/a",), "r", {"/a": "wrong"}), Money(("request",), Payment.DUE, 5, 6),
        Result(3, 2026, Delivery.READY, Outcome.APPROVED, "mai", moment), Erasure(moment, moment),
    )  # fmt: skip
    body = converter.unstructure(whole)

    parts = (clock, whole.supplement, whole.money, whole.result, whole.erasure)
    assert len(body) == len(attrs.fields(Handling)) - len(parts) + sum(len(attrs.fields(type(part))) for part in parts)
    assert converter.structure(json.loads(encoded(body)), Handling) == whole


bodies = st.dictionaries(
    st.sampled_from(
        ("day", "due", "limit", "left", "until", "payment", "amount", "billed", "surplus", "answers", "number", "paper", "asked",
         "reasons", "outcome", "officer", "channel", "unit", "by", "letter", "answer_by", "estimated", "a newer fact")
    ),
    st.none() | st.booleans() | st.integers(-5, 5) | words | st.lists(words, max_size=2) | times.map(datetime.isoformat)
    | st.dates().map(date.isoformat) | st.sampled_from(("2026-12-01T10:00:00Z", "", "paid", "approved"))
    | st.fixed_dictionaries({"count": st.integers(0, 9)}, optional={"unit": st.just("hours"), "why": words}),
    max_size=6,
)  # fmt: skip


@given(st.sampled_from(Action), bodies)
@settings(max_examples=400)
def test_facts_are_written_as_they_were_read(action: Action, body: dict[str, Json]) -> None:
    """Of every kind of event, those of newer versions and odd ones too: hashes of old events stay true."""
    facts = facts_of(action, body)

    assert encoded(sorted(converter.unstructure(facts).items())) == encoded(sorted(body.items()))


def values_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Values of a class of facts, or of a part of them, with any of its attributes."""
    exact: dict[Any, st.SearchStrategy[Any]] = {
        str: words, int: st.integers(), bool: st.booleans(), date: st.dates(), datetime: times, TimeLimit: limits,
        tuple[str, ...]: st.lists(words, max_size=2).map(tuple), Mapping[str, str]: st.dictionaries(words, words, max_size=2),
        Channel: st.sampled_from(Channel), Outcome: st.sampled_from(Outcome), Payment: st.sampled_from(Payment),
    }  # fmt: skip
    attributes = {}
    for field in attrs.fields(attrs.resolve_types(kind)):
        if attrs.has(field.type):
            attributes[field.name] = values_of(field.type)
        elif field.name != "others":
            attributes[field.name] = st.none() | next(exact[type_] for type_ in get_args(field.type) if type_ in exact)
    return st.builds(kind, **attributes)


@given(st.one_of(*map(values_of, sorted({*KINDS.values()}, key=lambda kind: kind.__name__))))
@settings(max_examples=200)
def test_facts_come_back(facts: Facts) -> None:
    """Of every kind: as JSON text and read again they are the same value."""
    assert converter.structure(json.loads(encoded(converter.unstructure(facts))), type(facts)) == facts


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_of_earlier_versions_are_written_the_same(version: str, tmp_path: Path) -> None:
    """Read and written again, the JSON of dossiers and accounts is the same text."""
    archive, data = tmp_path / "data.tar", tmp_path / "data"
    archive.write_bytes(gzip.decompress((FIXTURES / version / "data.tar.gz").read_bytes()))
    restore(archive, data)
    connection = sqlite3.connect(data / "dossiers.db")
    stored = {
        kind: [text for (text,) in connection.execute(f"SELECT {column} FROM {table}")]
        for kind, column, table in ((Handling, "handling", "dossiers"), (tuple[Attachment, ...], "attachments", "answers"))
    }
    events = connection.execute("SELECT action, facts FROM events").fetchall()
    rows = connection.execute("SELECT id, mail, version, body, subject, proven FROM accounts").fetchall()
    connection.close()

    for kind, texts in stored.items():
        assert any(len(text) > 2 for text in texts)
        assert [encoded(converter.unstructure(converter.structure(json.loads(text), kind))) for text in texts] == texts
    assert rows
    assert [body_of_account(account_of_row(row)) for row in rows] == [row[3] for row in rows]
    assert {Action(action) for action, _ in events} == set(Action) - {Action.SAVE, Action.RESTORE, Action.REDATE}
    for action, text in events:
        assert converter.unstructure(facts_of(Action(action), json.loads(text))) == json.loads(text)
