"""The analysis of a sweep: what its store holds, in numbers, figures and a report."""
