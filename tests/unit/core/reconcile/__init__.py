"""The pure rules of the reconciliation."""
