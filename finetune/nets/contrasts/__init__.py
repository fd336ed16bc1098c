"""Makes contrasts from licence-clean text: a claim that a passage supports, and the same with one change."""
