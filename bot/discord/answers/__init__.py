"""Answers: the services' results in words, one file per topic."""
