"""The body of a note as it is shown. Knows neither cards nor the field map."""

from __future__ import annotations

from typing import Any

from core.push.plan import Body


def without_contents(body: Body) -> dict[str, Any]:
    """Return the body of a note for the screen: the length of each file in place of its content.

    A body without files is returned as it is.
    """
    files = body.get("Attachments", [])
    shown = [{**file, "Content": f"(base64, {len(file['Content'])} characters)"} for file in files]
    return {**body, "Attachments": shown} if files else dict(body)
