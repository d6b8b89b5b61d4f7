"""Claims as ladders: each rung is judged in every world, and the answer is the share of worlds in which it holds."""
