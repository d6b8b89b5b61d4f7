"""Claims as ladders: each rung is judged in every world asked for, and the answer is in how many it holds."""
