"""Calculations in the app, as somebody reports them: no API and no webhook of SimpleNexus tells of them."""
