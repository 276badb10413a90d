"""Focus: how close a paper is to a query, by a table of word vectors that ships with the bot.

`bot.core.query.focus` compiles a query, `table` measures, and `bot.core.focus` decides. Nothing here is
imported while every subscription is exact.
"""
