"""What happens in a quarter: the schedule, and a file per mechanism."""
