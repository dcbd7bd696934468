"""Demo data for an empty store: officers, citizens, two years of dossiers, and accounts to sign in with."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator

import attrs

from dossierkit.demo.simulation import Simulation, Staff, sample_name
from dossierkit.dossiers.people.account import Account
from dossierkit.dossiers.states import Action, Role
from dossierkit.errors import SettingsError
from dossierkit.office.engine import Engine
from dossierkit.people.accounts import Accounts
from dossierkit.people.tokens import first_password

#: Number of citizens who own the dossiers; the first one is printed as an account to sign in with.
OWNERS = 200
CITIZEN = "congdan@mau.example"


@attrs.frozen
class Guest:
    """An account to sign in with."""

    mail: str
    role: Role
    unit: str = ""


@attrs.frozen
class Demonstration:
    """The dossiers to store, and the accounts to sign in with."""

    guests: tuple[Guest, ...]
    password: str
    #: Stores the dossiers; yields the number stored so far after each transaction.
    progress: Iterator[int]


def demonstrate(engine: Engine, accounts: Accounts, count: int, *, seed: int = 2026) -> Demonstration:
    """Two years of an office with *count* dossiers.

    Raises:
        SettingsError: there are dossiers already; a demonstration is for an empty folder.
    """
    if engine.store.size():
        raise SettingsError("there are dossiers in this data folder; name an empty one")
    chance, password = random.Random(seed), first_password()  # noqa: S311  # a story, no secret
    hash = accounts.hasher.hash(password)
    procedures = [engine.procedure(listed.code) for listed in engine.procedures()]
    units = sorted({procedure.unit for procedure in procedures if procedure.unit})
    guests = [Guest("quantri@mau.example", Role.ADMIN), Guest(CITIZEN, Role.CITIZEN)]
    staff = {}
    for unit in units:
        people = {
            name: Guest(f"{name}.{unit}@mau.example", role, unit)
            for name, role in (
                ("tiepnhan", Role.INTAKE_OFFICER), ("thuly1", Role.CASE_OFFICER), ("thuly2", Role.CASE_OFFICER),
                ("lanhdao", Role.APPROVER),
            )
        }  # fmt: skip
        actors = {name: _add_account(accounts, guest, hash, chance).actor for name, guest in people.items()}
        staff[unit] = Staff(actors["tiepnhan"], (actors["thuly1"], actors["thuly2"]), actors["lanhdao"])
        guests += people.values()
    _add_account(accounts, guests[0], hash, chance)
    owners = [_add_account(accounts, guests[1], hash, chance)]
    owners += [_add_account(accounts, Guest(f"nguoidan{n}@mau.example", Role.CITIZEN), hash, chance) for n in range(1, OWNERS)]
    simulation = Simulation(engine, staff, tuple(owners), chance)
    return Demonstration(tuple(guests), password, _load(engine, simulation, owners[0], count))


def _add_account(accounts: Accounts, guest: Guest, hash: str, chance: random.Random) -> Account:
    account = Account(
        secrets.token_hex(16), guest.mail, accounts.clock.now(), {"fullName": sample_name(chance)}, guest.role,
        password=hash, unit=guest.unit,
    )  # fmt: skip
    accounts.store.create_account(account)
    return account


def _load(engine: Engine, simulation: Simulation, citizen: Account, count: int) -> Iterator[int]:
    yield from engine.store.load(simulation.lives(count))
    # The first citizen gets a draft and a supplement to answer.
    dossiers = engine.find(citizen.actor, limit=50)
    open_dossiers = [dossier for dossier in dossiers if Action.MESSAGE in engine.permitted(dossier, citizen.actor)]
    for dossier in open_dossiers[:2]:
        engine.message(dossier.id, citizen.actor, "Xin hỏi hồ sơ của tôi đã đến đâu? (dữ liệu mẫu)")
    for listed in engine.procedures()[:1]:
        engine.begin(listed.code, citizen.actor)
