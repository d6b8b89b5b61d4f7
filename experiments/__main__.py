"""``python -m experiments`` is ``flywheel``."""

from experiments.door import main

if __name__ == "__main__":  # ranks of MPI that are workers load this file too
    main()
