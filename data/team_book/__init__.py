"""The book of a team: the `Book` port on PostgreSQL, for many desks and workers at the same time. docs/team.md."""
