"""Why they chose that, and where a number comes from."""
