"""Claims as ladders: each rung is judged in every world asked for, and the answer is the share of worlds it holds in."""
