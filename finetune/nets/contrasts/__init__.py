"""Makes contrasts from licence-clean text: a claim that its passage supports, and the same with one change of meaning."""
