"""The theory: a Mesa model of the innovation mechanisms behind a low-cost, high-performance, open product."""
