"""From a file's bytes to a table with named columns: text, layout, spreadsheets, columns. Knows no kind of row."""
