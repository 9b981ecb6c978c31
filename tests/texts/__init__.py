"""Every text that a person can see, in one list, and the turns of phrase that none of them may have."""
