"""Our own messages that report reactions, and those that only look like it, with what must be found in them."""
