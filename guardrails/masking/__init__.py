"""How identifiers are found: Presidio's engine with its own recognisers, our rules, and the learned tagger."""
