"""Who buys, who sells, and what is on record: a case folder as data."""
