"""The files that the listener and the commands about webhooks share: a window for tests, marks, and secrets."""
