"""The preview is the difference: a push changes exactly the records and values that its preview marks as arriving."""
