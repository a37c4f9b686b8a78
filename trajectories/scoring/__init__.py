"""Scoring: what a record says about an episode, judged by pure functions of its plain JSON."""
