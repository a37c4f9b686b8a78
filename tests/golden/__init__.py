"""Frozen outputs: digests of what the product said when they were last written on purpose."""
