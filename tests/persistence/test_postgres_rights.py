"""A user with no more rights than needed, each of which is needed, and what is said where one is missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from bedside.boundary import Egress, Identifier
from bedside.cli.doctor_settings import CONFIGURED
from bedside.cli.findings import Finding, State
from bedside.errors import CaseError, PersistenceError
from bedside.persistence import Document, Run, Scope, StoreKey, rotate_key
from bedside.persistence.postgres_rights import RIGHTS, rights_of
from bedside.session.settings import Settings
from tests.persistence.test_rotation import opens
from tests.places import PostgresPlace

KEY = StoreKey.random()
EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
NEEDED = [(table, right) for table, rights in RIGHTS.items() for right in rights]


@pytest.fixture
def bounded(postgres: PostgresPlace) -> PostgresPlace:
    """The store of an owner, and a user who owns nothing and has exactly the rights that are documented."""
    with postgres.cases(KEY), postgres.saver(KEY):
        pass
    role = f"clerk_{postgres.name}"
    as_owner(postgres, f"CREATE ROLE {role} LOGIN", admin=True)
    for table, rights in RIGHTS.items():
        as_owner(postgres, f"GRANT {', '.join(rights)} ON {table} TO {role}")
    return PostgresPlace(postgres.url.replace("bedside@", f"{role}@"), postgres.server)


def as_owner(place: PostgresPlace, statement: str, *, admin: bool = False) -> None:
    url = place.server.url.replace("/postgres?", f"/{place.name}?")
    with psycopg.connect(url, autocommit=True) as connection:
        if not admin:
            connection.execute("SET ROLE bedside")
        connection.execute(statement.encode())


def clerk(place: PostgresPlace) -> str:
    return f"clerk_{place.name}"


def without_wiping(delete: Callable[[], None]) -> None:
    try:
        delete()
    except PersistenceError as error:
        if "may not vacuum the table sealed_keys" not in str(error):
            raise


def works(place: PostgresPlace) -> None:
    """All that a store does but wiping."""
    with place.cases(KEY) as cases, place.saver(KEY) as saver:
        case = cases.open([Document("note", "Synthetic.")])
        cases.append(case, Document("more", "Synthetic."))
        cases.vault(case).placeholder(Identifier.PERSON, "Zebulon")
        cases.record_egress(case, EGRESS)
        assert len(cases.egress(case)) == 1
        assert cases.audit().entries
        config = {"configurable": {"thread_id": case, "checkpoint_ns": ""}}
        checkpoint = {"id": "1", "channel_values": {"a": "x"}, "channel_versions": {"a": "1"}, "v": 4, "ts": ""}
        for _ in range(2):
            saved = saver.put(config, checkpoint, {}, {"a": "1"})  # type: ignore[arg-type]
            saver.put_writes(saved, [("a", "y"), ("__interrupt__", "z")], "task")
        assert saver.get_tuple(config) is not None  # type: ignore[arg-type]
        cases.runs.put(Run(case, "triage"), most=1_000)
        taken = cases.runs.claim("worker", timedelta(minutes=1))
        assert taken is not None
        assert cases.runs.end("worker", taken)
        access, secret = cases.access.make("A. Reviewer", [Scope.REVIEW])
        assert cases.access.find(secret) == access
        cases.access.revoke(access.id)
        without_wiping(partial(saver.delete_thread, case))
        without_wiping(partial(cases.delete, case))
        with pytest.raises(CaseError, match="was deleted"):
            cases.documents(case)


def doctor(place: PostgresPlace) -> list[Finding]:
    check = next(one for one in CONFIGURED if one.__name__ == "_store")
    return list(check(Settings(store=place.url), {}))


@pytest.mark.slow
def test_the_rights_that_are_documented_are_enough(bounded: PostgresPlace) -> None:
    works(bounded)
    assert [one.state for one in doctor(bounded)] == [State.OK, State.NOTE]
    assert doctor(bounded)[1].fix == f'ALTER TABLE sealed_keys OWNER TO "{clerk(bounded)}";'


@pytest.mark.slow
def test_each_right_is_needed_and_doctor_names_the_one_that_is_missing(bounded: PostgresPlace) -> None:
    for table, right in NEEDED:
        as_owner(bounded, f"REVOKE {right} ON {table} FROM {clerk(bounded)}")
        assert rights_of(bounded.url).missing == {table: (right,)}
        mend = f'GRANT {right} ON {table} TO "{clerk(bounded)}";'
        assert [one.fix for one in doctor(bounded) if one.state is State.BROKEN] == [mend]
        with pytest.raises(PersistenceError, match=r"this user lacks a right; .* `bedside doctor` says which"):
            works(bounded)
        as_owner(bounded, f"GRANT {right} ON {table} TO {clerk(bounded)}")
    works(bounded)


@pytest.mark.slow
def test_guarantee_who_may_not_wipe_is_told_so_and_the_key_is_in_the_file_until_the_owner_does(
    bounded: PostgresPlace, postgres: PostgresPlace
) -> None:
    with bounded.cases(KEY) as cases, bounded.saver(KEY) as saver:
        case = cases.open([Document("note", "Synthetic.")])
        purges: list[Callable[[], object]] = [
            lambda: cases.delete(case),
            lambda: cases.purge(timedelta(0)),  # again, though no case is old any more
        ]
        for purge in purges:
            with pytest.raises(PersistenceError, match="the rows are deleted, but their data keys are not wiped: "):
                purge()
            assert opens(KEY, bounded.tables(), case) == 1
        with pytest.raises(PersistenceError, match=r"OWNER TO its role.*; nothing was changed"):
            rotate_key(cases, saver, StoreKey.random())
    with bounded.cases(KEY):
        pass  # the old key still opens it
    as_owner(postgres, f"ALTER TABLE sealed_keys OWNER TO {clerk(bounded)}", admin=True)
    with bounded.cases(KEY) as cases, bounded.saver(KEY) as saver:
        cases.purge(timedelta(0))
        assert opens(KEY, bounded.tables(), case) == 0
        rotate_key(cases, saver, StoreKey.random())
    assert rights_of(bounded.url).wipes


@pytest.mark.slow
def test_doctor_says_who_may_make_no_tables_and_who_may_too_much(postgres: PostgresPlace) -> None:
    assert [one.state for one in doctor(postgres)] == [State.OK]
    as_owner(postgres, "REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner", admin=True)
    assert [one.says for one in doctor(postgres) if one.state is State.BROKEN] == [
        "the tables are not there, and this user may not make them"
    ]
    admin = PostgresPlace(postgres.server.url, postgres.server)
    assert "superuser" in doctor(admin)[-1].says
