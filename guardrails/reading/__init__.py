"""How dose language is read, one concern per file. `guardrails.dose_reader` is the way in."""
