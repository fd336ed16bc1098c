"""What a question, or a source, is screened for: emergencies, harm, instructions to the assistant, scope.

Each concern is one file here and one table in `guardrails/rules/intake/`, meant to be read and edited by whoever is
responsible for safety. `guardrails.intake` puts them together.
"""
