"""The model described by the ODD protocol, levers as a page, and which numbers a page was made with."""
