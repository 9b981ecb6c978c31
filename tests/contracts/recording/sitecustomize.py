"""Lets a child process of the tests record its requests. Python imports this module automatically at its start."""

import importlib

importlib.import_module("traffic_recorder").record_from_now()
