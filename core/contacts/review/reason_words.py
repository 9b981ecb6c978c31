"""The words for why a row has its verdict, as a person reads them. Pure.

The values of `Reason` themselves are data: JSON and the book have them.
"""

from __future__ import annotations

from typing import Final

from core.contacts.model import Reason

REASON_WORDS: Final[dict[Reason, str]] = {
    Reason.NONE: "",
    Reason.ONLY_HERE: "only one system has this person",
    Reason.SAME_EMAIL: "one record in each system has this email",
    Reason.SEVERAL: "several records have this email",
    Reason.OTHER_NAME: "same email, but clearly another first name",
    Reason.OTHER_PERSON: "same email and first name, but another suffix or birth date",
    Reason.OTHER_DETAILS: "same email, but several other details differ",
    Reason.OTHER_ROLE: "same email, but a borrower in SimpleNexus and an agent in Total Expert",
    Reason.BESIDE_A_LINK: "a linked record has this email already",
    Reason.STANDING: "linked earlier",
    Reason.EMAIL_CHANGED: "linked earlier; the emails differ now",
    Reason.HALF_GONE: "linked earlier; the other record wasn't found",
    Reason.MOVED: "linked earlier; the two records have different owners now",
    Reason.LINKED_TWICE: "linked with several records",
    Reason.NO_ADDRESSEE: "no email and no phone",
    Reason.FILLERS: "name, email and phone are placeholders, such as N/A",
    Reason.NOT_TIED: "the loan officer has no match in the other system",
    Reason.OWNER_LEFT: "the owner has left; nothing new is created",
    Reason.OTHER_OWNER: "another owner has a contact with this email",
    Reason.LEFT_TO_OWNER: "another owner has this person; somebody decided to leave it that way",
    Reason.EVIDENCE: "another email or none, but strong evidence",
    Reason.SOME_EVIDENCE: "another email or none, but some evidence",
    Reason.SECOND_RECORD: "a second record of a linked person",
    Reason.SEVERAL_LINKS: "several linked pairs look like one person",
    Reason.DOUBTED: "linked earlier; the evidence now suggests two people",
    Reason.DECIDED: "a person decided",
    Reason.WOULD_OVERWRITE: "a push would change another contact, who is somebody else",
    Reason.TAKEN_OVER: "made an account from an imported record",
    Reason.TAKEN_BACK: "a person took this link back; only your answer “same” links the two again",
    Reason.DIVERTED: (
        "a push changed this record where it should have made a new one; only your answer “same” links the two"
    ),
}
"""A few words for each reason, without a capital and a full stop."""
