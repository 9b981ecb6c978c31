"""The review: the questions for a person, what each answer does, and which answers hold."""
