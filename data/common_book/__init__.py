"""What every kind of book does in the same way, whatever it is stored in."""
