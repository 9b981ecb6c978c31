"""`demo`: the tour of the app as text, with the commands that do the same; `make demo` runs it too."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence

from tui.cli import console
from tui.cli.main import main
from tui.cli.options import CommandOptions
from tui.cli.output import emit_json, say
from tui.tour.steps import STEPS, TourStep


def demo(options: CommandOptions) -> int:
    """Tell the steps of the tour and run their commands, in a home of their own that is gone afterwards.

    With `--json` nothing runs: the steps are printed. Return the first exit code that is not 0.
    """
    if options.json:
        emit_json({"steps": [_form(step) for step in STEPS]})
        return 0
    with tempfile.TemporaryDirectory(prefix="brokerdesk-demo-") as home:
        for number, step in enumerate(STEPS, 1):
            say("", f"{number}. {step.title}", "", step.says, f"In the app: {step.press}")
            if code := _run(step, home):
                return code
    return 0


def _form(step: TourStep) -> dict[str, object]:
    return {
        "title": step.title,
        "says": step.says,
        "press": step.press,
        "commands": [" ".join(("brokerdesk", *words)) for words in step.commands],
    }


def _run(step: TourStep, home: str) -> int:
    """Run the commands of a step. The code of a command that is shown once more does not count."""
    for place, words in enumerate(step.commands, 1):
        is_again = bool(step.again) and place == len(step.commands)
        if is_again:
            say("", step.again)
        code = _show(words, home)
        if code and not is_again:
            return code
    return 0


def _show(words: Sequence[str], home: str) -> int:
    say("", f"$ brokerdesk {' '.join(words)}")
    sys.stdout.flush()
    return main([*words, "--home", home])


if __name__ == "__main__":
    console.prepare()
    console.silence_libraries()
    sys.exit(console.checked(demo(CommandOptions(home=None, profile=None, json=False))))
