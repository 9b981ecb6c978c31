"""Commands that set a desk up: init, doctor, the gateway check, the listener, the sandbox."""
