"""Any importer: from a table of deals to a case that can be run.

`layouts` finds out how a table is laid out, `registers` reads its deals, `categories` says what each item and
each name means, and `cases` writes a case folder from what was known at a date.
"""
