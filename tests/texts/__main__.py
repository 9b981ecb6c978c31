"""`python -m tests.texts` writes the pages of texts, keys, commands and errors, and lists the banned turns.

The exit code is 1 if there are any.
"""

import sys

from tests.texts.banned import BANNED, banned_turns, better_words
from tests.texts.collect import all_texts
from tests.texts.page import PAGE, page_of
from tests.texts.references import PAGES


def main() -> int:
    """Write the pages, and print each banned turn with better words."""
    texts = all_texts()
    PAGE.write_text(page_of(texts), "utf-8")
    for path, page in PAGES.items():
        path.write_text(page(), "utf-8")
    print(f"{PAGE.name}: {len(texts):,} texts, {len(BANNED)} banned turns")
    found = list(banned_turns(texts))
    for module, turn, text in found:
        print(f"{module}: “{turn}” ({better_words(turn)}): {text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
