"""The match of both systems: existing links, the rule of the sync, and each vendor's own rules. Pure."""
