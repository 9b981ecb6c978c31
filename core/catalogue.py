"""The catalogue of codes: what each outcome means and what to do about it. Codes are stable; screens show both."""

from __future__ import annotations

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """What a code means, and the next step."""

    meaning: str
    fix: str


_LOOKED_UP = "The desk looks it up by itself; nothing is sent again before that."

CATALOGUE: Final[dict[str, Entry]] = {
    # what a step went through
    "intent": Entry("written down before sending", ""),
    "applied": Entry("the remote says it is there", ""),
    "interrupted": Entry("the desk stopped while this was on its way", _LOOKED_UP),
    "cancelled": Entry("the desk was told to stop waiting for the reply", _LOOKED_UP),
    "noted": Entry("noted what the remote holds before the change", ""),
    "there-already": Entry("the remote holds exactly this already; nothing was sent", ""),
    "linked-already": Entry("another push of this book made it meanwhile; that record is used", ""),
    "found-by-ref": Entry("found at the remote by its reference, and used", ""),
    "found-after-all": Entry("it had arrived: found by its reference", ""),
    "read-back": Entry("it had arrived: every field that was sent is there", ""),
    "not-there-yet": Entry("looked for it by its reference: nothing", ""),
    "not-there": Entry("looked twice, nothing: it never arrived and is sent again", ""),
    "as-it-was": Entry("the record is as it was before: the change never arrived and is sent again", ""),
    "again": Entry("done again, which is safe for this kind of step", ""),
    "unblocked": Entry("what it stood on is there now", ""),
    "diverted": Entry(
        "the remote took it for somebody who was there already, and changed that record",
        "Look at that record; undo puts its old values back where they are known.",
    ),
    "one-from-elsewhere": Entry(
        "one of the same kind is there already, and is not ours",
        "Take that one for ours, leave it, or send all the same.",
    ),
    "blocked": Entry("a step it stands on did not arrive", "Settle that step first."),
    "quit": Entry("the desk was closed before this was sent", "It goes on at the next start."),
    "decided": Entry("interrupted by a person's decision", ""),
    "decided-there": Entry("a person said: it is there", ""),
    "decided-not-there": Entry("a person said: it is not there", ""),
    "decided-link": Entry("a person chose the record", ""),
    "decided-as-new": Entry("a person chose to send it as a new record", ""),
    "decided-overwrite": Entry("a person chose to overwrite", ""),
    "decided-again": Entry("a person chose to try again", ""),
    "decided-leave": Entry("a person set it aside; it is not sent", ""),
    # nothing was sent
    "unreachable": Entry(
        "no connection could be made; nothing was sent", "Check the connection, then resume."
    ),
    "rate-limited": Entry("the remote asked to slow down; nothing was sent", "Wait, then resume."),
    "no-gateway": Entry(
        "this profile no longer says where that system is; nothing was sent", "Set its url, then resume."
    ),
    "not-authorised": Entry(
        "the remote did not accept our token", "Check the client id and secret, then resume."
    ),
    "wrong-secret": Entry(
        "the remote does not accept the client id and secret", "Correct them, then resume."
    ),
    "no-token": Entry("the remote gave no token; nothing was sent", "Try again later; then ask who runs it."),
    "unsendable": Entry("it can't be written as JSON", "Correct the field in BrokerEngine, then push again."),
    "keeps-failing": Entry("it was tried several times in vain", "Look at the remote, then resume."),
    "plan-changed": Entry(
        "the card changed since it was confirmed; nothing was sent",
        "Look at the new preview and confirm that.",
    ),
    # a clear no
    "refused": Entry("the remote refused it", "Correct what it names, or leave this step."),
    "forbidden": Entry(
        "the remote forbids it; nothing more is sent there",
        "Ask who runs it for the permission, then resume.",
    ),
    "redirected": Entry(
        "the address answers with a redirect, which is never followed", "Correct the address."
    ),
    "record-gone": Entry("the record it changes is no longer there", "Unlink it, or leave this step."),
    # nobody can tell
    "deadline": Entry("no whole reply came in time; it may have arrived", _LOOKED_UP),
    "no-reply": Entry("the connection closed with no reply; it may have arrived", _LOOKED_UP),
    "bad-reply": Entry("the reply can't be read; it may have arrived", _LOOKED_UP),
    "no-id": Entry("the reply names no such record; it may have arrived", _LOOKED_UP),
    "server-error": Entry("the remote failed on the way; it may have arrived", _LOOKED_UP),
    "conflict": Entry("the remote says it is there already, or busy", _LOOKED_UP),
    "bad-answer": Entry(
        "the remote answered a question with something else", "Try again; then ask who runs it."
    ),
    "cannot-look-up": Entry(
        "the remote can't be asked whether it arrived", "Look for it there, then say what you found."
    ),
    "changed-meanwhile": Entry(
        "the record is neither as it was nor as it was sent", "Look at it in the remote, then decide."
    ),
    # a person chooses
    "several-found": Entry("several records bear this reference", "Look at them, then say which one it is."),
    "second-record": Entry(
        "a second record turned up later: the remote carried a request out late",
        "Look at both, remove one in the remote, then say which one stays.",
    ),
    "found-differs": Entry(
        "a record bears this reference and holds something else", "Look at it, then link it or send as new."
    ),
    "linked-elsewhere": Entry(
        "it was linked to another record meanwhile", "Link that one, or leave this step."
    ),
    "source-says-otherwise": Entry(
        "BrokerEngine holds another FLEX ID already", "Leave it, or overwrite if you are sure."
    ),
    "unlinked-before": Entry(
        "a record of it is there, from before it was unlinked", "Link that one, or send it as a new record."
    ),
    # against a push
    "already-linked": Entry(
        "the card is in FLEX already", "Push a note onto it, or correct it in FLEX by hand."
    ),
    "use-fact-find": Entry("the card uses the FLEX-integrated Fact Find", "Push the Fact Find instead."),
    "not-linked": Entry("the card is not in FLEX yet", "Push the card first, or link its FLEX ID."),
    "not-completed": Entry("the Fact Find is not completed yet", "Wait until the client has completed it."),
    "nobody-in-flex": Entry("nobody on the card is in FLEX yet", "Push the card first."),
    "empty-note": Entry("the note holds no text", "Write something."),
    "long-note": Entry("the note is longer than FLEX takes", "Shorten it, or split it in two."),
    "other-link": Entry("the card is linked to another FLEX record", "Unlink it first."),
    "taken": Entry("the FLEX ID is linked to another card", "Unlink it there first, if it belongs here."),
    "bad-flex-id": Entry("it is no FLEX ID", "A FLEX ID looks like 1-6D9UB."),
    "not-in-flex": Entry("FLEX has no such opportunity or application", "Look the ID up in FLEX."),
    "no-people": Entry(
        "nobody is on the card", "Add the applicants to the card in BrokerEngine, then read it again."
    ),
    "role-unknown": Entry(
        "a person's role is none that FLEX takes",
        "Correct the role in BrokerEngine, then read the card again.",
    ),
    "unsendable-note": Entry(
        "the note can't be sent as it is", "Correct it in BrokerEngine, or write it anew."
    ),
    "name-missing": Entry(
        "a person has no first or no last name",
        "Complete the name in BrokerEngine, then read the card again.",
    ),
}


def meaning_of(code: str) -> str:
    """Say what a code means; the code itself where the catalogue does not have it."""
    return CATALOGUE[code].meaning if code in CATALOGUE else code


def fix_of(code: str) -> str:
    """Say what to do about a code."""
    return CATALOGUE[code].fix if code in CATALOGUE else "See: brokerdesk activity"
