"""Undertakings of the core enterprise behind a deal (增信): buy-back, refund of the difference, confirmed warehouse, confirmed receivable."""
