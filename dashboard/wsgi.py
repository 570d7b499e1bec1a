"""What gunicorn runs."""

import os

from django.core.wsgi import get_wsgi_application

from dashboard.process import roomy

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
application = roomy(get_wsgi_application())
