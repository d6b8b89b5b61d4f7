"""``flywheel verify``: one stack of checks, of which each holds a figure that is observed against one that is known.

Three suites use it: ``theory`` checks the model against closed forms (L1-L15), ``statistics`` the methods of the claims
on made-up outcomes whose truth is known, and ``calibration`` a fit on cases made up of its own tables.
"""
