"""``flywheel verify --inference``: the statistics of the claims, over many made-up worlds whose truth is known.

Each method is a function from ``quick`` to a list of checks; outcomes are drawn by fixed seeds. Coverage, bias, errors
and power are those of the code that judges claims (``claims.judging``, ``claims.ladder``), not of a copy. A method
that is *not* used is shown failing as it is known to: checks that could not see that would see nothing.
"""
