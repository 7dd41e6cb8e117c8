"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from makers_market.core.http import utf8_only

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "makers_market.settings")
application = utf8_only(get_wsgi_application())
