"""What stands against a push, and what a person should know before confirming one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.flex.field_map.apply import map_record
from core.flex.field_map.fates import ARRIVES, BY_HAND, Fate, Field
from core.flex.field_map.forms import LEFT_OUT
from core.flex.field_map.model import FieldMap, Scope
from core.flex.model import Applicant, Person
from core.flex.plans.inputs import CardInputs
from core.flex.plans.preview import Objection
from core.flex.plans.products import ProductMatch
from core.push.plan import Entity
from core.texts import how_many


def flex_id_of(inputs: CardInputs) -> str | None:
    """Return the FLEX ID that the card is linked to, or None. BrokerEngine's ID wins over the book's."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    return inputs.card.flex_id or (link.remote_id if link else None)


ROLES: Final = ("Primary Applicant", "Co-Applicant", "Guarantor")
"""The roles on a board, and the only roles that our FLEX contract takes (docs/domain.md, BrokerEngine)."""
MOST_PEOPLE: Final = 20
"""How many applicants an opportunity takes, by our FLEX contract."""
NEEDED_NAMES: Final = ("FirstName", "LastName")
"""What FLEX seems to need of a person (docs/domain.md, FLEX). Without one of them the person can't be sent."""


def objections(inputs: CardInputs) -> list[Objection]:
    """Return every objection to pushing the card as it is, not only the first."""
    card = inputs.card
    against: list[Objection] = []
    if flex_id := flex_id_of(inputs):
        against.append(
            Objection(
                "already-linked",
                f"{card.id} is already in FLEX as {flex_id}; a second push would make a second opportunity.",
            )
        )
    elif card.fact_find and card.fact_find.flex_integrated:  # a linked card has its opportunity already
        against.append(
            Objection(
                "use-fact-find",
                f"{card.id} uses the FLEX-integrated Fact Find; pushing the card too would duplicate the opportunity.",
            )
        )
    if not card.people:
        against.append(
            Objection("no-people", f"{card.id} has nobody on it; an opportunity needs an applicant.")
        )
    against += people_objections(inputs.field_map, card.people)
    for applicant in _distinct(card.people):
        against += unclear_link_objections(inputs, applicant.contact)
    return against if inputs.has_gateway else [*against, no_gateway(card.id)]


def no_gateway(subject: str) -> Objection:
    """Return the objection to pushing `subject`, a card, a Fact Find or a note, without a gateway of FLEX."""
    message = f"{subject} can't be pushed: this profile has no gateway of FLEX."
    return Objection("no-flex-gateway", message)


def people_objections(field_map: FieldMap, people: tuple[Applicant, ...]) -> list[Objection]:
    """Return every objection to the people of a push: their number, their names, their roles."""
    distinct = _distinct(people)
    against: list[Objection] = []
    if len(distinct) > MOST_PEOPLE:
        message = f"There are {len(distinct)} people; FLEX takes {MOST_PEOPLE} on an opportunity."
        against.append(Objection("too-many-people", message))
    for applicant in distinct:
        against += [*name_objections(field_map, applicant.contact), *role_objections(applicant)]
    return against


def unclear_link_objections(inputs: CardInputs, person: Person) -> list[Objection]:
    """Object to a person who may be linked under an id of an earlier version, which two people could have had."""
    links = inputs.unclear.get(person.id, ())
    if not links:
        return []
    known = " or ".join(f"{link.remote_id} (under {link.local_id})" for link in links)
    message = f"{person.name} ({person.id}) may be FLEX contact {known}, linked under that id before."
    return [Objection("numbered-link", message)]


def role_objections(applicant: Applicant) -> list[Objection]:
    """Object to a role that FLEX's gateway does not know.

    The gateway would refuse the opportunity after the people were created.
    """
    if applicant.role in ROLES:
        return []
    message = f"{applicant.contact.name}'s role is “{applicant.role}”; FLEX takes {', '.join(ROLES)}."
    return [Objection("role-unknown", message)]


def _distinct(people: tuple[Applicant, ...]) -> list[Applicant]:
    return list({applicant.contact.id: applicant for applicant in reversed(people)}.values())[::-1]


def name_objections(field_map: FieldMap, person: Person) -> list[Objection]:
    """Return an objection for each name that is missing or that FLEX would refuse.

    FLEX seems to need a first and a last name (docs/domain.md, FLEX).
    """
    targets = {f"Applicant.{name}" for name in NEEDED_NAMES}
    return [
        Objection("name-missing", _name_message(person, field))
        for field in map_record(field_map, Scope.PERSON, person, targets=targets).fields
        if field.target in targets and field.value is None
    ]


def _name_message(person: Person, field: Field) -> str:
    name = short(person.name)
    if field.fate is Fate.REFUSED:
        return f"The {field.source.lower()} of {name} can't be sent: {field.reason}; FLEX seems to need both names."
    return f"{name} has no {field.source.lower()} that can be sent; FLEX seems to need both names."


def warnings(inputs: CardInputs, fields: tuple[Field, ...], products: tuple[ProductMatch, ...]) -> list[str]:
    """Return what a person should know before confirming, a sentence each."""
    link = inputs.link(Entity.OPPORTUNITY, inputs.card.id)
    flex_id = inputs.card.flex_id
    sentences: list[str] = []
    if link and flex_id and flex_id != link.remote_id:
        sentences.append(f"BrokerEngine says this card is {flex_id} in FLEX, the book says {link.remote_id}.")
    sentences += _not_whole(fields)
    sentences += [_not_linked(match) for match in products if not match.linked]
    if not inputs.writable:
        sentences.append(
            "This source can't be written to: BrokerEngine's own FLEX button will not know of this push."
        )
    return [*sentences, *_to_enter(fields)]


def _not_linked(match: ProductMatch) -> str:
    name = f"{match.product.lender} {match.product.name}"
    if match.merged_into is not None:
        return f"{name} ({match.standing}) is not linked automatically: {match.reason}."
    return f"{name} is not linked: {match.reason}."


def field_warnings(fields: Iterable[Field]) -> list[str]:
    """Return what a push of any kind says of its fields.

    The most important comes first: each refused value, each value of which a part is not sent, and then how many
    fields a person enters by hand.
    """
    fields = tuple(fields)
    return [*_not_whole(fields), *_to_enter(fields)]


def _not_whole(fields: Sequence[Field]) -> list[str]:
    """Return a sentence for each refused value, and for each value of which a part is not sent."""
    refused = dict.fromkeys(_refusal(field) for field in fields if field.fate is Fate.REFUSED)
    cut = (field for field in fields if field.fate in ARRIVES and LEFT_OUT in field.reason)
    in_part = dict.fromkeys(f"{field.source}{_about(field)}: {field.reason}." for field in cut)
    return [*refused, *in_part]


def _to_enter(fields: Sequence[Field]) -> Iterator[str]:
    """Yield how many fields a person enters by hand. Nothing is yielded if all of them are named as refused."""
    by_hand = [field for field in fields if field.fate in BY_HAND and not field.left_out]
    refused = sum(field.fate is Fate.REFUSED for field in by_hand)
    if refused == len(by_hand):
        return
    them = "it" if len(by_hand) == 1 else "them"
    some = f", {refused} of them refused" if refused else ""
    yield f"{how_many(len(by_hand), 'field')} can't be sent to FLEX{some}. Enter {them} by hand (h in Cards)."


def _refusal(field: Field) -> str:
    value = short(field.source_value)
    if field.about == field.source_value:  # a file, which is named by its own value
        return f"{value} is not sent: {field.reason}."
    return f"{field.source}{_about(field)}: “{value}” is not sent: {field.reason}."


def _about(field: Field) -> str:
    return f" of {short(field.about)}" if field.about else ""


_LONGEST_SHOWN: Final = 60


def short(text: str) -> str:
    """Return a text on one line, cut to 60 characters."""
    line = " ".join(text.split(maxsplit=_LONGEST_SHOWN))  # a longer text is cut before its end
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
