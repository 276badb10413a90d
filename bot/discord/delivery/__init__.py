"""Messages sent to channels, found again, and refused.

- A forum or media channel gets one post per paper, and one for the rest. It uses the tags that fit the
  subscriptions' words; if a tag is required and none fits, the most general one.
- A message unarchives an archived thread. A locked thread is blocked.
- Only the feed's role is pinged, by its ID and in the first message of a run. Every send sets
  `allowed_mentions`.
"""
