"""Benchmarks of the parts whose cost grows with the number of subscriptions; `make bench` runs them all."""
