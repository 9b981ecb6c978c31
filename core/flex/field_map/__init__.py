"""The field map: which field goes where in FLEX, how it is converted, and the fate of every field."""
