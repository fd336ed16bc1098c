"""Trains the small nets that ship with the guardrails: one LoRA adapter and one linear head each."""
