"""Is this the same name, address, date, email or phone number? Pure; knows no record and no room of the desk."""
