"""The words for contacts of FLEX that may be a person of a push."""

from __future__ import annotations

from core.flex.model import FlexPerson
from core.flex.plans.preview import Preview


def contact_in_words(contact: FlexPerson) -> str:
    """Return what FLEX has of a contact in one line: id, name, email, birth date, phone and street."""
    born = f"born {contact.birth_date}" if contact.birth_date else ""
    phone = contact.mobile or contact.home_phone or contact.work_phone
    parts = (contact.email, born, phone, contact.street)
    more = ", ".join(part for part in parts if part)
    name = f"{contact.flex_id} {contact.name}" if contact.name != contact.flex_id else contact.flex_id
    return f"{name} ({more})" if more else name


def search_remark(preview: Preview) -> str:
    """Return what the search for the people whom a push creates does not prove; "" if FLEX was not searched."""
    if not preview.searched:
        return ""
    whom = "the person" if preview.searched == 1 else f"the {preview.searched} people"
    return f"FLEX was searched for {whom} to create. A contact that you may not see in FLEX is not found."
