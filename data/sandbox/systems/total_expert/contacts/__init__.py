"""The contacts of Total Expert's stand-in: the resource, its relationships, and how a contact is shown."""
