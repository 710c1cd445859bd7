"""Patrols (巡检): routes of checkpoints at a site, rounds called at a minute that nobody could have known, and what an officer's phone saw of them."""
