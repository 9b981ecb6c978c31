"""Files of cards: exports that are imported, and a folder that fills by itself, as sources of BrokerEngine's cards."""
