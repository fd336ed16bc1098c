"""The review desk's page, and what its command line shares with it."""
