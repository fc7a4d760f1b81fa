"""What recorded choices and the record say about the parameters."""
