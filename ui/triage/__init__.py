"""The board of the pharmacovigilance desk: its page, its acts, its texts, and how it is put together."""
