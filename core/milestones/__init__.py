"""SimpleNexus's events become Total Expert's insights and groups: once, in order, or a person is asked."""
