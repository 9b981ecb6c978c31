"""What a push will change, computed from its preview alone, and where the systems differ from that.

Nothing here asks the engine, the book or the journal what was done. The journal enters in one place: it says which
steps of the plan were carried out, so that a push that stopped half-way is compared with that half.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from core.flex.field_map.fates import ARRIVES, Field
from core.flex.plans.link import LinkPreview
from core.flex.plans.preview import Preview
from core.push.plan import Entity, Operation, Step, System
from tests.fidelity.difference import (
    SET_BY_THE_SYSTEM,
    Dump,
    Path,
    RecordKey,
    Values,
    actual_difference,
    flatten,
    is_equal,
)

_OF_A_LINK: Final = ("SplitAmount", "BaseSplitAmount")
"""The values that a product link can have. The link is put whole: what the card lacks is removed from it."""
KINDS: Final[Mapping[tuple[System, Entity], str]] = {
    (System.FLEX, Entity.PERSON): "contacts",
    (System.FLEX, Entity.OPPORTUNITY): "opportunities",
    (System.FLEX, Entity.APPLICANT): "opportunities",
    (System.FLEX, Entity.PROPERTY): "properties",
    (System.FLEX, Entity.PRODUCT_LINK): "product-links",
    (System.FLEX, Entity.NOTE): "notes",
    (System.BROKERENGINE, Entity.PERSON): "contacts",
    (System.BROKERENGINE, Entity.OPPORTUNITY): "cards",
}
"""The collection in which a system keeps a kind of record."""

NOT_SHOWN_AS_FIELDS: Final = frozenset(
    {
        *("Applicants.FLEXId", "OtherAddress.AddressType", "Opportunity.FLEXId", "Parent.FLEXId"),
        *("Opportunity", "Product", "Selected", "BaseSplitAmount"),
        *("Attachments.FileName", "Attachments.ContentType", "Attachments.Content"),
        *("flex_id", "flex_kind"),
    }
)
"""What a body holds beyond the fields of the preview: references between records, and what a shown field implies."""

_REF: Final = "→ "
"""How a value begins that stands for the id of the record under a reference: `→ BD-…`."""


class ExpectedChange(Struct, frozen=True):
    """One record that a preview names, with the values that it marks as arriving.

    `step` is the place of the plan's step from 0, None where the preview marks values for which no step is planned.
    `remote_id` is the record's id where it is known before; `ref` is the reference of a record that the step makes.
    `values` are pairs of a path and a value, and may name one path twice.
    """

    step: int | None
    system: str
    kind: str
    about: str
    values: tuple[tuple[Path, Any], ...]
    ref: str = ""
    remote_id: str | None = None


class ExpectedDifference(Struct, frozen=True):
    """All that a preview predicts. `ids` maps a reference to the remote id where the plan names it already.

    `unannounced` names the values that would be sent although no field of the preview shows them.
    """

    changes: tuple[ExpectedChange, ...]
    ids: dict[str, str]
    unannounced: tuple[str, ...] = ()


# -- from the preview ----------------------------------------------------------------------------------


def expected_difference(preview: Preview) -> ExpectedDifference:
    """Return what a preview predicts: the records of its steps, and the values of its fields that arrive."""
    forecast = _Forecast(preview)
    for field in preview.fields:
        if field.fate in ARRIVES and field.target:
            forecast.claim(field)
    return forecast.finish()


class _Forecast:
    """The records of a plan's steps while the preview's fields are put onto them."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview
        self._steps = preview.plan.steps
        self._bodies = [_values_of(step) for step in self._steps]
        self._claims: list[dict[Path, Any]] = [{} for _ in self._steps]
        self._orphans: list[ExpectedChange] = []

    def claim(self, field: Field) -> None:
        """Put a field's value onto the record that carries it; a field that no step carries becomes an orphan."""
        obj, _, name = field.target.partition(".")
        match obj:
            case "Applicant":
                self._put(self._step(Entity.PERSON, field.local_id), (name,), field, "contacts")
            case "OtherAddress":
                path = ("OtherAddress", "Postal", name)
                self._put(self._step(Entity.PERSON, field.local_id), path, field, "contacts")
            case "Opportunity" if name == "Applicants.Role":
                self._claim_role(field)
            case "Opportunity":
                self._put(self._card_step(Entity.OPPORTUNITY), (name,), field, self._parent_kind)
            case "ProductFilter":
                self._put(self._card_step(Entity.OPPORTUNITY), (obj, name), field, self._parent_kind)
            case "Property":
                self._put(self._card_step(Entity.PROPERTY), (name,), field, "properties")
            case "Product":
                self._claim_product(name, field)
            case "Note":
                file = ("Attachments", str(field.value), "FileName")
                self._put(
                    self._card_step(Entity.NOTE), file if name == "Attachments" else (name,), field, "notes"
                )
            case _:
                raise AssertionError(f"no record is known for {field.target}")

    def finish(self) -> ExpectedDifference:
        """Return the forecast, with what every step sends beyond the shown fields."""
        changes: list[ExpectedChange] = []
        unannounced: list[str] = []
        ids: dict[str, str] = {}
        for n, step in enumerate(self._steps):
            claims = self._claims[n]
            unannounced += [
                f"{step.entity} {step.local_id}: {'.'.join(path)} is sent and not shown"
                for path in self._bodies[n]
                if path not in claims and not _is_implied(step.system, path)
            ]
            changes.append(self._change(n, step, self._bodies[n] | claims))
            if step.operation is Operation.UPDATE and step.remote_id:
                ids[step.ref] = step.remote_id
        return ExpectedDifference((*changes, *self._orphans), ids, tuple(unannounced))

    def _change(self, n: int, step: Step, values: Values) -> ExpectedChange:
        own = SET_BY_THE_SYSTEM[step.system]
        kept = [(path, value) for path, value in values.items() if path[0] not in own]
        if step.operation is Operation.WRITE_BACK:  # a value that is taken away is a change too
            kept = [((name,), _with_refs(value)) for name, value in step.body.items()]
        if step.entity is Entity.PRODUCT_LINK:
            kept += [(("Opportunity",), _parent(step)), (("Product",), step.remote_id)]
            kept += [((name,), None) for name in _OF_A_LINK if (name,) not in values]
        known = step.operation in (Operation.UPDATE, Operation.WRITE_BACK)
        remote_id = step.remote_id if known else None
        if step.entity is Entity.APPLICANT:  # the record that changes is the opportunity
            remote_id = step.parent
        return ExpectedChange(
            step=n,
            system=step.system,
            kind=KINDS[step.system, step.entity],
            about=step.summary,
            values=tuple(kept),
            ref=step.ref,
            remote_id=remote_id,
        )

    # -- where a field goes ----------------------------------------------------------------------------

    @property
    def _parent_kind(self) -> str:
        return "applications" if self._preview.flex_kind == "application" else "opportunities"

    def _step(self, entity: Entity, local_id: str) -> int | None:
        return next(
            (
                n
                for n, step in enumerate(self._steps)
                if step.system is System.FLEX and step.entity is entity and step.local_id == local_id
            ),
            None,
        )

    def _card_step(self, entity: Entity) -> int | None:
        return next(
            (n for n, s in enumerate(self._steps) if s.system is System.FLEX and s.entity is entity), None
        )

    def _put(self, n: int | None, path: Path, field: Field, kind: str) -> None:
        if n is not None:
            self._claims[n][path] = field.value
            return
        on = self._preview.flex_id if kind == self._parent_kind else None
        self._orphan(kind, on, path, field)

    def _orphan(self, kind: str, on: str | None, path: Path, field: Field) -> None:
        about = f"{field.source} of {field.about}" if field.about else field.source
        values = ((path, field.value),)
        self._orphans.append(ExpectedChange(None, System.FLEX, kind, about, values, remote_id=on))

    def _claim_role(self, field: Field) -> None:
        person = self._step(Entity.PERSON, field.local_id)
        if person is None:
            self._orphan("contacts", None, ("Role",), field)
            return
        step = self._steps[person]
        path = ("Applicants", step.remote_id or f"{_REF}{step.ref}", "Role")
        opportunity = self._card_step(Entity.OPPORTUNITY)
        added = next((n for n, s in enumerate(self._steps) if step.ref in _person_of(s)), None)
        opportunity = added if opportunity is None else opportunity
        if opportunity is None:
            self._orphan(self._parent_kind, self._preview.flex_id, path, field)
        else:
            self._claims[opportunity][path] = field.value

    def _claim_product(self, name: str, field: Field) -> None:
        links = [n for n, step in enumerate(self._steps) if step.entity is Entity.PRODUCT_LINK]
        if name == "SplitAmount":
            n = next((n for n in links if self._steps[n].body.get("Selected") == "Y"), None)
            self._put(n, (name,), field, "product-links")
            return
        n = next((n for n in links if self._steps[n].local_id.endswith(f"/{field.local_id}")), None)
        self._put(n, ("Product",) if name == "ProductFLEXId" else (name,), field, "product-links")


def _values_of(step: Step) -> Values:
    """Return what a step's body changes in its record, by path. An applicant is an entry of an opportunity's list."""
    if step.entity is not Entity.APPLICANT:
        return flatten(_with_refs(step.body))
    contact = step.remote_id or ""
    contact = f"{_REF}{contact}" if contact in step.needs else contact
    return {("Applicants", contact, name): value for name, value in (("FLEXId", contact), *step.body.items())}


def _person_of(step: Step) -> tuple[str, ...]:
    """Return the references of the steps of the person whom a step puts onto an opportunity; () for another step."""
    return step.needs if step.entity is Entity.APPLICANT else ()


def _is_implied(system: System, path: Path) -> bool:
    """Return True if a value of a body needs no field of the preview to show it."""
    outer = path[0]
    dotted = outer if len(path) == 1 else f"{outer}.{path[-1]}"
    return outer in SET_BY_THE_SYSTEM[system] or dotted in NOT_SHOWN_AS_FIELDS


def _with_refs(value: Any) -> Any:
    """Return a body with every placeholder for an id replaced by the reference's text."""
    if isinstance(value, dict):
        if value.keys() == {"$id_of"}:
            return f"{_REF}{value['$id_of']}"
        return {name: _with_refs(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_with_refs(inner) for inner in value]
    return value


def _parent(step: Step) -> str:
    parent = step.parent or ""
    return f"{_REF}{parent}" if parent in step.needs else parent


def linked_by_hand(preview: LinkPreview) -> ExpectedDifference:
    """Return what a link by hand predicts, or a link that is taken back: the values of its steps."""
    changes = tuple(
        ExpectedChange(
            n,
            System.BROKERENGINE,
            "cards" if step.entity is Entity.OPPORTUNITY else "contacts",
            step.local_id,
            tuple(((name,), value) for name, value in step.body.items()),
            remote_id=step.remote_id,
        )
        for n, step in enumerate(preview.plan.steps)
    )
    return ExpectedDifference(changes, {})


# -- next to the systems --------------------------------------------------------------------------------


class PartDone(Struct, frozen=True):
    """Which steps of a plan were carried out, by their places.

    A step that is neither in `done` nor in `in_doubt` must have changed nothing. `chosen` maps the reference of a step
    to the record that a person chose instead of sending, `renamed` a reference to that of a record sent as new.
    """

    done: frozenset[int]
    in_doubt: frozenset[int] = frozenset()
    whole: bool = True
    chosen: dict[str, str] = {}
    renamed: dict[str, str] = {}


def all_done(expected: ExpectedDifference) -> PartDone:
    """Return the part that is the whole."""
    return PartDone(frozenset(change.step for change in expected.changes if change.step is not None))


def differences(
    expected: ExpectedDifference, before: Dump, after: Dump, part: PartDone | None = None
) -> list[str]:
    """Return every way in which the systems differ from the forecast, one line each; none where they are the same."""
    return _Comparison(expected, before, after, part or all_done(expected)).lines()


class _Comparison:
    def __init__(self, expected: ExpectedDifference, before: Dump, after: Dump, part: PartDone) -> None:
        self._expected, self._before, self._after, self._part = expected, before, after, part
        self._ids = {**self._made(), **expected.ids, **part.chosen}
        self._must: dict[RecordKey, list[tuple[Path, Any]]] = {}
        self._may: dict[RecordKey, list[tuple[Path, Any]]] = {}
        self._lines: list[str] = [*expected.unannounced] if part.done or part.whole else []

    def lines(self) -> list[str]:
        for change in self._expected.changes:
            self._take(change)
        for key, values in self._must.items():
            for path, value in values:
                there = self._after[key].get(path)
                if not is_equal(path, there, value):
                    self._say(f"{key}: {'.'.join(path)} was to be {value!r} and is {there!r}")
        self._look_for_more()
        return self._lines

    def _say(self, line: str) -> None:
        if line not in self._lines:
            self._lines.append(line)

    def _made(self) -> dict[str, str]:
        """Return the id of the record that each reference of the plan now stands on."""
        refs = {change.ref for change in self._expected.changes if change.ref}
        now = {self._part.renamed.get(ref, ref): ref for ref in refs}
        return {
            now[values[("IntegrationId",)]]: key.id
            for key, values in self._after.items()
            if values.get(("IntegrationId",)) in now
        }

    def _take(self, change: ExpectedChange) -> None:
        """Find the record that a change is about, and note what it must or may hold."""
        if change.ref in self._part.chosen:
            return  # a person chose a record, and the choice says that nothing is sent
        if change.step is None and not self._part.whole:
            return
        in_doubt = change.step in self._part.in_doubt
        if change.step is not None and change.step not in self._part.done and not in_doubt:
            return
        keys = self._find(change)
        if len(keys) > 1:
            self._say(f"{change.kind} for {change.about} is there {len(keys)} times")
        if not keys and not in_doubt:
            named = ", ".join(f"{'.'.join(path)} {value!r}" for path, value in change.values)
            self._say(f"no {change.system} {change.kind} for {change.about} is there: {named}")
        for key in keys:
            book = self._may if in_doubt else self._must
            book.setdefault(key, []).extend(self._resolved(change.values))

    def _find(self, change: ExpectedChange) -> list[RecordKey]:
        if change.remote_id is not None:
            key = RecordKey(change.system, change.kind, change.remote_id)
            return [key] if key in self._after else []
        if change.kind == "product-links":
            values = dict(self._resolved(change.values))
            return [
                key
                for key, there in self._after.items()
                if key.kind == change.kind
                and all(there.get((name,)) == values.get((name,)) for name in ("Opportunity", "Product"))
            ]
        ref = self._part.renamed.get(change.ref, change.ref)
        return [
            key
            for key, there in self._after.items()
            if ref and key[:2] == (change.system, change.kind) and there.get(("IntegrationId",)) == ref
        ]

    def _resolved(self, values: Iterable[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
        return [(tuple(self._id(name) for name in path), self._id(value)) for path, value in values]

    def _id(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith(_REF):
            return self._ids.get(value.removeprefix(_REF), value)
        return value

    def _look_for_more(self) -> None:
        """Note what came, went or changed although the forecast does not name it."""
        actual = actual_difference(self._before, self._after)
        for key in sorted(actual.went):
            self._say(f"{key} is gone")
        for key in sorted(actual.came):
            if key not in self._must and key not in self._may:
                self._say(f"{key} came and was not predicted")
                continue
            for path, value in self._after[key].items():
                if path[0] not in SET_BY_THE_SYSTEM[key.system]:
                    self._expect(key, path, value)
        for one in actual.changed:
            self._expect(one.key, one.path, one.new, f", was {one.old!r}")

    def _expect(self, key: RecordKey, path: Path, value: Any, was: str = "") -> None:
        named = [*self._must.get(key, ()), *self._may.get(key, ())]
        if _is_echo(path, named) or any(
            where == path and is_equal(path, expected, value) for where, expected in named
        ):
            return
        if not any(where == path for where, _ in self._must.get(key, ())):  # else it was said already
            self._say(f"{key}: {'.'.join(path)} is {value!r}{was} and was not predicted")


def _is_echo(path: Path, named: Iterable[tuple[Path, Any]]) -> bool:
    """Return True if a value repeats our reference beside an id that was predicted."""
    if path[-1] != "IntegrationId":
        return False
    return any(where[:-1] == path[:-1] for where, _ in named)
