"""From a file to a table with named columns, and from cells to values. Knows no card and no contact."""
