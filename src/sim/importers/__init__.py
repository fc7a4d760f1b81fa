"""Any importer: from a table of deals to a case that can be run.

`layouts` finds out in which layout a table is, `registers` reads its deals, `categories` says what each item and
each name is, and `cases` writes a case folder from what was known at a date.
"""
