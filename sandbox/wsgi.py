"""The WSGI application, imported in the worker process: Django behind the fault gate, and the indexer at work."""

from django.core.wsgi import get_wsgi_application

from sandbox.faults import Gate
from sandbox.indexing import indexer

application = Gate(get_wsgi_application())
indexer.start()
