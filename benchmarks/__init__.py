"""`make bench`: our figures, as ratios against the same work done directly, in one run."""
