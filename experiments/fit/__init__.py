"""Worlds that fit a case: a table of runs over wide priors, those that fit its facts, and what they say."""
