"""The desk's own webhooks: what is registered, what is missing, and how they are made, tested and removed."""
