"""Surprise counts: ordering, walking with a phone, and what they prove; pages and calls."""
