"""What is said to people: text that can be shown, its language, streams, progress and tables of the terminal."""
