"""A minimal client of a running `wavetank serve`, safe beside a user's own packages."""
