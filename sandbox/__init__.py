"""An embedded server that speaks the Dify dataset API; see __main__.py for how to run it."""
