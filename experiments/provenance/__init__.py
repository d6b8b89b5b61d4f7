"""Where a result comes from: versions and commit, and the identity of the model that made it."""
