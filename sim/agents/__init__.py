"""The agents and their choices."""
