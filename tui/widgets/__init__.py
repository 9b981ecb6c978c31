"""Widgets that every room shares: virtual lines, the keys, the help. They know no record of a desk."""
