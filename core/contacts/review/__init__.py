"""The review: what needs a person, what each answer does, and which answers hold."""
