"""Holds a gateway against our own contracts: asks what the desk relies on, on records of the check's own making."""
