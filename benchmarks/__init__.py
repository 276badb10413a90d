"""How fast the parts are that grow with the number of subscriptions; `make bench` runs all of it."""
