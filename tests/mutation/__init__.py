"""The engine and the book, broken in every small way: whatever no test notices is listed, and explained or tested."""
