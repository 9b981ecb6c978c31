"""Thousands of seeded fault schedules through the production engine, classifier and book, on virtual time."""
