"""Eyes nearby: what belongs to a client is hidden on every screen, and an idle screen shows counts alone."""
