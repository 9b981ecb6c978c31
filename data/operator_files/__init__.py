"""Files that the operator writes by hand: they are read so that whatever is there gives content or one clear reason."""
