"""The dose checks, one file per concern; `guardrails.dosing` is the way in."""
