"""The keyword language: from what a person types to a query that can be evaluated."""
