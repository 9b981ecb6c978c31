"""What the Contacts room sends: the dialogs that show a plan, ask, and show how far it is."""
