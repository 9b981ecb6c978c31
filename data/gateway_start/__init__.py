"""The small gateway that `brokerdesk gateway new` writes, and what writes it. The gateway knows nothing of the desk."""
