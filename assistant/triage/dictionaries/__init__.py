"""Dictionaries of events and medicines: the user's licensed copies, the open vocabulary, and finding a term in them."""
