"""How two names, addresses, dates, emails and phone numbers compare. Pure; knows no record and no room."""
