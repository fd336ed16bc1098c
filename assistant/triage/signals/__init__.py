"""Signals: which product and event are reported together more often than expected, as candidates that people judge."""
