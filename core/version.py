"""The version of brokerdesk, in the one place that has it: the build, the program and the manual page read it here.

Between releases it is the next version with `.dev0` (docs/release.md). The first heading of CHANGELOG.md says the same;
`tests/unit/tui/test_version.py` compares the two.
"""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0.dev0"
