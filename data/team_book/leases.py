"""Leases, shares of a rate, tokens and news among a team's senders, as SQL. Blocks; for one thread at a time.

Claims lock the row of `turn`, so that they are carried out one after the other. All times are those of the database.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from core.decoding.typed_json import decode_json
from core.errors import BookClosed
from core.push.plan import Asset
from core.push.ports import Lease
from core.push.states import ACTIVE
from core.push.team.ports import Held, PushNews, SharedToken, held_elsewhere
from data.team_book.connection import Connected, Server
from data.team_book.rows import RowForms

_IN_THE_WAY: Final = (
    "select lease.name, lease.sender, sender.about, lease.until > clock_timestamp()"
    " from brokerdesk.leases lease left join brokerdesk.senders sender on sender.id = lease.sender"
    " where lease.sender <> %(me)s and (lease.name = any(%(names)s) or lease.name in"
    " (select others.push_id from brokerdesk.open_steps mine join brokerdesk.open_steps others"
    " on others.ref = mine.ref and others.push_id <> mine.push_id where mine.push_id = any(%(names)s)))"
    " order by lease.name"
)
_NEXT: Final = (
    "select push.push_id from brokerdesk.pushes push where push.state in ('queued', 'running', 'paused')"
    " and push.asset = any(%(assets)s)"
    " and (push.rests_until is null or push.rests_until <= clock_timestamp())"
    " and not exists (select 1 from brokerdesk.leases lease"
    " where lease.name = push.push_id and lease.until > clock_timestamp())"
    " and not exists (select 1 from brokerdesk.open_steps mine join brokerdesk.open_steps others"
    " on others.ref = mine.ref and others.push_id <> mine.push_id join brokerdesk.leases lease"
    " on lease.name = others.push_id and lease.sender <> %(me)s and lease.until > clock_timestamp()"
    " where mine.push_id = push.push_id)"
    " order by push.place limit %(count)s for update of push skip locked"
)
_TAKE: Final = (
    "insert into brokerdesk.leases (name, token, sender, until)"
    " select name, token, %s, clock_timestamp() + make_interval(secs => %s)"
    " from unnest(%s::text[], %s::text[]) as taken (name, token) order by name"
    " on conflict (name) do update set token = excluded.token, sender = excluded.sender, until = excluded.until"
)
_RENEW: Final = (
    "update brokerdesk.leases lease set until = clock_timestamp() + make_interval(secs => %s)"
    " from unnest(%s::text[], %s::text[]) as mine (name, token)"
    " where lease.name = mine.name and lease.token = mine.token returning lease.token"
)
_CHANGED: Final = (
    "with mark as (select * from unnest(%s::integer[], %s::bigint[]) as mark (pen, number)),"
    " pen as (select pen.id, pen.commits, case when mark.number <= pen.commits then mark.number else 0 end as since"
    " from brokerdesk.pens pen left join mark on mark.pen = pen.id)"
    " select id, commits, null from pen union all"
    " select null, null, push.push_id from pen cross join lateral (select push_id from brokerdesk.pushes"
    " where pushes.pen = pen.id and pushes.commit_no > pen.since and %s) push"
)
_RESERVE: Final = (
    "insert into brokerdesk.lanes as lane (name, next_at)"
    " values (%(name)s, clock_timestamp() + make_interval(secs => %(whole)s))"
    " on conflict (name) do update set"
    " next_at = greatest(lane.next_at, clock_timestamp()) + make_interval(secs => %(whole)s)"
    " returning extract(epoch from next_at - make_interval(secs => %(whole)s) - clock_timestamp())::float8"
)
_STORE: Final = (
    "insert into brokerdesk.tokens (name, body, until)"
    " values (%(name)s, %(body)s, clock_timestamp() + make_interval(secs => %(lasts)s))"
    " on conflict (name) do update set body = excluded.body, until = excluded.until"
)
_STORED: Final = (
    "select body, extract(epoch from until - clock_timestamp())::float8 from brokerdesk.tokens"
    " where name = %s and until > clock_timestamp()"
)


class LeaseTables:
    """The leases that one sender takes and sees. `sender` is its id."""

    def __init__(self, server: Server, forms: RowForms, sender: str) -> None:
        self.sender = sender
        self._server = server
        self._forms = forms

    def sign(self, operator: str, machine: str) -> None:
        """Write down that this sender has opened the book. Forget those that did so long ago."""
        about = self._forms.seal(_sender_place(self.sender), msgspec.json.encode((operator, machine)))

        def sign(connection: Connected) -> None:
            with connection.pipeline(), connection.transaction():
                connection.execute(
                    "delete from brokerdesk.senders where seen_at < clock_timestamp() - interval '30 days'"
                    " and not exists (select 1 from brokerdesk.leases where sender = senders.id)"
                )
                connection.execute(
                    "insert into brokerdesk.senders (id, about) values (%s, %s) on conflict do nothing",
                    (self.sender, about),
                )

        self._server.write(sign, again=True)

    def claim(self, name: str, lasts: float) -> Lease:
        """See `PushBook.claim`."""
        lease = Lease(name, secrets.token_hex(8), lasts)

        def claim(connection: Connected) -> Held | None:
            with connection.transaction():
                _wait_for_turn(connection)
                in_the_way = connection.execute(_IN_THE_WAY, {"me": self.sender, "names": [name]}).fetchall()
                for held, sender, about, lasts_still in in_the_way:
                    if lasts_still:
                        return self._held(held, sender, about, 0.0)
                self._take(connection, [lease], lasts, [row[0] for row in in_the_way])
            return None

        if held := self._server.write(claim, again=True):
            raise held_elsewhere(name, held.operator, held.host)
        return lease

    def claim_next(self, count: int, lasts: float, assets: Collection[Asset]) -> list[Lease]:
        """See `TeamBook.claim_next`."""

        def claim(connection: Connected) -> list[Lease]:
            with connection.transaction():
                _wait_for_turn(connection)
                asked = {"me": self.sender, "count": count, "assets": [str(asset) for asset in assets]}
                names = [name for (name,) in connection.execute(_NEXT, asked)]
                leases = [Lease(name, secrets.token_hex(8), lasts) for name in names]
                if leases:
                    ended = connection.execute(_IN_THE_WAY, {"me": self.sender, "names": names}).fetchall()
                    self._take(connection, leases, lasts, [row[0] for row in ended])
            return leases

        return self._server.write(claim, again=True)

    def _take(
        self, connection: Connected, leases: Sequence[Lease], lasts: float, ended: Collection[str]
    ) -> None:
        """Take leases, and remove those of others that have `ended`."""
        names = [lease.name for lease in leases]
        if gone := sorted(set(ended) - set(names)):
            connection.execute("delete from brokerdesk.leases where name = any(%s)", (gone,))
        connection.execute(_TAKE, (self.sender, lasts, names, [lease.token for lease in leases]))

    def renew(self, leases: Sequence[Lease], lasts: float) -> list[Lease]:
        """See `PushBook.renew`."""
        columns = ([lease.name for lease in leases], [lease.token for lease in leases])
        kept = self._server.write(
            lambda connection: {token for (token,) in connection.execute(_RENEW, (lasts, *columns))},
            again=True,
        )
        return [msgspec.structs.replace(lease, lasts=lasts) for lease in leases if lease.token in kept]

    def release(self, lease: Lease, rest: float) -> None:
        """See `PushBook.release`."""

        def release(connection: Connected) -> None:
            with connection.transaction():
                given = connection.execute(
                    "delete from brokerdesk.leases where name = %s and token = %s", (lease.name, lease.token)
                )
                if given.rowcount and rest > 0:
                    connection.execute(
                        "update brokerdesk.pushes set rests_until = clock_timestamp() + make_interval(secs => %s)"
                        " where push_id = %s",
                        (rest, lease.name),
                    )

        self._server.write(release, again=True)

    def active_push(self, connection: Connected, subject: bytes) -> str | None:
        """Return the id of the first unfinished push of a subject, or None.

        Until the end of the transaction nobody else gets an answer for this subject.
        """
        connection.execute(
            "insert into brokerdesk.subjects (subject) values (%s) on conflict do nothing", (subject,)
        )
        connection.execute("select 1 from brokerdesk.subjects where subject = %s for update", (subject,))
        row = connection.execute(
            "select push_id from brokerdesk.pushes where subject = %s and state = any(%s) order by place limit 1",
            (subject, [str(state) for state in ACTIVE]),
        ).fetchone()
        return None if row is None else str(row[0])

    def held(self, prefix: str) -> list[Held]:
        """See `TeamBook.held`."""
        rows = self._server.read(
            lambda connection: connection.execute(
                "select lease.name, lease.sender, sender.about,"
                " extract(epoch from lease.until - clock_timestamp())::float8"
                " from brokerdesk.leases lease left join brokerdesk.senders sender on sender.id = lease.sender"
                " where lease.until > clock_timestamp() and left(lease.name, length(%s::text)) = %s",
                (prefix, prefix),
            ).fetchall()
        )
        return sorted((self._held(*row) for row in rows), key=lambda held: held.name)

    def _held(self, name: str, sender: str, about: bytes | None, lasts: float) -> Held:
        operator, host = "", ""
        if about is not None:
            operator, host = decode_json(
                self._forms.open(_sender_place(sender), about, "who has opened it"), tuple[str, str]
            )
        return Held(name, sender, operator, host, max(0.0, lasts))

    def changes(self, mark: str) -> PushNews:
        """See `TeamBook.changes`. A mark has the number of commits of each pen."""
        before = _parsed(mark)
        asked = (list(before), list(before.values()), bool(mark))
        rows = self._server.read(lambda connection: connection.execute(_CHANGED, asked).fetchall())
        now = ",".join(
            f"{pen}:{number}" for pen, number in sorted(row[:2] for row in rows if row[0] is not None)
        )
        return PushNews(f"now {now}", tuple(sorted({row[2] for row in rows if row[2] is not None})))

    def reserve(self, name: str, count: int, gap: float) -> float:
        """See `TeamBook.reserve`."""
        asked = {"name": self._forms.name("lane", name), "whole": count * gap}
        row = self._server.write(
            lambda connection: connection.execute(_RESERVE, asked).fetchone(), again=True
        )
        return max(0.0, row[0]) if row is not None else 0.0

    def get_token(self, credential: str) -> SharedToken | None:
        """See `TeamBook.get_token`."""
        name = self._forms.name("token", credential)
        row = self._server.read(lambda connection: connection.execute(_STORED, (name,)).fetchone())
        if row is None:
            return None
        try:
            return SharedToken(self._forms.open(_token_place(name), row[0], "a token").decode(), row[1])
        except BookClosed:
            return None

    def claim_token(self, credential: str, lasts: float) -> Lease:
        """See `TeamBook.claim_token`."""
        return self.claim(f"token {self._forms.name('token', credential).hex()}", lasts)

    def put_token(self, credential: str, bearer: str, lasts: float) -> None:
        """See `TeamBook.put_token`."""
        name = self._forms.name("token", credential)
        sealed = self._forms.seal(_token_place(name), bearer.encode())
        asked = {"name": name, "body": sealed, "lasts": lasts}
        self._server.write(lambda connection: connection.execute(_STORE, asked), again=True)


def _wait_for_turn(connection: Connected) -> None:
    """Wait until no other claim is under way, and keep others waiting until the end of the transaction."""
    connection.execute("select 1 from brokerdesk.turn for update")


def _parsed(mark: str) -> Mapping[int, int]:
    """Return the number of commits of each pen in a mark."""
    pairs = (pair.split(":") for pair in mark.removeprefix("now ").split(",") if pair)
    return {int(pen): int(number) for pen, number in pairs}


def _sender_place(sender: str) -> bytes:
    return b"sender " + sender.encode()


def _token_place(name: bytes) -> bytes:
    return b"token " + name
