"""A run: fetch the list, decide, write the posts.

- Each run begins by correcting times that only a wrong clock can have written (`clock_correction`).
- A poll reads the open list day, days that were missed, each closed day once more, and the last seven days
  again for their upvotes. In the background, the archive is read until no day is missing. A restart continues
  where it stopped.
- A list that ends early, repeats its pages or exceeds the bounds is stored as far as it was read, and its day
  remains a gap that later polls close. A list with some unreadable items counts as read. It is read again
  with the last seven days, and then once a day until it is 30 days old, because such an item may never become
  readable.
- A run that could not read the whole list moves a feed's next run, but not its last one, so that the next run
  reaches as far back. `UNIQUE(feed, paper)` makes that safe.
- The result is stored with each feed, in papers: new (first seen since its last run), matched (before the
  filter) and planned. `/status` uses it to distinguish a quiet day from one on which everything was filtered
  out.
- `/deliver` is a run of one feed. It reads the list first, for at most 20 seconds, and does not change the
  schedule.
- Runs, `/deliver` and the buttons that post share a lock around read, plan and write.
- A bug in one day, query or feed is logged, and the others continue. A run that fails as a whole (a full
  disk, a locked file) is retried after 5 seconds, then with growing delays of up to 15 minutes.
"""
