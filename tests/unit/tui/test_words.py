import subprocess
import sys

from core.contacts.model import Verdict
from core.contacts.review.queue import COSTS, Cost
from core.push.states import PushState, StepState
from tui.widgets.line_view import Tone
from tui.words.contact_desk.verdicts import MEANINGS, QUESTIONS, SETTLED
from tui.words.pushes import PUSH_SIGN, PUSH_WORDS, STEP_SIGN, STEP_WORDS
from tui.words.tones import TONES


def test_every_state_of_a_push_has_a_sign_and_a_word() -> None:
    assert set(PUSH_SIGN) == set(PUSH_WORDS) == set(PushState)


def test_every_state_of_a_step_has_a_sign_and_those_that_are_not_ready_or_done_a_word() -> None:
    assert set(STEP_SIGN) == set(StepState)
    assert set(STEP_WORDS) == set(StepState) - {StepState.READY, StepState.DONE}


def test_every_sign_is_one_character_in_a_tone_that_has_a_colour() -> None:
    for sign, tone in [*PUSH_SIGN.values(), *STEP_SIGN.values()]:
        assert len(sign) == 1
        assert tone in TONES


def test_every_verdict_is_a_question_or_is_settled_and_the_command_line_has_a_sentence_for_it() -> None:
    assert set(QUESTIONS) == set(Cost)
    assert set(SETTLED) | set(COSTS) == set(Verdict)
    assert set(MEANINGS) == set(Verdict)


def test_the_tones_with_a_colour_are_tones_of_the_line_view() -> None:
    assert set(TONES) <= set(Tone.__args__)


def test_the_words_of_verdicts_and_pushes_load_no_textual() -> None:
    code = "import sys, tui.words.pushes, tui.words.contact_desk.verdicts; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
