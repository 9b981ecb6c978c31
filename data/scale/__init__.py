"""Matching of large books in columns: the same pairs, bits, classes and groups as core/contacts/linkage, sooner.

Needs the extra `scale` (polars and numpy). What a column can't do exactly goes through the functions of core/compare
value by value, so that both ways give the same result (docs/decisions/0017-large-books-in-columns.md).
"""
