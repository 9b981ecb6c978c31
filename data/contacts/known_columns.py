"""The columns of a file of contacts, and their headers in the exports of other programs.

Google's and Outlook's headers are those of their own exports. Total Expert and nCino publish no list of headers for a
file: the headers here are their field names as people write them, which is our assumption.
"""

from __future__ import annotations

from typing import Final

from data.tables.columns import KnownExport, LabelledColumns, WantedColumns

COLUMNS: Final = (
    "id",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "email",
    "mobile_phone",
    "home_phone",
    "work_phone",
    "birth_date",
    "street",
    "street_2",
    "city",
    "state",
    "postcode",
    "country",
    "owner",
    "one_way",
)

_PHONES: Final = {
    "mobile": "mobile_phone",
    "cell": "mobile_phone",
    "cellphone": "mobile_phone",
    "mobilephone": "mobile_phone",
    "iphone": "mobile_phone",
    "workmobile": "mobile_phone",
    "home": "home_phone",
    "homephone": "home_phone",
    "work": "work_phone",
    "workphone": "work_phone",
    "office": "work_phone",
    "business": "work_phone",
    "company": "work_phone",
    "fax": "",
    "homefax": "",
    "workfax": "",
    "otherfax": "",
    "pager": "",
    "workpager": "",
}
"""Our column for a label of Google's. A fax or a pager is no phone. Any other label may be a phone at home."""

GOOGLE: Final = KnownExport(
    "Google Contacts",
    marks=(
        ("E-mail 1 - Value",),
        ("Phone 1 - Value",),
        ("First Name", "Phonetic First Name", "File As"),
        ("Given Name", "Additional Name", "Family Name"),
    ),
    columns={
        "first_name": ("First Name", "Given Name"),
        "middle_name": ("Middle Name", "Additional Name"),
        "last_name": ("Last Name", "Family Name"),
        "suffix": ("Name Suffix",),
        "birth_date": ("Birthday",),
    },
    labelled=(
        LabelledColumns(
            label=("E-mail {n} - Label", "E-mail {n} - Type"), parts={"E-mail {n} - Value": "email"}
        ),
        LabelledColumns(
            label=("Phone {n} - Label", "Phone {n} - Type"),
            parts={"Phone {n} - Value": ""},
            by_label=_PHONES,
            otherwise="home_phone",
        ),
        LabelledColumns(
            label=("Address {n} - Label", "Address {n} - Type"),
            parts={
                "Address {n} - Street": "street",
                "Address {n} - Extended Address": "street_2",
                "Address {n} - City": "city",
                "Address {n} - Region": "state",
                "Address {n} - Postal Code": "postcode",
                "Address {n} - Country": "country",
            },
            preferred=("home",),
        ),
    ),
)

OUTLOOK: Final = KnownExport(
    "Outlook",
    marks=(
        ("E-mail Address", "Business Phone"),
        ("E-mail Address", "E-mail Display Name"),
        ("E-mail Address", "E-mail 2 Address"),
    ),
    columns={
        "email": ("E-mail Address",),
        "mobile_phone": ("Mobile Phone",),
        "home_phone": ("Home Phone",),
        "work_phone": ("Business Phone",),
        "birth_date": ("Birthday",),
        "street": ("Home Street",),
        "street_2": ("Home Street 2",),
        "city": ("Home City",),
        "state": ("Home State",),
        "postcode": ("Home Postal Code",),
        "country": ("Home Country/Region", "Home Country"),
    },
)

TOTAL_EXPERT: Final = KnownExport(
    "Total Expert",
    marks=(
        ("External ID", "Contact Owner"),
        ("External ID", "Contact Groups"),
        ("external_id", "phone_cell"),
    ),
    columns={
        "id": ("External ID",),
        "mobile_phone": ("Cell Phone", "phone_cell"),
        "home_phone": ("Home Phone", "phone_home"),
        "work_phone": ("Office Phone", "phone_office"),
        "birth_date": ("Birthday",),
        "street": ("Address",),
        "street_2": ("Address 2",),
        "postcode": ("Zip", "Zip Code"),
        "owner": ("Contact Owner", "Owner Email"),
    },
)

SIMPLENEXUS: Final = KnownExport(
    "SimpleNexus",
    marks=(("Borrower ID",), ("Loan Officer Email", "App Status"), ("Loan Officer Email", "Last Login")),
    columns={
        "id": ("Borrower ID", "User ID", "GUID"),
        "email": ("Email Address",),
        "mobile_phone": ("Cell Phone", "Mobile Phone"),
        "owner": ("Loan Officer Email", "LO Email"),
    },
)

CONTACTS: Final = WantedColumns(
    kind="contacts",
    names=COLUMNS,
    needed=(("email", "first_name", "last_name"),),
    expected=("email", "last_name"),
    asked=("first_name", "mobile_phone", "birth_date"),
    exports=(GOOGLE, OUTLOOK, TOTAL_EXPERT, SIMPLENEXUS),
    aliases={
        "id": ("Contact ID", "Record ID", "Client ID", "Customer ID", "External ID"),
        "first_name": ("Given Name", "Forename", "First", "Borrower First Name", "Client First Name"),
        "middle_name": ("Middle", "Additional Name", "Middle Initial", "Borrower Middle Name"),
        "last_name": ("Surname", "Family Name", "Last", "Borrower Last Name", "Client Last Name"),
        "suffix": ("Name Suffix", "Generation"),
        "email": (
            "Email Address",
            "Primary Email",
            "E-mail 1",
            "Personal Email",
            "Borrower Email",
            "Home Email",
        ),
        "mobile_phone": (
            "Mobile",
            "Mobile Number",
            "Mobile Phone Number",
            "Cell",
            "Cell Phone",
            "Cell Phone Number",
            "Cellular Phone",
            "Phone Cell",
            "Borrower Cell Phone",
        ),
        "home_phone": (
            "Home Phone Number",
            "Phone Home",
            "Phone",
            "Phone Number",
            "Primary Phone",
            "Telephone",
        ),
        "work_phone": (
            "Work Phone Number",
            "Office Phone",
            "Business Phone",
            "Phone Office",
            "Phone Work",
        ),
        "birth_date": ("Birthday", "Birthdate", "Date of Birth", "DOB", "Borrower DOB"),
        "street": (
            "Street Address",
            "Street 1",
            "Address",
            "Address 1",
            "Address Line 1",
            "Home Street",
            "Mailing Street",
        ),
        "street_2": ("Address 2", "Address Line 2", "Street Address 2", "Unit", "Home Street 2"),
        "city": ("Town", "Suburb", "Home City", "Mailing City"),
        "state": ("Region", "Province", "State/Region", "Home State", "Mailing State"),
        "postcode": ("Zip", "Zip Code", "Postal Code", "Post Code", "Home Postal Code", "Mailing Zip"),
        "country": ("Country/Region", "Home Country", "Home Country/Region", "Mailing Country"),
        "owner": ("Contact Owner", "Owner Email", "Loan Officer Email", "LO Email", "Assigned To"),
    },
)
"""What the contact desk reads. A row without an id gets one, so no column of ids is needed."""
