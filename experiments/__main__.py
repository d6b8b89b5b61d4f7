"""``python -m experiments`` is ``flywheel``."""

from experiments.door import main

if __name__ == "__main__":
    main()
