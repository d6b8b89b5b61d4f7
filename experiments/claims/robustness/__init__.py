"""Robustness: could the answers be otherwise, and what would make them so?"""
