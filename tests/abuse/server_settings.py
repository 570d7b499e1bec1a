"""The product's settings for a process under test, with static files as they are: nobody has collected them."""

from dashboard import settings as product

vars().update({name: value for name, value in vars(product).items() if name.isupper()})
STORAGES = product.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = product.BASE_DIR / "static" / "vendor"  # one that is there: whitenoise warns of another, in a line of its own
