"""The mechanisms of the theory: one file each, pure functions over arrays, none importing another."""
