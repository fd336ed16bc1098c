"""Drafts for `bench dose-safety`: sentences of real labels and monographs, restated faithfully or with one error.

Written without sight of the checks that they test. `said` gathers what sources say, `faithful` restates it,
`amounts`, `words`, `conditions` and `citations` corrupt it, `written` reads the drafts that people wrote, and `drafts`
puts all of them together.
"""
