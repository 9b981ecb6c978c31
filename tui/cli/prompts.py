"""Where a command's answers come from: a person at a terminal, or what a script was given. Secrets are never echoed."""

from __future__ import annotations

import getpass
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

from core.error_words import why_failed
from core.errors import DeskError, UsageError
from tui.cli.output import say, stopped_at_question
from tui.terminal_safe import safe_text

Check = Callable[[str], None]
"""Raises `UsageError` for an answer that will not do."""
LONGEST_SECRET: Final = 4096
NOT_WRITTEN: Final = "Nothing was written."
LOOK_UP: Final = 0.5
"""Seconds after which a question that waits looks for a Ctrl-C that did not wake it."""


class Prompts(Protocol):
    """Gives answers. `key` is the setting that is asked for, dotted: `flex.url`."""

    headless: bool

    def line(self, key: str, question: str, default: str | None, check: Check) -> str:
        """Return one line of text. Raises `UsageError` where there is none."""
        ...

    def choose(self, key: str, question: str, offers: Mapping[str, str], default: str) -> str:
        """Return one of the offers, each with what it means."""
        ...

    def secret(self, variable: str, question: str) -> str:
        """Return a secret, without showing it."""
        ...


class TerminalPrompts:
    """Somebody at a terminal: asked again until the answer will do."""

    headless = False

    def line(self, key: str, question: str, default: str | None, check: Check) -> str:  # noqa: ARG002 - the form of Asks
        """Ask for one line; an empty one takes the default."""
        shown = f" [{default}]" if default else ""
        while True:
            given = _typed(f"{question}{shown}: ").strip() or default or ""
            try:
                check(given)
            except UsageError as error:
                say(f"  {error.message} {error.fix}")
            else:
                return given

    def choose(self, key: str, question: str, offers: Mapping[str, str], default: str) -> str:  # noqa: ARG002 - the form of Asks
        """Ask for one of some words, or its first letters where these tell it."""
        say(question, *(f"  {word:8}  {meaning}" for word, meaning in offers.items()))
        while True:
            given = _typed(f"  {' / '.join(offers)} [{default}]: ").strip().casefold() or default
            fitting = [word for word in offers if word == given] or [
                word for word in offers if word.startswith(given)
            ]
            if len(fitting) == 1:
                return fitting[0]
            say(f"  Answer one of: {', '.join(offers)}.")

    def secret(self, variable: str, question: str) -> str:  # noqa: ARG002 - the form of Asks
        """Ask for a secret; what is typed is not shown."""
        while not (given := checked_secret(unseen(f"{question} (not shown): "))):
            say("  A secret is needed.")
        return given


class ScriptedPrompts:
    """What a script was given: an answer by its key, else the default. Secrets: a line each on stdin."""

    headless = True

    def __init__(self, values: Mapping[str, Any], *, stdin_taken: bool) -> None:
        self._values = values
        self._stdin_taken = stdin_taken

    def line(self, key: str, question: str, default: str | None, check: Check) -> str:
        """Return what was set. Raises `UsageError` where that will not do, or is missing and has no default."""
        given = self._given(key)
        if given is None and default is None:
            raise UsageError("missing-answer", f"There is no answer to: {question}", key=key)
        answer = given if given is not None else default or ""
        check(answer)
        return answer

    def choose(self, key: str, question: str, offers: Mapping[str, str], default: str) -> str:
        """Return what was set, if it is offered."""

        def offered(answer: str) -> None:
            if answer not in offers:
                raise UsageError(
                    "bad-config",
                    f"{key} can't be that.",
                    when="the answer isn't one of those offered",
                    values=", ".join(offers),
                )

        return self.line(key, question, default, offered)

    def secret(self, variable: str, question: str) -> str:
        """Read the next line of stdin, unseen where that is a terminal. Raises `UsageError` where there is none."""
        if self._stdin_taken:
            given = ""
        elif sys.stdin.isatty():
            given = unseen(f"{question} (not shown): ")
        else:
            given = sys.stdin.readline()
        if not (secret := checked_secret(given)):
            raise UsageError(
                "no-secret", f"No answer to: {question.strip()}.", when="no answer came", variable=variable
            )
        return secret

    def _given(self, key: str) -> str | None:
        value: Any = self._values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, bool):
            return "yes" if value else "no"
        return None if value is None else str(value)


def checked_secret(given: str) -> str:
    """Return a secret without the line's end. Raises `UsageError` for what no header can carry."""
    secret = given.strip()
    if len(secret) > LONGEST_SECRET or not secret.isprintable():
        raise UsageError(
            "no-secret",
            "That isn't a secret: it has a character that can't be sent.",
            when="it has a character that can't be sent",
        )
    return secret


def from_environment(variable: str) -> str:
    """Return a secret that the environment holds, "" where it holds none."""
    return checked_secret(os.environ.get(variable, ""))


def can_ask() -> bool:
    """Return True if somebody at a terminal can be asked."""
    return sys.stdin.isatty()


def answered_yes(question: str, *, otherwise: str = "Nothing was sent.") -> bool:
    """Ask at the prompt and return True for a yes. After anything else say `otherwise`, which is what a no means.

    Raises `Interrupted` with that text for Ctrl-C.
    """
    try:
        with _ctrl_c_ends(otherwise):
            answer = typed_line(question)
    except (EOFError, UnicodeDecodeError):
        say("")
        answer = ""
    if answer.strip().casefold() not in ("y", "yes"):
        say(otherwise)
        return False
    return True


@contextmanager
def _ctrl_c_ends(otherwise: str) -> Iterator[None]:
    """Let Ctrl-C end the question. Without this, a question inside a coroutine goes on until Enter is pressed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        say("")
        raise stopped_at_question(otherwise) from None
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)


def read_all_stdin(what: str) -> str:
    """Return everything that comes on stdin. `what` names the text in the message, such as "The text of the note".

    Raises `UsageError` (unreadable-file) if stdin is not text.
    """
    try:
        return sys.stdin.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            "unreadable-file", f"{what} can't be read from stdin: {why_failed(error)}."
        ) from None


def given_up() -> DeskError:
    """Return the error of a person who left before the end."""
    return DeskError("not-confirmed", NOT_WRITTEN, when="a profile was not confirmed")


def typed_line(prompt: str) -> str:
    """Ask at the prompt and return the line that is typed. Raises `EOFError`, and what the handler of Ctrl-C raises.

    A Ctrl-C in the instant before `input` begins to wait is heard by it only after Enter. So the wait is in short
    pieces, where the terminal can be asked for a line. Windows has no such terminals; Ctrl-C wakes `input` there.
    """
    try:
        select.select([sys.stdin], [], [], 0)
    except (OSError, ValueError):
        return input(safe_text(prompt))
    print(safe_text(prompt), end="", flush=True)  # noqa: T201 - this is the output
    while not select.select([sys.stdin], [], [], LOOK_UP)[0]:
        pass
    return input()


def _typed(prompt: str) -> str:
    try:
        with _ctrl_c_ends(NOT_WRITTEN):
            return typed_line(prompt)
    except EOFError:
        say("")
        raise given_up() from None
    except UnicodeDecodeError as error:
        raise UsageError("unreadable-file", f"The answer can't be read: {why_failed(error)}.") from None


def unseen(prompt: str, *, otherwise: str = NOT_WRITTEN) -> str:
    """Ask for what is not shown while it is typed. Raises `UsageError` where it would be shown, and `DeskError`."""
    try:
        with warnings.catch_warnings(), _ctrl_c_ends(otherwise):
            # It warns, and goes on, where what is typed would be shown: that is not a way to ask for a secret.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(safe_text(prompt))
    except EOFError:
        raise given_up() from None
    except getpass.GetPassWarning:
        raise UsageError(
            "no-terminal",
            "This terminal would show the secret as it is typed.",
            when="a secret would be shown",
        ) from None
