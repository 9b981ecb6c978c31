"""BrokerEngine to FLEX: the card, its field map, the plan of a push. Knows the push room and no other room."""
