"""The steps of the tour, in words. The app shows them, and `brokerdesk demo` prints them. Loads no Textual."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

CARD: Final = "C-1001"
"""The card of the sandbox that `brokerdesk demo` pushes."""


class TourStep(Struct, frozen=True):
    """One step. `says` is true in the app and on the command line; `press` says what to do in the app.

    A press of one of `keys` completes the step, and so does the room `room` on the screen. With `in_list` a key counts
    only in a list, where it moves the cursor. `commands` are the words of
    the commands that show the same; `again` is said before the last of them.
    """

    title: str
    says: str
    press: str
    keys: tuple[str, ...] = ()
    room: str = ""
    in_list: bool = False
    commands: tuple[tuple[str, ...], ...] = ()
    again: str = ""


STEPS: Final = (
    TourStep(
        "Cards",
        "This is a practice desk: nothing here reaches a real system. The list has the cards of BrokerEngine. A card's "
        "sign says whether it is in FLEX.",
        "Press ↓ to look at the next card. Esc leads from the right side back to the list.",
        keys=("down", "j"),
        in_list=True,
        commands=(("cards", "--filter", "m.hale"),),
    ),
    TourStep(
        "What a push will do",
        "A preview shows what a push would do: each value, where it goes, and what FLEX can't be given. Looking sends "
        "nothing.",
        "Press p to see the push of this card.",
        keys=("p",),
        commands=(("preview", "card", CARD),),
    ),
    TourStep(
        "One question",
        "A push asks once. What you confirm is what is sent, and it is sent once: brokerdesk checks what arrived.",
        "Press y to push the card to the practice FLEX, or Esc to leave it.",
        keys=("y", "escape", "enter", "n"),
        commands=(("push", "card", CARD, "--yes"), ("push", "card", CARD, "--yes")),
        again="Pushing it again, as a second press would:",
    ),
    TourStep(
        "Activity",
        "Activity has every push. What needs you comes first, with the question and the choices. A receipt shows that "
        "each value arrived.",
        "Press Esc, then 4 to go to Activity.",
        keys=("4",),
        room="activity",
        commands=(("activity",),),
    ),
    TourStep(
        "Contacts",
        "The contacts of SimpleNexus and Total Expert are matched. Equal emails are linked. About records that are "
        "only alike you are asked, the most costly mistake first.",
        "Press 2 to go to Contacts.",
        keys=("2",),
        room="contacts",
        commands=(("match",), ("sync", "--yes"), ("sync", "--yes")),
        again="Syncing again, with nothing new:",
    ),
    TourStep(
        "Milestones",
        "What happens in SimpleNexus, such as an application that was abandoned, becomes an insight in Total Expert "
        "once you say so.",
        "Press 3 to go to Milestones.",
        keys=("3",),
        room="milestones",
        commands=(("milestones",),),
    ),
    TourStep(
        "Overview",
        "The overview has the day and the week, and what waits for you. Enter on a number goes to its list.",
        "Press 0 to go to the overview.",
        keys=("0",),
        room="overview",
        commands=(("overview",),),
    ),
    TourStep(
        "Eyes nearby",
        "Somebody looks over your shoulder? One key hides names and amounts on every screen.",
        "Press F6 to hide them, and F6 again to see them.",
        keys=("f6",),
    ),
    TourStep(
        "Everything else",
        "? lists the keys of the screen, Ctrl+P finds any action by its name. This is a sandbox: nothing that you do "
        "here reaches anybody, and the palette can reset it.",
        "Press F2 to end the tour.",
        keys=("f2",),
    ),
)
OFFER: Final = "New here? A tour of two minutes shows what each screen is for."
OFFER_KEYS: Final = "F2 begins the tour · F3 no, thanks"
KEYS: Final = "F2 next step · F3 end the tour"
SANDBOX_ALONE: Final = (
    "The tour pushes a practice card, so it is there in the sandbox alone: brokerdesk --profile sandbox."
)
END: Final = "That was the tour. ? lists the keys of each screen; the palette (Ctrl+P) has the tour again."
