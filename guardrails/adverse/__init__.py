"""What `guardrails.adverse_event` is made of: the nouns, the tables of words, and how they are read."""
