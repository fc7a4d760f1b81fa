"""The model described by the ODD protocol."""
