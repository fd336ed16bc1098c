"""What a label says of reactions: the stretches that name one, and whether the medicine is said to cause it."""
