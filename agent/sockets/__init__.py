"""Thin sockets to other people's trainers and evaluators: the same seeded, judged episodes.

Each module needs its framework, in an environment that has both; none is an extra of ours, since
their pins differ.
"""
