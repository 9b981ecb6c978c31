"""The one list of codes: what each code means and what to do about it.

An error, a finding of `brokerdesk doctor`, the Activity room and `brokerdesk explain` take their advice from here, so
that the same code gives the same advice everywhere. Codes are stable; screens and JSON show them. This module knows
no error class and no room.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType
from typing import Final, NamedTuple


class CatalogueEntry(NamedTuple):
    """What a code means, and what to do now.

    `fix` may hold named placeholders such as `{book_folder}`; every name is in `PLACEHOLDERS`. `cases` has other
    advice for the same code by situation. A situation is a clause that can follow "When", such as "a read failed".
    """

    meaning: str
    fix: str
    cases: Mapping[str, str] = MappingProxyType({})


PLACEHOLDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "advice": "Do what the message says",
        "asset": "ASSET",
        "book_folder": "the book's folder",
        "card": "CARD",
        "choices": "the choices that the message names",
        "codes": "the nearest codes",
        "columns": '--columns "THEIRS=OURS"',
        "config": "config.toml",
        "drive": "the cloud drive",
        "editor_variable": "VISUAL or EDITOR",
        "field": "the field that the message names",
        "file": "the file",
        "home": "brokerdesk's folder",
        "key": "KEY",
        "key_file": "book.key",
        "known": "the names that there are",
        "milestones": "those that brokerdesk milestones lists",
        "most": "the allowed number of",
        "near": "the nearest name",
        "number": "NUMBER",
        "numbers": "--fewer NUMBER",
        "path": "the path that the message names",
        "place": "the place that the message names",
        "profile": "PROFILE",
        "profiles": "those in config.toml",
        "repair": "the command that brokerdesk doctor shows",
        "sandbox_folder": "the sandbox's folder",
        "section": "SYSTEM",
        "snapshot": "book.log.bak",
        "source": "the system that holds it",
        "stream": "the app's output",
        "subject": "ID",
        "system": "SYSTEM",
        "to": "the new place",
        "values": "the values that the message names",
        "variable": "the secret's variable",
    }
)
"""Each placeholder of an advice, in words: what stands there where no error fills in a value."""

_LOOKED_UP: Final = "brokerdesk checks the system for it automatically. Nothing is sent again before that."
_TRY_AGAIN: Final = (
    "Check the connection and the system's url in config.toml, then try again. A push that waits is tried again by the "
    "open app, or at once with brokerdesk resume."
)
_SIGN_IN: Final = (
    "Check client_id in config.toml, and run brokerdesk init --secret-of {system} to store the secret again. A push "
    "that waits continues with brokerdesk resume."
)
_UNTRIED: Final = "or add --skip-tests to write the profile without trying its connections."
_READ_FAILED: Final = MappingProxyType(
    {"a read failed": "Check the connection and the system's url in config.toml, then try again."}
)
_ARCHIVE_AGAIN: Final = (
    "Make room on that disk, or check who owns the folder. The next start tries to archive again."
)
_NAME_A_FOLDER: Final = "Name a folder that you can write, with --home DIR or BROKERDESK_HOME."
_RESTORE: Final = (
    "Restore the book's folder from your own backup; there is no earlier snapshot in the folder."
)
_DOCTOR_SAYS: Final = "brokerdesk doctor shows how far that is; careful_start = false in the profile ends it."
_AS_CSV: Final = "Save it as CSV (UTF-8), then use that file."

CATALOGUE: Final[Mapping[str, CatalogueEntry]] = MappingProxyType(
    {
        # what a step went through
        "intent": CatalogueEntry("recorded, then sent", ""),
        "applied": CatalogueEntry("the system says it is there", ""),
        "still-open": CatalogueEntry(
            "a push of this record is not finished",
            "Finish the push with brokerdesk resume, or set it aside in Activity. Then forget it again.",
        ),
        "nothing-known": CatalogueEntry("brokerdesk has nothing about this id", "Check the id."),
        "no-such-form": CatalogueEntry(
            "the file's name ends in neither .csv, .json nor .xlsx",
            "Give the file a name that ends in .csv, .json or .xlsx.",
        ),
        "broken": CatalogueEntry(
            "brokerdesk itself failed; at the next start it looks up what was on its way",
            "Run brokerdesk resume to look up what was on its way. For help, send the file that brokerdesk bundle "
            "writes.",
        ),
        "interrupted": CatalogueEntry(
            "brokerdesk stopped while this was on its way",
            "brokerdesk looks it up at the next start; run brokerdesk resume to look it up now. Nothing is sent again "
            "before that.",
            {"nothing was on its way": "Run the command again when you are ready."},
        ),
        "output-lost": CatalogueEntry(
            "the output of a command could not be written; what the command did stays done",
            "Make room, or send the output elsewhere. brokerdesk activity lists what was pushed.",
        ),
        "cancelled": CatalogueEntry("brokerdesk was stopped while it waited for the reply", _LOOKED_UP),
        "noted": CatalogueEntry("recorded what the system holds before the change", ""),
        "there-already": CatalogueEntry("the system holds exactly this already; nothing was sent", ""),
        "all-there": CatalogueEntry("everything was there already; nothing was changed", ""),
        "left-out": CatalogueEntry("a person decided to leave it out; nothing was sent", ""),
        "part-left-out": CatalogueEntry("a person decided to leave a part out; the rest arrived", ""),
        "left-open": CatalogueEntry(
            "a person decided to leave a part as it is that was sent and may have arrived", ""
        ),
        "linked-already": CatalogueEntry(
            "another push of this book made it in the meantime; that record is used", ""
        ),
        "found-by-ref": CatalogueEntry("found in the system by its reference, and used", ""),
        "found-after-all": CatalogueEntry("it had arrived: found by its reference", ""),
        "read-back": CatalogueEntry("it had arrived: every field that was sent is there", ""),
        "not-there-yet": CatalogueEntry("a look-up by its reference found nothing", ""),
        "not-there": CatalogueEntry("two look-ups found nothing: it never arrived and is sent again", ""),
        "as-it-was": CatalogueEntry(
            "the record is as it was before: the change never arrived and is sent again", ""
        ),
        "again": CatalogueEntry("done again, which is safe for this kind of step", ""),
        "unblocked": CatalogueEntry("the step that it waited for has arrived", ""),
        "existing": CatalogueEntry("the system says that a record with its reference is there", _LOOKED_UP),
        "other-record": CatalogueEntry(
            "the reply names a record that another step of this push made", _LOOKED_UP
        ),
        "diverted": CatalogueEntry(
            "the system matched it to an existing person, and changed that record",
            "Look at that record; undo puts its old values back where they are known.",
        ),
        "one-from-elsewhere": CatalogueEntry(
            "a record of the same kind is there already, and brokerdesk did not make it",
            "Link that one, leave this step, or send it anyway.",
        ),
        "blocked": CatalogueEntry("a step that it needs did not arrive", "Settle that step first."),
        "quit": CatalogueEntry(
            "brokerdesk was closed before this was sent", "It continues at the next start."
        ),
        "stopped": CatalogueEntry(
            "a person stopped all sending on this book",
            "brokerdesk stop --lift, or F9 in the app, lets sending continue.",
        ),
        "decided": CatalogueEntry("interrupted by a person's decision", ""),
        "decided-there": CatalogueEntry("a person said: it is there", ""),
        "decided-not-there": CatalogueEntry("a person said: it is not there", ""),
        "decided-link": CatalogueEntry("a person chose the record", ""),
        "decided-as-new": CatalogueEntry("a person chose to send it as a new record", ""),
        "decided-overwrite": CatalogueEntry("a person chose to overwrite", ""),
        "decided-again": CatalogueEntry("a person chose to try again", ""),
        "decided-leave": CatalogueEntry("a person set it aside; it is not sent", ""),
        # nothing was sent
        "unreachable": CatalogueEntry(
            "no connection could be made; nothing was sent",
            _TRY_AGAIN,
            {"a new profile is made": f"Check the connection, and correct the url that you gave, {_UNTRIED}"},
        ),
        "rate-limited": CatalogueEntry(
            "the system asked brokerdesk to slow down; nothing was sent",
            "Wait a minute, then try again. A push that waits is tried again by the open app, or at once with "
            "brokerdesk resume.",
        ),
        "no-gateway": CatalogueEntry(
            "this profile no longer says where that system is; nothing was sent",
            "Set the system's url in config.toml, then run brokerdesk resume.",
        ),
        "not-authorised": CatalogueEntry("the system did not accept our token", _SIGN_IN),
        "wrong-secret": CatalogueEntry(
            "the system does not accept the client id and secret",
            _SIGN_IN,
            {"a new profile is made": f"Correct the client_id or the secret that you gave, {_UNTRIED}"},
        ),
        "no-token": CatalogueEntry(
            "the system gave no token; nothing was sent",
            "Try again in a few minutes; if it still gives none, ask whoever runs the system.",
        ),
        "unsendable": CatalogueEntry(
            "it can't be written as JSON", "Correct the field in BrokerEngine, then push again."
        ),
        "keeps-failing": CatalogueEntry(
            "several tries failed",
            "Look at the system. The open app tries again automatically; brokerdesk resume tries at once.",
        ),
        "connection-rests": CatalogueEntry(
            "the last requests to that system failed, so brokerdesk leaves the system alone for some minutes; "
            "the step did not arrive and waits",
            "The open app tries again automatically after the rest. r in Activity or brokerdesk resume tries at once.",
        ),
        "careful-start": CatalogueEntry(
            "a live profile sends many at once, or automatically, only after three small pushes of that kind arrived",
            f"Send single ones until three receipts say that everything arrived. {_DOCTOR_SAYS}",
            {
                "several cards were named": (
                    "Push one card at a time until three receipts say that everything arrived. "
                    + _DOCTOR_SAYS
                ),
                "a sync sends many records": (
                    "Run brokerdesk sync --limit 5, or a in Contacts, until three receipts say that everything "
                    "arrived. " + _DOCTOR_SAYS
                ),
                "milestones are sent together or unasked": (
                    "Send one at a time, with y in Milestones or brokerdesk milestones --only NAME, until three "
                    "receipts say that everything arrived. " + _DOCTOR_SAYS
                ),
            },
        ),
        "fewer-records": CatalogueEntry(
            "a system gave clearly fewer records than before: a page may not have come, so nothing is synced",
            "Read again with brokerdesk match --full, or R in Contacts. If the records are really gone, say how many "
            "are missing: brokerdesk match {numbers}, or a in Contacts.",
        ),
        "many-at-once": CatalogueEntry(
            "automatic work would touch more records at once than at_most, or than five times its usual round",
            "F8 in the app shows what waits; so do brokerdesk milestones and, for new users, brokerdesk match. "
            "brokerdesk watch --allow {number} lets the round go on this once, --leave {number} leaves it to a person.",
        ),
        "another-number": CatalogueEntry(
            "no waiting round has that number of records",
            "brokerdesk watch --status says what waits, and how many.",
        ),
        "careful-progress": CatalogueEntry("how far the careful start of a live profile is", ""),
        "plan-changed": CatalogueEntry(
            "what was confirmed has changed since; nothing was sent",
            "Look at the new preview and confirm that.",
            {
                "the contacts changed": "Read the contacts again, look at the new plan, and confirm that.",
                "a command named its plan": (
                    "Run brokerdesk preview {asset} {subject} to look at the new plan, and confirm that."
                ),
            },
        ),
        "consent-changed": CatalogueEntry(
            "the contact's opt-outs changed since the preview; nothing was sent to them",
            "Look at the contact in Total Expert. To share the app anyway, begin a new share and look at its preview.",
        ),
        "outside-hours": CatalogueEntry(
            "it is outside the hours in which this profile contacts people",
            "The open app sends it when the hours begin; brokerdesk resume sends it then too.",
        ),
        # a clear no
        "refused": CatalogueEntry(
            "the system refused it", "Correct what the reason names, or leave this step."
        ),
        "group-missing": CatalogueEntry(
            "Total Expert refused the contact because of its groups",
            'Write the names of the required groups into the profile: groups = ["…"] under total_expert. The '
            "organisation's administrator says which are required. Then start the sync again.",
        ),
        "app-share-off": CatalogueEntry(
            "SimpleNexus does not let brokerdesk share the app: the endpoint is BETA",
            "Ask SimpleNexus to switch app shares on for brokerdesk's API client, then run brokerdesk resume. Until "
            "then the loan officer can share the app, or brokerdesk can make the account "
            "(brokerdesk share --make-account).",
        ),
        "share-refused": CatalogueEntry(
            "SimpleNexus refused to share the app",
            "Correct in SimpleNexus what the reason names (the email, a phone of 10 digits, or the partner), then "
            "share the app again; or leave this step.",
        ),
        "gateway-too-old": CatalogueEntry(
            "FLEX's gateway is older than this: it can't change a property or add a person to an opportunity",
            "Enter it in FLEX by hand, and ask whoever runs the gateway for version 1.1 of the contract.",
        ),
        "forbidden": CatalogueEntry(
            "the system forbids it; nothing more is sent there",
            "Ask whoever runs the system for the permission, then run brokerdesk resume.",
        ),
        "redirected": CatalogueEntry(
            "the address answers with a redirect, which is never followed",
            "Correct the system's url in config.toml, then try again.",
        ),
        "record-gone": CatalogueEntry(
            "the record it changes is no longer there", "Unlink it, or leave this step."
        ),
        # nobody can tell
        "deadline": CatalogueEntry(
            "no whole reply came in time; it may have arrived", _LOOKED_UP, _READ_FAILED
        ),
        "no-reply": CatalogueEntry(
            "the connection closed with no reply; it may have arrived", _LOOKED_UP, _READ_FAILED
        ),
        "bad-reply": CatalogueEntry(
            "the reply can't be read; it may have arrived",
            _LOOKED_UP,
            {
                "a read failed": (
                    "Try again. If that does not help, check the system's url in config.toml, then tell whoever runs "
                    "the system."
                )
            },
        ),
        "no-id": CatalogueEntry("the reply names no such record; it may have arrived", _LOOKED_UP),
        "server-error": CatalogueEntry(
            "the system failed while it worked on the request; it may have arrived", _LOOKED_UP
        ),
        "conflict": CatalogueEntry(
            "the system says that it is there already, or that it is busy", _LOOKED_UP
        ),
        "filter-ignored": CatalogueEntry(
            "SimpleNexus does not say which borrowers belong to which loan officer",
            "Ask nCino to make the filter loan_officer_id of GET /users/borrowers work. Until then match files.",
        ),
        "bad-answer": CatalogueEntry(
            "the system answered with an error when brokerdesk checked",
            "Try again. If that does not help, check the system's url in config.toml, then tell whoever runs the "
            "system.",
            {
                "the system itself fails": (
                    "Wait a minute, then try again. If it still fails, ask whoever runs the system."
                ),
                "another program answers": (
                    "Correct the system's url in config.toml: the url is the part of the address before {path}."
                ),
            },
        ),
        "cannot-look-up": CatalogueEntry(
            "the system can't be asked whether it arrived",
            "Look for it there, then say what you found.",
        ),
        "share-not-listed": CatalogueEntry(
            "SimpleNexus lists no shared app, so it can't be asked whether the link went out",
            "Ask the person or the loan officer whether the link came, then say what you found.",
        ),
        "changed-meanwhile": CatalogueEntry(
            "the record is neither as it was nor as it was sent", "Look at it in the system, then decide."
        ),
        # a person chooses
        "several-found": CatalogueEntry(
            "several records have this reference", "Look at them, then say which one it is."
        ),
        "second-record": CatalogueEntry(
            "a second record turned up later: the system carried out a request late, or twice",
            "Look at both, then say which one stays. The other has to be merged or closed in the system.",
        ),
        "found-differs": CatalogueEntry(
            "a record has this reference and other values",
            "Look at it, then link it or send as new.",
        ),
        "of-another-step": CatalogueEntry(
            "a record has this reference, and it is another person's of the same push",
            "Send as new, or leave this step. Two people of a push are never one contact.",
        ),
        "other-values": CatalogueEntry(
            "a record has this reference, and not all the values",
            "Nothing was sent. Overwrite sends the values that differ; “it is this one” leaves them as they are there.",
        ),
        "found-without-plan": CatalogueEntry(
            "a record has this reference, and the plan to compare it with is no longer kept",
            "Look at it, then link it or leave this step.",
        ),
        "linked-elsewhere": CatalogueEntry(
            "it was linked to another record in the meantime", "Link that one, or leave this step."
        ),
        "source-says-otherwise": CatalogueEntry(
            "BrokerEngine holds another FLEX ID already", "Leave it, or overwrite if you are sure."
        ),
        "record-changed": CatalogueEntry(
            "the record is another person's now, or somebody corrected its name or birth date since the preview",
            "Look the record up in FLEX. Leave it, or overwrite if you are sure.",
        ),
        "unlinked-before": CatalogueEntry(
            "the record from before the unlinking is still there",
            "Link that one, or send it as a new record.",
        ),
        # against a push
        "person-found": CatalogueEntry(
            "FLEX has a contact like a person who would be created",
            "Compare them (i), or write --person P-2001=1-6D9UB to use that contact, --person P-2001=new to create "
            "one more.",
        ),
        "person-twice": CatalogueEntry(
            "two people of one push would be one contact of FLEX",
            "Correct the card in BrokerEngine, or choose for one of them (i): --person P-2001=1-6D9UB, or "
            "--person P-2001=new.",
        ),
        "person-gone": CatalogueEntry(
            "FLEX does not have the contact of a person",
            "Choose another contact (i): --person P-2001=1-6D9UB, or --person P-2001=new.",
        ),
        "person-unclear": CatalogueEntry(
            "the contact that would be changed may be somebody else's",
            "Compare them (i). If it is the same person, write --person P-2001=1-6D9UB with that FLEX ID; else choose "
            "another contact, or --person P-2001=new.",
        ),
        "person-taken": CatalogueEntry(
            "the chosen contact is another person's already",
            "Choose another contact (i): --person P-2001=1-6D9UB, or --person P-2001=new.",
        ),
        "already-linked": CatalogueEntry(
            "the card is in FLEX already", "Push a note onto it, or correct it in FLEX by hand."
        ),
        "use-fact-find": CatalogueEntry(
            "the card uses the FLEX-integrated Fact Find", "Push the Fact Find instead."
        ),
        "two-notes": CatalogueEntry(
            "one note at a time is entered by hand", "Keep one of the two: --note or --text."
        ),
        "no-flex-id": CatalogueEntry(
            "the card is not linked, so the FLEX ID of the record that was entered is needed",
            "Look the FLEX ID up in FLEX, and type it: brokerdesk paste CARD --flex-id ID, or l in paste mode.",
        ),
        "no-flex-gateway": CatalogueEntry(
            "the profile has no gateway of FLEX, so nothing can be sent to FLEX",
            "Enter it by hand with brokerdesk paste, or in the app (V in Cards). To push, set url in the flex section "
            "of the profile, in config.toml.",
        ),
        "numbered-link": CatalogueEntry(
            "the link is under an older id of card and initials, so it may be another person's: an earlier version "
            "numbered such people, or the file's birth dates came or went",
            "Look at the contact in FLEX. If it is this person, run brokerdesk link PERSON FLEX_ID. If not, run "
            "brokerdesk unlink with the id in brackets.",
        ),
        "not-linked": CatalogueEntry(
            "the card is not in FLEX yet",
            "Push the card first, or link its FLEX ID.",
            {"the link of a person": "There is nothing to take back."},
        ),
        "id-in-file": CatalogueEntry(
            "the FLEX ID is in a file of cards, which brokerdesk does not change",
            "Remove or correct it in BrokerEngine and export the card again, or correct the file. An imported card is "
            "replaced by importing the corrected file.",
        ),
        "no-search": CatalogueEntry(
            "FLEX can't be searched in this profile", "Name FLEX in the profile: brokerdesk init."
        ),
        "no-such-contact": CatalogueEntry("FLEX has no contact with this ID", "Look the ID up in FLEX."),
        "not-completed": CatalogueEntry(
            "the client has not completed the Fact Find yet", "Wait until the client has completed it."
        ),
        "nobody-in-flex": CatalogueEntry("nobody on the card is in FLEX yet", "Push the card first."),
        "empty-note": CatalogueEntry("the note holds no text", "Write something."),
        "unsendable-file": CatalogueEntry(
            "FLEX does not take a file of the note", "Leave the file out, or make it smaller."
        ),
        "long-note": CatalogueEntry("the note is longer than FLEX takes", "Shorten it, or split it in two."),
        "other-link": CatalogueEntry("the card is linked to another FLEX record", "Unlink it first."),
        "taken": CatalogueEntry(
            "the FLEX ID is linked to another card or person",
            "Unlink it there first, if it belongs here.",
            {"another step of the push has the record": "Choose another record, or make a new one."},
        ),
        "bad-flex-id": CatalogueEntry(
            "this can't be a FLEX ID", "Copy the ID that FLEX shows for the record, such as 1-6D9UB."
        ),
        "not-in-flex": CatalogueEntry(
            "FLEX has no such opportunity or application", "Look the ID up in FLEX."
        ),
        "no-people": CatalogueEntry(
            "nobody is on the card", "Add the applicants to the card in BrokerEngine, then read it again."
        ),
        "role-unknown": CatalogueEntry(
            "FLEX does not take a person's role",
            "Correct the role in BrokerEngine, then read the card again.",
        ),
        "unsendable-note": CatalogueEntry(
            "the note can't be sent as it is", "Correct it in BrokerEngine, or write a new note."
        ),
        "name-missing": CatalogueEntry(
            "a person has no first or no last name that FLEX takes",
            "Complete or correct the name in BrokerEngine, then read the card again.",
        ),
        "too-many-people": CatalogueEntry(
            "there are more people than FLEX takes on an opportunity",
            "Take the people who aren't applicants off the card in BrokerEngine, then read it again.",
        ),
        # against a milestone
        "unreadable": CatalogueEntry(
            "the application can't be read again, so it isn't known whether it changed",
            "Look at it in SimpleNexus, then send or skip.",
        ),
        "late": CatalogueEntry(
            "it happened long ago, and its Journey would start today", "Send it anyway, or skip."
        ),
        "not-signed-in": CatalogueEntry(
            "brokerdesk made the account, and no first sign-in of the person was reported",
            "Ask the loan officer whether the person uses the app, then send or skip. Webhooks report the sign-in: "
            "brokerdesk listen.",
        ),
        "elsewhere": CatalogueEntry(
            "the contact has an insight of that kind which is not brokerdesk's",
            "Look at it, then send or skip.",
        ),
        "no-such-milestone": CatalogueEntry(
            "there is no milestone of that name", "Run brokerdesk milestones to list them."
        ),
        "no-reason": CatalogueEntry("a milestone is skipped with a reason", "Say why, in a few words."),
        "bad-webhook": CatalogueEntry(
            "the message is not a webhook of SimpleNexus", "Look at what was sent to the listener's address."
        ),
        "bad-webhook-url": CatalogueEntry(
            "webhooks can't be sent to that address",
            "Name the https address of the server that passes requests on to brokerdesk listen, without a path of the "
            "listener: https://hooks.example.com. Its certificate has to be valid.",
        ),
        "no-webhook": CatalogueEntry(
            "no webhook of brokerdesk is registered there",
            "brokerdesk webhooks register --url https://… registers one.",
        ),
        "webhook-unsure": CatalogueEntry(
            "a request about a webhook was sent, and it isn't known whether it arrived",
            "Wait a minute and run the same command again: it reads the system's list first, and sends only what is "
            "missing.",
        ),
        "webhook-refused": CatalogueEntry(
            "the system refused a request about a webhook",
            "Ask the administrator of that system whether this client may use webhooks, then run the command again.",
        ),
        "inbox-closed": CatalogueEntry(
            "the file of received events can't be used",
            "Check the disk and who owns the profile's folder; the sender delivers again what was not answered.",
        ),
        # a command, a setting or a file is not of the right form
        "bad-config": CatalogueEntry(
            "config.toml, or an answer for it, can't be read or used",
            "Correct the value; brokerdesk config check says what to write.",
            {
                "the value has the wrong form": "{advice}.",
                "the file can't be read": "Check the file and its owner.",
                "the text is not TOML": "Correct the line that the message names.",
                "a profile can't have that name": (
                    "Use letters, digits, - and _; the name “sandbox” belongs to the embedded sandbox."
                ),
                "a field can't have a default": "Remove the field from defaults, or name one that can have a default.",
                "a key of your own can't be used": (
                    'Write the name of an action and a key, such as push = "ctrl+s". In the app, ? and then n shows '
                    "the names."
                ),
                "the theme isn't there": "Write one of {known}, or remove the line.",
                "an owner isn't an email": (
                    'Write "user@…" = "loan-officer@…": a Total Expert user, then the loan officer.'
                ),
                "the hours can't be read": (
                    'Write two whole hours of one day, the earlier one first: send_hours = "8-20".'
                ),
                "there is no such zone": 'Write a name such as zone = "America/Chicago", or remove the line.',
                "the machine has no time zones": "Install the Python package tzdata, or remove send_hours.",
                "--set has no key and value": "Write --set KEY=VALUE, for example --set flex.url=https://flex.example.",
                "the answer isn't one of those offered": "Set one of: {values}.",
                "the file can't be written": (
                    "Make {home} writable for you, or name another folder with --home."
                ),
            },
        ),
        "unknown-key": CatalogueEntry(
            "config.toml has a key that brokerdesk does not know",
            "Remove the key, or correct it. The keys here are: {known}.",
            {
                "a key has nearly that name": "Did you mean “{near}”?",
                "the key belongs elsewhere": "Move the key to {place}.",
                "the key is for a secret": (
                    "Remove it: no secret belongs in the file. brokerdesk init --secret-of SYSTEM stores one."
                ),
            },
        ),
        "unknown-profile": CatalogueEntry(
            "config.toml has no profile of that name",
            "Name one of the profiles: {profiles}.",
            {
                "a profile has nearly that name": "Did you mean “{near}”?",
                "it is the embedded sandbox": (
                    "Name a profile with --profile, or run brokerdesk init to make one."
                ),
            },
        ),
        "bad-url": CatalogueEntry(
            "an address is neither https nor on this machine",
            "Give an https:// address; http:// is for this machine alone.",
            {"it is the proxy": "Give http://host:port, without a name or a password in it."},
        ),
        "bad-one-way": CatalogueEntry(
            "the list of one-way contacts can't be read",
            "Correct one_way of profile “{profile}”: name a file of emails (UTF-8), or none.",
            {"a line isn't an email": "Write one email on a line; # starts a comment."},
        ),
        "two-sources": CatalogueEntry(
            "the profile names both a url and a folder of cards", "Keep one of the two: url or folder."
        ),
        "not-configured": CatalogueEntry(
            "the profile does not say where that system is",
            "Set url in [profiles.{profile}.{section}] of {config}.",
            {
                "the system is BrokerEngine": (
                    "Set url in [profiles.{profile}.brokerengine] of {config}. Cards from files need no client_id."
                )
            },
        ),
        "not-live": CatalogueEntry(
            "the profile reaches another machine, and would show SANDBOX",
            'Write live = true in [profiles.{profile}]. For a vendor\'s test tenant add label = "TEST", which the '
            "header shows.",
        ),
        "no-workspace": CatalogueEntry(
            "a live profile has to name its workspace, which is part of every reference",
            'Write workspace = "…" in [profiles.{profile}]: a name for the account, which never changes.',
            {
                "the profile has a book": (
                    'Write workspace = "default" in [profiles.{profile}]: what was pushed so far has that '
                    "name, and another name would push everything a second time."
                )
            },
        ),
        "profile-exists": CatalogueEntry(
            "there is a profile of that name already",
            "Choose another name, or edit the file. To store a secret again, run brokerdesk init --secret-of SYSTEM.",
        ),
        "missing-answer": CatalogueEntry(
            "a new profile lacks an answer",
            "Give it with --set {key}=VALUE.",
            {
                "no system is named": "Name at least one, as --set flex.url=URL --set flex.client_id=ID does. "
                "For cards that are imported and entered by hand: --set brokerengine=.",
                "a text is empty or too long": "Give at most {most} characters.",
                "a number is too large": "Give a whole number from 0 to {most}.",
            },
        ),
        "secret-in-settings": CatalogueEntry(
            "a secret was given where others can read it",
            "Set the secret's variable, or type the secret when asked. If that was the real secret, have it changed.",
        ),
        "bad-secrets": CatalogueEntry(
            "the file of secrets can't be read or written",
            "Check who owns the file. Or move it away, and run brokerdesk init --secret-of SYSTEM for each secret.",
            {
                "the file can't be written": (
                    "Make {home} writable for you, or set the secret's variable instead."
                )
            },
        ),
        "no-secret": CatalogueEntry(
            "there is no secret for that system",
            "Set {variable}, or run brokerdesk init --profile {profile} --secret-of {system} to store it (in the "
            "keyring: brokerdesk / {profile}:{system}).",
            {
                "nobody was asked for it": "Set {variable}.",
                "no answer came": "Set {variable}, or give the secret on stdin.",
                "it has a character that can't be sent": "Copy the secret again.",
            },
        ),
        "file-there": CatalogueEntry(
            "a file of this name is there already", "Name a folder that is empty or not there yet."
        ),
        "cannot-write": CatalogueEntry(
            "the folder can't be written to", "Look at its permissions and at the space on the disk."
        ),
        "no-such-book": CatalogueEntry(
            "the profile names a kind of book that does not exist",
            'Set book = "tinydb" in the profile, or the address of a team\'s book, which begins with postgresql://.',
        ),
        "no-map": CatalogueEntry(
            "the file of a map can't be read",
            "Check the key map of the profile, or run brokerdesk map edit to make the file.",
            {"it is the milestone map": "Check the key milestones of the profile."},
        ),
        "no-such-table": CatalogueEntry(
            "the field map has no such table of values",
            "Name one of {known}: the preview names the table of a value.",
        ),
        "no-such-word": CatalogueEntry(
            "FLEX does not take this value",
            "Name one of {known}; for another word edit your own map: brokerdesk map edit.",
        ),
        "value-in-your-map": CatalogueEntry(
            "your own map has an entry for this value already",
            "Change the entry in {file}: brokerdesk map edit.",
        ),
        "broken-map": CatalogueEntry(
            "your own field map is broken",
            "Correct {place} in {file}, then run brokerdesk map check.",
        ),
        "bad-milestone-map": CatalogueEntry(
            "your own milestone map is broken",
            "Correct the file. The milestones are {milestones}; a row's keys are insight, join, leave, off.",
        ),
        "bad-judge": CatalogueEntry(
            "the answer about two contacts was not understood",
            "Run brokerdesk judge SIMPLENEXUS_ID TOTAL_EXPERT_ID same|different|household|later; or brokerdesk judge "
            "--undo, without ids; or brokerdesk judge --owners OFFICER OFFICER separate|leave.",
        ),
        "bad-scope": CatalogueEntry(
            "a sync was to be limited to somebody who isn't a loan officer or user",
            "Name a loan officer or a user by email or id: brokerdesk sync --owner EMAIL.",
        ),
        "wrong-id": CatalogueEntry(
            "what was typed to override is not the card's id",
            "To override, type the card's own id, as --override-fact-find {card} does.",
        ),
        "which-note": CatalogueEntry(
            "no note was named",
            "Run brokerdesk push note N-3001 to push a note of BrokerEngine's, or brokerdesk push note --card C-1013 "
            "--text 'Valuation is in.' to write one.",
        ),
        "one-card": CatalogueEntry(
            "an option is about one card, and several were named",
            "Push that card alone, with the option; push the others without it.",
        ),
        "which-link": CatalogueEntry(
            "the id isn't one of the suggestions",
            "Run brokerdesk links --find to list them, and name one: --take P-2001=1-6D9UB, --leave C-1001.",
        ),
        "which-person": CatalogueEntry(
            "the option does not say which person is which contact",
            "Write --person P-2001=1-6D9UB with a person of this card, or --person P-2001=new.",
        ),
        "not-a-board": CatalogueEntry(
            "a card was named for a system without cards",
            "Leave --card out, or check BrokerEngine's gateway with --contract brokerengine.",
        ),
        "no-files": CatalogueEntry(
            "matching files needs both books",
            "Name both files: --simplenexus FILE --total-expert FILE. Without any file, the two live systems are "
            "matched.",
        ),
        "not-an-export": CatalogueEntry(
            "the file is not an export of cards that can be read",
            _AS_CSV,
        ),
        "not-contacts": CatalogueEntry(
            "the file is not a list of contacts that can be read",
            _AS_CSV,
        ),
        "columns-needed": CatalogueEntry(
            "the file lacks columns that are needed, or calls them by names that brokerdesk does not know",
            "Say which columns they are: {columns}. The answer is remembered for files with the same header.",
        ),
        "bad-columns": CatalogueEntry(
            "what was said about columns can't be used",
            'Write --columns "THEIRS=OURS,THEIRS=OURS" with headers of the file and columns of brokerdesk '
            "(docs/files.md), or the name of remembered answers.",
            {
                "a remembered file is damaged": "Correct the file, or remove it and answer again.",
                "a question is answered": "Type the number of a header or the header itself, or only Enter for none.",
                "a name is asked for": "Type another name, or only Enter for the one in brackets.",
            },
        ),
        "no-contacts": CatalogueEntry(
            "a file of contacts holds none that can be used",
            "Check that it is the right file, and that its export had rows. Nothing was matched.",
        ),
        "no-excel": CatalogueEntry(
            "a spreadsheet needs the extra `excel`",
            "Install brokerdesk with its extra excel (docs/install.md, Extras). Or use a CSV file (UTF-8) instead.",
        ),
        "no-serve": CatalogueEntry(
            "showing the app in a browser needs the extra `serve`",
            "Install brokerdesk with its extra serve (docs/install.md, Extras).",
        ),
        "bad-public-url": CatalogueEntry(
            "the address for browsers can't be used",
            "Give https://HOST, with a port or a path if there is one, and without a name, password or query.",
        ),
        "not-private": CatalogueEntry(
            "brokerdesk would be open to the network without TLS",
            "Leave --host out, or put a server with TLS in front and name its address with --public-url "
            "(docs/serve.md).",
        ),
        "unreadable-file": CatalogueEntry("the file can't be read", "Check the file's name and its owner."),
        "unwritable-file": CatalogueEntry(
            "the file can't be written",
            "Check the folder and its owner, or name another file.",
            {
                "it is the bundle": "Name another file with --out.",
                "cards are forgotten": "Correct the folder's owner, then forget it again.",
            },
        ),
        "no-editor": CatalogueEntry(
            "no editor is set, or it can't be started",
            "Set VISUAL or EDITOR, as export EDITOR=nano does.",
            {
                "the editor can't be started": "Correct {editor_variable}.",
                "the editor failed": "Edit {file} by other means, then run brokerdesk map check.",
                "a note's editor failed": "The note is as it was. Try again, or write it here.",
            },
        ),
        "no-terminal": CatalogueEntry(
            "there is no terminal here",
            "Use the commands, such as brokerdesk cards, preview, push, activity, resume and links; brokerdesk "
            "--help lists them all.",
            {
                "the app can't be seen": (
                    "Start brokerdesk without sending {stream} elsewhere; or use the commands, which brokerdesk --help "
                    "lists."
                ),
                "the driver isn't one of ours": (
                    "Unset TEXTUAL_DRIVER. To see brokerdesk in a browser, run brokerdesk serve."
                ),
                "a profile is made": (
                    "Give the answers with --set KEY=VALUE, or as TOML on stdin with --answers -; brokerdesk config "
                    "schema lists the keys."
                ),
                "a card is entered by hand": (
                    "Print the rows with --list or --json, tick them with --tick, and end with --flex-id."
                ),
                "a secret would be shown": "Set the secret's variable instead; brokerdesk config show names it.",
                "the map is edited": "Edit {file} by other means, then run brokerdesk map check.",
            },
        ),
        "unknown-code": CatalogueEntry(
            "the catalogue has no such code",
            "Run brokerdesk explain to list every code.",
            {"codes are like it": "Did you mean one of these: {codes}?"},
        ),
        # what was asked for can't be done now
        "watch-runs": CatalogueEntry(
            "another watch works on this book",
            "A book can have one watch. brokerdesk watch --status shows it; end that watch first.",
        ),
        "watch-ended": CatalogueEntry(
            "a person ended the watch, and there is no terminal to ask at",
            "Run brokerdesk watch at a terminal, or brokerdesk watch --backlog, to start again.",
        ),
        "watch-not-kept": CatalogueEntry(
            "the watch can't write its status",
            "Check who owns the book's folder, and that the disk has space.",
        ),
        "no-watch": CatalogueEntry(
            "no watch has worked on this book",
            "brokerdesk watch begins one; brokerdesk watch --unit prints a unit.",
        ),
        "no-reconciliation": CatalogueEntry(
            "nothing was reconciled yet", "brokerdesk reconcile compares the book with the systems."
        ),
        "no-such-system": CatalogueEntry(
            "this profile can't reconcile a system of that name",
            "Name one of {known}; without a name all are compared.",
        ),
        "no-such-operator": CatalogueEntry(
            "nobody of that name has confirmed a push",
            "Name one of {known}; without a name the report has everybody.",
        ),
        "not-stopped": CatalogueEntry("sending is not stopped", "There is nothing to lift."),
        "stop-not-written": CatalogueEntry(
            "the file that stops all sending can't be written or removed",
            "Check who owns the book's folder. Until the file is there, end the app and every brokerdesk command to "
            "stop.",
        ),
        "not-confirmed": CatalogueEntry(
            "it was not confirmed; nothing was sent",
            "Add --yes, or answer at the prompt.",
            {
                "a push was not confirmed": (
                    "Run brokerdesk preview {asset} {subject} to look at it; then add --yes."
                ),
                "a profile was not confirmed": "Run brokerdesk init to begin again.",
                "a stop was not lifted": "Add --yes, or answer at the prompt; sending stays stopped until then.",
                "a book was not moved": "Add --yes, or answer at the prompt.",
                "cards go into the sandbox": "If nobody in the file is real, add --yes.",
            },
        ),
        "unknown-card": CatalogueEntry("there is no such card", "Run brokerdesk cards to list the cards."),
        "unknown-person": CatalogueEntry(
            "there is no such person",
            "Run brokerdesk links to list who is linked; a preview of a card names its people.",
        ),
        "unknown-note": CatalogueEntry(
            "BrokerEngine has no such note",
            "Look at the card it belongs to; brokerdesk cards lists the cards.",
        ),
        "unknown-fact-find": CatalogueEntry(
            "BrokerEngine has no such Fact Find",
            "Look at the card it belongs to; brokerdesk cards lists the cards.",
        ),
        "unknown-attachment": CatalogueEntry("BrokerEngine has no such attachment", "Read the card again."),
        "unknown-push": CatalogueEntry(
            "the book has no such push", "Run brokerdesk activity to list the pushes."
        ),
        "one-decision": CatalogueEntry(
            "a decision about a milestone is a command of its own",
            "Give one of --even-so, --skip, --pause and --go-on alone. To send what is due then, run brokerdesk "
            "milestones again.",
        ),
        "unknown-step": CatalogueEntry(
            "the push has no such step", "Name one of the steps by its ref: {values}."
        ),
        "unknown-field": CatalogueEntry(
            "no field to enter by hand has this name",
            "Run brokerdesk checklist {card} or brokerdesk paste {card} --list to list the fields.",
        ),
        "which-field": CatalogueEntry("several fields have this name", "Name one by its place: {values}."),
        "unknown-product": CatalogueEntry(
            "the card has no such product", "Run brokerdesk products {card} to list the card's products."
        ),
        "no-template": CatalogueEntry(
            "there is no note template of this name",
            "Name one of these: {known}. A template is a text file in the folder note-templates of the home.",
        ),
        "template-gap": CatalogueEntry(
            "a note template can't be filled from the card",
            "Correct the template or the card. The placeholders are {known}. In the app you can fill the gap by hand.",
        ),
        "no-near-miss": CatalogueEntry(
            "there is no near miss of this product to take or to take back",
            "Look at the list of brokerdesk products: each line says what FLEX's catalogue has for the product.",
        ),
        "unknown-sync": CatalogueEntry(
            "the book has no such sync", "Run brokerdesk activity to list the syncs."
        ),
        "unknown-pair": CatalogueEntry(
            "one of the two is not in this match", "Read both systems again, then look."
        ),
        "bad-record": CatalogueEntry(
            "a record has a value of the wrong form", "Correct {field} in {source}, then read again."
        ),
        "busy": CatalogueEntry(
            "the card has a push that is not finished",
            "Finish that push first, with brokerdesk resume or in Activity.",
        ),
        "another-plan-waits": CatalogueEntry(
            "a push of another plan is not finished; nothing was sent",
            "Finish that push first, with brokerdesk resume or in Activity. Then look at the new preview and confirm "
            "that.",
        ),
        "held-elsewhere": CatalogueEntry(
            "another desk or worker on the same book works on it now",
            "Wait until it has finished: Activity shows it. Then do this again.",
        ),
        "decided-meanwhile": CatalogueEntry(
            "somebody else on the same book decided about the same since you looked; your decision was not saved",
            "Look at what was decided. To replace it, decide again: then it counts as seen.",
        ),
        "lease-ended": CatalogueEntry(
            "nothing was sent, because another desk or worker might have taken the push over by then",
            "The desk makes sure of that first, and then sends it.",
        ),
        "lease-lost": CatalogueEntry(
            "another desk or worker on the same book has taken it over, because this one did not answer in time",
            "Nothing is lost: it goes on there, and Activity shows it.",
        ),
        "no-notes": CatalogueEntry(
            "this source of cards has no notes", "Write the note in brokerdesk, or in FLEX itself."
        ),
        "no-fact-finds": CatalogueEntry(
            "this source of cards has no Fact Finds",
            "Push the card instead, or use BrokerEngine's portal.",
        ),
        "not-offered": CatalogueEntry(
            "that choice is not offered there",
            "Choose one of: {choices}.",
            {
                "the two are linked": "There is nothing to choose: the two are linked already.",
                "the step needs no choice": "There is nothing to choose: brokerdesk continues automatically.",
                "it is a milestone": "Read the milestones again, and look at its state.",
            },
        ),
        "which-one": CatalogueEntry(
            "several records fit, or none is known", "Look in the system, and give the right record's id."
        ),
        "plan-gone": CatalogueEntry(
            "the plan is no longer kept, so nothing of it can be sent again", "Push the card again."
        ),
        "no-such-owners": CatalogueEntry(
            "no contact waits because of these two owners",
            "Run brokerdesk review: it names the owners of each contact that waits.",
        ),
        "not-matched": CatalogueEntry("the contacts are not matched yet", "Read both systems first."),
        "still-refreshing": CatalogueEntry(
            "both systems are still being read, so this question may be out of date",
            "Wait until both systems are read, then answer.",
        ),
        "one-of-two": CatalogueEntry(
            "the two can't be one person: one is linked elsewhere",
            "Answer “different” about those two first, or undo.",
            {"a record is in several pairs": "Answer those pairs one by one."},
        ),
        "no-sync": CatalogueEntry(
            "nothing was synced yet",
            "There is nothing to take back; brokerdesk activity lists what was done.",
        ),
        "nothing-to-sync": CatalogueEntry(
            "there is nothing to link or to send", "Run brokerdesk review to look at what waits."
        ),
        "nothing-to-share": CatalogueEntry(
            "the app can be shared with none of them",
            "Correct what the reason names, then read the contacts again. Who opted out gets nothing. If the app was "
            "shared before, --again sends the link again.",
        ),
        "nothing-to-invite": CatalogueEntry(
            "none of them can be invited",
            "Invite agents that are linked with a partner of SimpleNexus: run brokerdesk sync first.",
        ),
        "share-stays": CatalogueEntry(
            "a shared app can't be taken back",
            "A link that was sent can't be called back, and removing an account would delete its loan applications. "
            "Ask the loan officer to speak with the person.",
        ),
        "one-way-to-share": CatalogueEntry(
            "the app is shared by a link, or brokerdesk makes the account",
            "Leave --make-account out, or give it without --by, --partner and --again.",
        ),
        "no-channel": CatalogueEntry(
            "the link to the app is not sent in this way",
            "Give --by email, --by sms or --by email,sms. For text messages add --texts-agreed: you confirm that each "
            "of these people agreed to them.",
        ),
        "not-calculations": CatalogueEntry(
            "the file isn't a file of calculations",
            "Give CSV or JSON Lines with contact_id or email, at (2026-11-28T14:03:00Z) and id.",
        ),
        "no-calculations": CatalogueEntry(
            "nothing reports calculations, so SN Contact Ran Calculation never comes",
            "Run brokerdesk init --secret-of calculations and let brokerdesk listen take /calculations, or give a "
            "file: brokerdesk milestones --calculations FILE. To do without, set off = true in the milestone map.",
        ),
        "nothing-to-undo": CatalogueEntry(
            "nothing of this push can be undone", "Run brokerdesk undo PUSH to see why."
        ),
        "push-under-way": CatalogueEntry(
            "the push is not finished", "Let it finish, or settle what it asks. Then undo it."
        ),
        "not-kept": CatalogueEntry(
            "this kind of push replaces no values of contacts",
            "Undo a push of a card, of a Fact Find, or a sync.",
        ),
        "sync-under-way": CatalogueEntry(
            "the sync is not finished", "Let it finish, or settle what it asks. Then undo it."
        ),
        "file-changed": CatalogueEntry(
            "the file changed while it was read", "Wait until the file is written, then read the cards again."
        ),
        "no-folder": CatalogueEntry(
            "the folder of cards can't be read", "Make the folder, or correct folder in {config}."
        ),
        "cut-short": CatalogueEntry(
            "somebody ended a long read or write early", "Start it again to have all of it."
        ),
        "cards-not-kept": CatalogueEntry(
            "the cards can't be kept; nothing was imported",
            "Make room or correct the folder's owner, then import again.",
        ),
        "no-sandbox": CatalogueEntry(
            "the embedded sandbox did not start",
            "Run brokerdesk sandbox serve --port 0 --state {sandbox_folder} to see why.",
            {
                "the sandbox says why": "{advice}.",
                "another process has it": (
                    "Wait until the other brokerdesk has started, then try again; or name another folder with --home."
                ),
                "none runs": "Open the app without a profile (brokerdesk), then try again.",
            },
        ),
        "not-sandbox": CatalogueEntry(
            "the command or option is for the sandbox only", "Leave --profile out, or name --profile sandbox."
        ),
        "bad-faults": CatalogueEntry(
            "the sandbox can't read what is to go wrong",
            "Write a rule as FAULT[=ARG] [METHOD] [/path] [*N, N% or Ns]: “drop-reply POST /flex *1” loses one reply.",
        ),
        "sandbox-in-use": CatalogueEntry(
            "another brokerdesk uses the sandbox or its practice book",
            "Close the other app, watch or listener of this home, then try again.",
        ),
        "not-reset": CatalogueEntry(
            "a part of the sandbox can't be removed", "Check who owns the folder, then try again."
        ),
        "port-in-use": CatalogueEntry(
            "the port is taken", "Name another port with --port, or end the program that uses it."
        ),
        "read-only": CatalogueEntry("brokerdesk was opened for reading only", "Open brokerdesk for writing."),
        # the book
        "book-locked": CatalogueEntry(
            "another process writes the book",
            "Use brokerdesk there, or close it there and open it here again. Until then you can look "
            "here, but not send.",
        ),
        "book-free": CatalogueEntry(
            "no process writes the book any more, and this brokerdesk only reads it",
            "Start brokerdesk again to write.",
        ),
        "book-synced": CatalogueEntry(
            "a cloud drive syncs brokerdesk's home; two computers would write one book",
            "Move the folder to where nothing syncs it, and name that with --home DIR or BROKERDESK_HOME. Older "
            "versions stay in {drive}, where its own settings end that.",
        ),
        "book-closed": CatalogueEntry(
            "the book was used after it had been closed", "Start brokerdesk again."
        ),
        "book-read-only": CatalogueEntry(
            "the book may only be read",
            "Make {book_folder} writable for you, or name another folder with --home; then start brokerdesk again.",
            {
                "it was opened for reading": "Open it for writing.",
                "no book can be made": _NAME_A_FOLDER,
                "finished pushes can't be archived": _ARCHIVE_AGAIN,
                "the database does not allow it": (
                    "Here you can look, but not send. To send, ask whoever runs the database to grant your account "
                    "the right to write (docs/team.md)."
                ),
            },
        ),
        "book-disk-full": CatalogueEntry(
            "the disk is full; what was in the book is safe",
            "Make room on that disk (or raise the quota), then start brokerdesk again.",
            {
                "no book can be made": _NAME_A_FOLDER,
                "finished pushes can't be archived": _ARCHIVE_AGAIN,
                "it is a team's book": "Ask whoever runs the database to make room. Then brokerdesk continues.",
            },
        ),
        "book-io-error": CatalogueEntry(
            "the disk failed; what was confirmed as written is safe",
            "Check the disk and copy {book_folder} to a sound one, then start brokerdesk again.",
            {
                "a write was interrupted": (
                    "Close brokerdesk and start it again: what was confirmed as written is there."
                ),
                "a file can't be read": "Check who owns {file} and whether the disk is sound.",
                "no book can be made": _NAME_A_FOLDER,
                "finished pushes can't be archived": _ARCHIVE_AGAIN,
            },
        ),
        "book-damaged": CatalogueEntry(
            "something in the book can't be true; it is not opened",
            _RESTORE,
            {
                "there is an earlier snapshot": (
                    "Move the damaged file away and copy {snapshot} to its place (the book as it was before it was "
                    "last tidied), or restore the folder from your own backup. What was pushed since then is found "
                    "again by its reference when it is pushed. Before a note is pushed again, the preview says "
                    "that FLEX has it."
                ),
                "it is a team's book": "Restore the database from its backup (docs/team.md).",
                "the book is missing": (
                    f"{_RESTORE} To begin with an empty book on purpose, move {{book_folder}} away."
                ),
            },
        ),
        "archive-damaged": CatalogueEntry(
            "the details of a finished push can't be read; the rest of the book is sound",
            "Restore the archive that the message names from your own backup.",
        ),
        "book-newer": CatalogueEntry(
            "a later version wrote the book",
            "Update brokerdesk on this computer, or use the version that wrote the book.",
        ),
        "book-key-missing": CatalogueEntry(
            "the book's key is missing", "Put {key_file} back from your backup of {book_folder}."
        ),
        "bad-book": CatalogueEntry(
            "the address of the team's book can't be used",
            "Set book to tinydb, or to an address such as postgresql://USER@HOST/DATABASE.",
            {
                "it holds a password": (
                    "Take the password out of the address and put it into the password file of PostgreSQL: "
                    "~/.pgpass, or %APPDATA%\\postgresql\\pgpass.conf on Windows."
                ),
                "it is the sandbox": "Name a profile of your own with --profile.",
                "it is there already": "Name another place with --to.",
                "it does not check the server": (
                    "Take sslmode out of the address, or set sslmode=verify-full. sslrootcert=FILE names the "
                    "certificate of your own authority."
                ),
            },
        ),
        "needs-team": CatalogueEntry(
            "a team's book needs the extra team",
            "Install brokerdesk with the extra team: docs/install.md, Extras.",
        ),
        "book-away": CatalogueEntry(
            "the database of the team's book can't be reached",
            "Check the network and the server. Nothing is sent meanwhile, and brokerdesk continues automatically when "
            "the database is back.",
        ),
        "book-went-back": CatalogueEntry(
            "an older copy of the team's book was restored",
            "Start brokerdesk again. What was sent since that copy was made is found again by its reference.",
        ),
        "book-not-there": CatalogueEntry(
            "the database has no book yet",
            "Run brokerdesk book move --to ADDRESS with an account that may make tables.",
        ),
        "book-other": CatalogueEntry(
            "the place to which a book was to be moved holds another book",
            "Nothing was changed there. Name a database or a profile without a book.",
        ),
        "book-moving": CatalogueEntry(
            "the book is being moved to another place",
            "Wait until brokerdesk book move has ended. If it was broken off, run it again.",
        ),
        "book-in-use": CatalogueEntry(
            "others send from the book that is to be moved",
            "Close the apps and watches that the message names, then run the command again.",
        ),
        "nothing-to-move": CatalogueEntry(
            "there is no book that could be moved",
            "Set the address as book in the profile: a team's book is made at its first use.",
        ),
        "not-moved": CatalogueEntry(
            "the copy of a book is not equal to the book",
            "Nothing was changed: the book stays where it is. Run the command again.",
        ),
        "book-older": CatalogueEntry(
            "an older version wrote the team's book", "Open it once with an account that may write it."
        ),
        "book-moved": CatalogueEntry(
            "the book was moved to another place",
            'Set book = "{to}" in the profile, then start brokerdesk again.',
        ),
        "book-other-workspace": CatalogueEntry(
            "the database holds the book of another workspace",
            "Check workspace and book in config.toml. Each workspace needs a database of its own.",
        ),
        "book-no-secret": CatalogueEntry(
            "the team's secret is not stored on this machine",
            "Run brokerdesk init --secret-of book here and enter the secret that brokerdesk book secret prints on a "
            "colleague's machine, or set {variable}.",
        ),
        "book-wrong-secret": CatalogueEntry(
            "the stored secret does not open the team's book",
            "Run brokerdesk init --secret-of book and enter the secret of the team again.",
        ),
        "bad-book-secret": CatalogueEntry(
            "the stored secret of the team's book can't be one",
            "Run brokerdesk init --secret-of book and enter the 43 letters and digits that brokerdesk book secret "
            "prints on a colleague's machine.",
        ),
        "book-refused": CatalogueEntry(
            "the database refused a request",
            "Run brokerdesk doctor. If that finds nothing, send the file that brokerdesk bundle writes.",
        ),
        # what the doctor finds
        "profile": CatalogueEntry("which profile it is, and who runs the contact sync", ""),
        "not-both": CatalogueEntry(
            "one of the two contact systems is not named", "Name the other system too, or take this one out."
        ),
        "answers": CatalogueEntry("the system answers, and takes the client id and secret", ""),
        "clock": CatalogueEntry("the two clocks agree", ""),
        "clock-skew": CatalogueEntry(
            "the system's clock and this computer's differ",
            "Set this computer's clock by the network's time; if it is right, tell whoever runs the system.",
        ),
        "rate-left": CatalogueEntry("how many requests the system says are left", ""),
        "rate-low": CatalogueEntry(
            "few requests are left",
            "Wait a minute; if it stays so, lower the system's rate in config.toml.",
        ),
        "contract": CatalogueEntry("which version of the contract the system speaks", ""),
        "other-contract": CatalogueEntry(
            "the system speaks another version of our contract",
            "Update brokerdesk, or ask whoever runs the gateway for the other version.",
        ),
        "requests-sent": CatalogueEntry("how many requests doctor sent to the system", ""),
        "insight-types": CatalogueEntry("Total Expert has the insight types that the milestones need", ""),
        "insight-types-missing": CatalogueEntry(
            "Total Expert lacks insight types that milestones need, so those milestones wait",
            "Only Total Expert makes insight types, and your Total Expert administrator can have them made. If they "
            "are there under other names, name those in your milestone map.",
        ),
        "insight-types-twice": CatalogueEntry(
            "several insight types have one system name, so brokerdesk can't choose",
            "Ask your Total Expert administrator which of them the Journeys use.",
        ),
        "groups": CatalogueEntry("the contact groups that the settings name are there", ""),
        "groups-missing": CatalogueEntry(
            "the settings name contact groups that nobody has in Total Expert",
            "Your Total Expert administrator can have them made, one for each user; or correct the name in your "
            "profile or milestone map.",
        ),
        "groups-of-owners": CatalogueEntry(
            "some users of Total Expert lack a contact group that their contacts need",
            "Each user needs a group of that name, and your Total Expert administrator can have it made.",
        ),
        "groups-required": CatalogueEntry(
            "Total Expert refused a new contact because of its groups",
            'Write the names of the required groups into the profile: required_groups = ["…"] under total_expert. Your '
            "Total Expert administrator knows them.",
        ),
        "groups-said": CatalogueEntry("the profile says which groups a new contact needs", ""),
        "groups-unknown": CatalogueEntry(
            "nobody has said yet whether a new contact must have groups in Total Expert",
            'Write the answer into the profile, under total_expert: required_groups = ["…"], or an empty list if there '
            "are none.",
        ),
        "owners-tied": CatalogueEntry("each loan officer is tied to a user of Total Expert", ""),
        "owners-left": CatalogueEntry("loan officers or users who left; nothing new is made for them", ""),
        "nobody-tied": CatalogueEntry(
            "no loan officer is tied to a user of Total Expert, so nobody's contacts can be matched",
            "Tie them by email in the table owners of the profile, or have them added to Total Expert as users.",
        ),
        "officers-untied": CatalogueEntry(
            "some loan officers have no active user in Total Expert, so their contacts are not matched",
            "Tie them by email in the table owners of the profile, or have them added to Total Expert as users.",
        ),
        "beta-on": CatalogueEntry("this client may use a BETA endpoint of SimpleNexus", ""),
        "beta-off": CatalogueEntry(
            "SimpleNexus refuses a BETA endpoint to this client",
            "nCino's support can switch the endpoint on for brokerdesk's client. Then run brokerdesk resume.",
        ),
        "applications-off": CatalogueEntry(
            "SimpleNexus does not let this client read loan applications, so their milestones wait",
            "nCino's support can switch the endpoint on for brokerdesk's client. To do without these milestones, set "
            "off = true in the milestone map.",
        ),
        "beta-unknown": CatalogueEntry(
            "only a write could show whether this client may use a BETA endpoint of SimpleNexus",
            "Try it once with a single contact: the book then says what came of that. Or ask nCino's support.",
        ),
        "webhook": CatalogueEntry("a webhook of brokerdesk is registered and works", ""),
        "webhook-heard": CatalogueEntry("when the last delivery of a webhook was taken", ""),
        "webhook-missing": CatalogueEntry(
            "no webhook of brokerdesk is registered there, so brokerdesk hears of changes only when it asks",
            "Put a server with TLS before brokerdesk listen; brokerdesk webhooks register --url https://… makes one.",
        ),
        "webhook-gone": CatalogueEntry(
            "a webhook that brokerdesk made is not listed any more",
            "Ask whether somebody removed it. brokerdesk webhooks register --url https://… makes it again.",
        ),
        "webhook-events": CatalogueEntry(
            "the webhook does not report all events that brokerdesk acts on",
            "Run brokerdesk webhooks register --url https://… again: it adds what is missing.",
        ),
        "webhook-off": CatalogueEntry(
            "nothing shows that the webhook is on",
            "Let brokerdesk listen run behind its address. Then run brokerdesk webhooks register again.",
        ),
        "webhook-untested": CatalogueEntry(
            "no test event has arrived since the webhook was switched on",
            "Let brokerdesk listen run behind its address, then run brokerdesk webhooks test.",
        ),
        "webhook-secret": CatalogueEntry(
            "brokerdesk can't recognise Total Expert's notifications",
            "Run brokerdesk webhooks new-secret.",
        ),
        "webhook-silent": CatalogueEntry(
            "no delivery of the webhook has been taken yet",
            "It may be that nothing has happened. Let brokerdesk listen run behind the webhook's address.",
        ),
        "webhooks-unlisted": CatalogueEntry(
            "the system does not list its webhooks to this client",
            "Ask the system's administrator to allow this client its webhooks.",
        ),
        "signing-secret": CatalogueEntry("the secret of SimpleNexus's webhooks is set up", ""),
        "no-signing-secret": CatalogueEntry(
            "the secret of SimpleNexus's webhooks is not set up, so brokerdesk hears of changes only when it asks",
            "Once you have the secret, run brokerdesk init --secret-of listen. Where it comes from is in no document: "
            "ask nCino's support.",
        ),
        "endpoint-off": CatalogueEntry(
            "the system refuses an endpoint to this client",
            "The system's administrator can switch the endpoint on for brokerdesk's client.",
        ),
        "not-checked": CatalogueEntry(
            "doctor could not look at this", "Correct what is named first, then run brokerdesk doctor again."
        ),
        "heartbeat": CatalogueEntry("Total Expert runs; this needs no token", ""),
        "teapot": CatalogueEntry(
            "whether Total Expert takes our token: it answers 418, I'm a teapot, if it does",
            "Ask Total Expert which permissions the client id has, then run brokerdesk doctor again.",
        ),
        "look-ups": CatalogueEntry("how records are found again after a lost reply", ""),
        "no-look-up": CatalogueEntry(
            "records can't be found again",
            "Where a reply is lost brokerdesk will ask you; look in the system before you answer.",
        ),
        "no-receipt": CatalogueEntry(
            "the push has no receipt with values that are still kept",
            "A push has a receipt once it has ended: brokerdesk receipt lists all of them. A receipt that was removed "
            "can't be checked again.",
        ),
        "unreadable-receipt": CatalogueEntry(
            "a file that is to be checked can't be read",
            "Name files of receipts that are there: .json or .html.",
        ),
        "which-push": CatalogueEntry(
            "the command needs the id of a push", "brokerdesk activity lists the pushes with their ids."
        ),
        "receipts-folder": CatalogueEntry(
            "the folder of the receipts can't be read or written",
            "Make room on that disk, or check who owns the folder. The receipt is written at the next start.",
        ),
        "look-up-unknown": CatalogueEntry(
            "brokerdesk could not find out in time how records are found again",
            "Try again when the system is less busy.",
        ),
        "look-up-ignored": CatalogueEntry(
            "the system ignores what is searched for, so a lost reply can't be settled",
            "Push nothing there. Tell whoever runs the system.",
        ),
        "new-fields": CatalogueEntry(
            "records have fields that are not in their description",
            "brokerdesk ignores them. brokerdesk doctor --known (m in Connections) marks them as known.",
        ),
        "strange-values": CatalogueEntry(
            "a system does something that its description does not allow: a value, a length or a status",
            "brokerdesk goes on with what it knows. Tell whoever looks after it; nothing is sent automatically. "
            "brokerdesk doctor --known (m in Connections) marks this as known.",
        ),
        "known-changes": CatalogueEntry(
            "differences from a system's description that somebody has marked as known", ""
        ),
        "book-new": CatalogueEntry("there is no book yet", ""),
        "book-sound": CatalogueEntry("the book is sound and can be written", ""),
        "book-shared": CatalogueEntry("others send from the team's book at this moment", ""),
        "book-held": CatalogueEntry("an app or a command has the book open for writing", ""),
        "modes": CatalogueEntry("only you can read brokerdesk's files", ""),
        "loose-modes": CatalogueEntry(
            "other users can read brokerdesk's files", "Run {repair} to close them to others."
        ),
        "access-unchecked": CatalogueEntry(
            "Windows keeps access lists, and brokerdesk doctor does not read them",
            'Run icacls "{home}" to see who may use it.',
        ),
        "secrets-in-file": CatalogueEntry("the secrets are in a file, because there was no keyring", ""),
    }
)


def meaning_of(code: str) -> str:
    """Return what a code means; the code itself where the catalogue does not have it."""
    return CATALOGUE[code].meaning if code in CATALOGUE else code


def fix_of(code: str, when: str = "", values: Mapping[str, object] = MappingProxyType({})) -> str:
    """Return what to do about a code, with `values` in the place of the placeholders.

    `when` is a situation of the entry's `cases`; a code without advice of its own for it gives its general advice.
    A placeholder without a value is shown in words, as `brokerdesk explain` shows it. A code that the catalogue does
    not have, such as one that a later version wrote into the journal, gives the way to the activity.
    """
    entry = CATALOGUE.get(code)
    if entry is None:
        return "Run brokerdesk activity to see what happened."
    return entry.cases.get(when, entry.fix).format_map({**PLACEHOLDERS, **values})


def cases_of(code: str) -> dict[str, str]:
    """Return a code's other advice by situation, with each placeholder in words."""
    return {when: fix_of(code, when) for when in CATALOGUE[code].cases} if code in CATALOGUE else {}


def placeholders_of(code: str, when: str = "") -> frozenset[str]:
    """Return the names of the values that the advice for a code takes. Raises `KeyError` for what is not there."""
    entry = CATALOGUE[code]
    advice = entry.cases[when] if when else entry.fix
    return frozenset(name for _, name, _, _ in Formatter().parse(advice) if name)
