"""A typed client of the Dify dataset ("Knowledge") API. Pure Python: it imports nothing of Django."""
