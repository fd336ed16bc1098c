"""Files in, cases out: prose, tables of reports, forms as PDF, E2B(R3) messages.

`files` decides what a file is, `table`, `form` and `prose` read it into records and reports, `values` and `further`
read single fields, `record` and `told` make cases with the place of every value, `take_in` saves them. Nothing is lost:
what cannot be read stays in the kept text with its reason.
"""
