"""The book: what the desk remembers of pushes and links, on disk. `book.open_book` opens it."""
