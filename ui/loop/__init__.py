"""The loop's page at /loop: where a quarter stands, its data, its curves, old against new, and signing."""
