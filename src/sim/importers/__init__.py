"""Any importer: from a table of deals to a case that can be run.

`registers` reads a table in one of three forms, `categories` says what each item is, and `cases` writes a
case folder from what was known at a date.
"""
