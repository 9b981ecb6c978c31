"""A team as processes: workers and desks on one PostgreSQL and one sandbox, with faults, kills and pauses."""
