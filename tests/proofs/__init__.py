"""Proofs over whole folders of documents: run as programs, too long for the test suite."""
