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
    "still-open": Entry("a push of it is not over", "Finish it or set it aside in Activity, then forget it."),
    "nothing-known": Entry("nothing is held of it here", "Check the id."),
    "no-such-form": Entry("the file's name says neither CSV nor JSON", "Name a file .csv or .json."),
    "broken": Entry(
        "brokerdesk itself failed; what was on its way is looked up at the next start",
        "Run: brokerdesk resume. For help, send what brokerdesk bundle packs.",
    ),
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
    "other-record": Entry("the reply names a record that another step of this push made", _LOOKED_UP),
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
        "a second record turned up later: the remote carried a request out late, or twice",
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
    # against a milestone
    "unreadable": Entry(
        "the application can't be read again, so nobody knows whether it was changed",
        "Look at it in SimpleNexus, then send or skip.",
    ),
    "late": Entry(
        "it happened long ago, and its Journey would start today", "Send it all the same, or skip."
    ),
    "elsewhere": Entry(
        "the contact has an insight of that kind which is not the desk's", "Look at it, then send or skip."
    ),
    "no-such-milestone": Entry("there is no milestone of that name", "See: brokerdesk milestones."),
    "no-reason": Entry("a milestone is skipped with a reason", "Say why, in a few words."),
    "bad-webhook": Entry("what came is no webhook of SimpleNexus's", "Look at what was sent."),
    "inbox-closed": Entry(
        "the file of received events can't be used",
        "Check the disk and who owns the profile's folder; what was not answered is delivered again.",
    ),
    # a command, a setting or a file is not of the right form
    "bad-config": Entry(
        "config.toml can't be read or says something it can't", "Correct the place it names."
    ),
    "unknown-key": Entry(
        "config.toml has a key the desk does not know", "Correct it; the README lists every key."
    ),
    "unknown-profile": Entry("config.toml has no profile of that name", "Name one of those it has."),
    "bad-url": Entry("an address is neither https nor on this machine", "Give an https:// address."),
    "bad-one-way": Entry(
        "the list of those who go one way alone can't be read", "Correct one_way in the profile."
    ),
    "two-sources": Entry("the profile names both a url and a folder of cards", "Keep one of the two."),
    "not-configured": Entry("the profile does not say where that system is", "Set its url in config.toml."),
    "profile-exists": Entry("there is a profile of that name already", "Choose another name."),
    "missing-answer": Entry("a new profile lacks an answer", "Give what it names."),
    "secret-in-settings": Entry(
        "a secret was given where others can read it",
        "Set its variable, or type it; have the secret changed.",
    ),
    "bad-secrets": Entry("the file of secrets can't be read or written", "Check who owns it."),
    "no-secret": Entry("there is no secret for that system", "Set its variable, or store it in the keyring."),
    "no-such-book": Entry("the profile names a book there is none of", "Set book to tinydb in the profile."),
    "no-map": Entry("the file of a map can't be read", "Check the name and who owns the file."),
    "broken-map": Entry(
        "the field map of your own is broken", "Correct the place it names: brokerdesk map check."
    ),
    "bad-milestone-map": Entry("the milestone map of your own is broken", "Correct the place it names."),
    "bad-judge": Entry("the answer about two contacts was not understood", "Name two ids and an answer."),
    "wrong-id": Entry("what was typed to override is not the card's id", "Type the card's own id."),
    "which-note": Entry("no note was named", "Name one of BrokerEngine's, or write one."),
    "which-person": Entry("it does not say which person is which contact", "Write --person P-2001=1-6D9UB."),
    "no-files": Entry("matching files needs both books", "Name both files, or none."),
    "not-an-export": Entry(
        "the file is no export of cards that can be read", "Save it as CSV (UTF-8), then take that."
    ),
    "not-contacts": Entry(
        "the file is no list of contacts that can be read", "Save it as CSV (UTF-8), then take that."
    ),
    "unreadable-file": Entry("the file can't be read", "Check the name and its owner."),
    "unwritable-file": Entry("the file can't be written", "Check the folder and its owner."),
    "no-editor": Entry("no editor is set, or it can't be started", "Set VISUAL or EDITOR."),
    "no-terminal": Entry("there is no terminal here", "Use the commands, or open it in a terminal."),
    "unknown-code": Entry("the catalogue has no such code", "See: brokerdesk explain."),
    # what was asked for can't be done now
    "not-confirmed": Entry("nobody confirmed it; nothing was sent", "Add --yes, or answer at the prompt."),
    "unknown-card": Entry("BrokerEngine has no such card", "See: brokerdesk cards."),
    "unknown-note": Entry("BrokerEngine has no such note", "Look at the card it belongs to."),
    "unknown-fact-find": Entry("BrokerEngine has no such Fact Find", "Look at the card it belongs to."),
    "unknown-attachment": Entry("BrokerEngine has no such attachment", "Read the card again."),
    "unknown-push": Entry("the book has no such push", "See: brokerdesk activity."),
    "unknown-sync": Entry("the book has no such sync", "See: brokerdesk activity."),
    "unknown-pair": Entry("one of the two is not in this match", "Read both systems again, then look."),
    "bad-record": Entry(
        "a record is not of the form it should have", "Correct the field it names, then read again."
    ),
    "busy": Entry("the card has a push that is not finished", "Finish it first: brokerdesk resume."),
    "no-notes": Entry("this source of cards has no notes", "Write the note at the desk, or in FLEX itself."),
    "no-fact-finds": Entry("this source of cards has no Fact Finds", "Push the card instead."),
    "not-offered": Entry("that choice is not offered there", "Choose one of those it names."),
    "which-one": Entry(
        "several records fit, or none is known", "Look at the remote, and give the record's id."
    ),
    "plan-gone": Entry(
        "the plan is no longer kept, so nothing of it can be sent again", "Push the card anew."
    ),
    "not-matched": Entry("the contacts are not matched yet", "Read both systems first."),
    "one-of-two": Entry(
        "the two can't be one person: one is linked elsewhere", "Tell those apart first, or undo."
    ),
    "no-sync": Entry("nothing was synced yet", "See: brokerdesk activity."),
    "nothing-to-sync": Entry("there is nothing to link or to send", "Look at what waits: brokerdesk review."),
    "nothing-to-share": Entry(
        "the app can be shared with none of them", "Mend what it names, then read again."
    ),
    "nothing-to-undo": Entry("nothing of this sync can be undone", "See why: brokerdesk undo."),
    "sync-under-way": Entry("the sync is not over", "Let it finish, or settle what it asks."),
    "file-changed": Entry("the file changed while it was read", "Try again when it is written."),
    "no-folder": Entry("the folder of cards can't be read", "Make it, or correct folder in config.toml."),
    "cards-not-kept": Entry("the cards can't be kept; nothing was imported", "Make room, then import again."),
    "no-sandbox": Entry(
        "the embedded sandbox did not start", "Look at the folder it names, then start again."
    ),
    "port-in-use": Entry("the port is taken", "Name another with --port."),
    "read-only": Entry("this desk only reads", "Open it for writing."),
    # the book
    "book-locked": Entry("another process writes the book", "Go on there, or close it there."),
    "book-synced": Entry(
        "a cloud drive syncs the desk's home; two computers would write one book",
        "Move it to where nothing syncs it, and name that with --home.",
    ),
    "book-closed": Entry("the book was used after it had been closed", "Start brokerdesk again."),
    "book-read-only": Entry(
        "the book may only be read", "Make its folder writable for you, then start again."
    ),
    "book-disk-full": Entry("the disk is full; what the book held is safe", "Make room, then start again."),
    "book-io-error": Entry(
        "the disk failed; what was confirmed as written is safe", "Check the disk, then start again."
    ),
    "book-damaged": Entry(
        "something in the book can't be true; it is not opened", "Restore it as the message says."
    ),
    "archive-damaged": Entry(
        "the details of a finished push can't be read; the rest of the book is sound",
        "Restore the archive that the message names from your own backup.",
    ),
    "book-newer": Entry("a later version wrote the book", "Update brokerdesk on this computer."),
    "book-key-missing": Entry("the book's key is missing", "Put it back from your backup of the folder."),
    # what the doctor finds
    "profile": Entry("which profile it is, and who runs the contact sync", ""),
    "not-both": Entry("one of the two contact systems is not named", "Name it, or take the other one out."),
    "answers": Entry("the system answers, and takes the client id and secret", ""),
    "clock": Entry("the two clocks agree", ""),
    "clock-skew": Entry("the system's clock and this computer's differ", "Set this computer's clock."),
    "rate-left": Entry("how many requests the system says are left", ""),
    "rate-low": Entry("few requests are left", "Wait a minute, or lower its rate."),
    "contract": Entry("which version of the contract the system tells", ""),
    "other-contract": Entry("the system speaks another version of our contract", "Update brokerdesk."),
    "look-ups": Entry("how records are found again after a lost reply", ""),
    "no-look-up": Entry("records can't be found again", "Look there before you answer what the desk asks."),
    "look-up-unknown": Entry("how records are found was not told in time", "Try again later."),
    "look-up-ignored": Entry(
        "the system ignores what is searched for, so a lost reply can't be settled", "Push nothing there."
    ),
    "new-fields": Entry("records have fields that their description lacks", ""),
    "strange-values": Entry(
        "records hold what their description rules out", "The desk goes on; tell who looks after brokerdesk."
    ),
    "book-new": Entry("there is no book yet", ""),
    "book-sound": Entry("the book is sound and can be written", ""),
    "book-held": Entry("a console has the book open for writing", ""),
    "modes": Entry("the desk's files are for their owner alone", ""),
    "loose-modes": Entry("others may use the desk's files", "Run the command it names."),
    "secrets-in-file": Entry("the secrets are in a file, because there was no keyring", ""),
}


def meaning_of(code: str) -> str:
    """Say what a code means; the code itself where the catalogue does not have it."""
    return CATALOGUE[code].meaning if code in CATALOGUE else code


def fix_of(code: str) -> str:
    """Say what to do about a code."""
    return CATALOGUE[code].fix if code in CATALOGUE else "See: brokerdesk activity"
