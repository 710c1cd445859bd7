"""Undertakings of the core enterprise behind a deal: pages and calls."""
