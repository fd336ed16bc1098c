"""Finds the cases that tell of one patient's one reaction twice: a score whose every part is explained.

`fingerprint` says what of a case is compared, `keys` which cases are worth comparing, `compare` how alike two values
are, `weights` and `score` what that is worth in bits, `index` keeps the fingerprints, `check` proposes a decision.
The machine proposes; merging and undoing are done by a person on the desk, with links, and nothing is deleted.
"""
