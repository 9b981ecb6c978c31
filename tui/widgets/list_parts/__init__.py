"""The parts of the row list: what it shows, its columns, its lines, its marks, how it is arranged and painted."""
