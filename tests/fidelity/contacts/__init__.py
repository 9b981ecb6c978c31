"""The property over contacts: a sync, a share, an undo and milestones change what their previews predict."""
