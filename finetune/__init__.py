"""Gold questions and, later, the loop from reviewed flags to a served adapter."""
