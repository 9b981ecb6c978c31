"""Records what the desk sends to SimpleNexus and Total Expert, in every process of the tests.

This folder stands first in PYTHONPATH while tests run, so each child process imports `sitecustomize` from it.
"""
