"""Numbers that have the same bits everywhere: elementary functions, choices, lists, random streams."""
