"""``python -m tests.idp PORT``: make the database, and serve until it is ended."""

import os
import sys
import warnings

warnings.simplefilter("ignore")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.idp.settings"  # noqa: TID251 — Django's own way

import django  # noqa: E402 — it reads the settings named above

django.setup()

from cas_server.models import ReplaceAttributName, ServicePattern  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.servers.basehttp import run  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402

from tests.idp import CLIENT, PASSWORD, PEOPLE, SECRET  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
gateways = ServicePattern.objects.create(
    pos=100,
    name="gateway",
    pattern=r"^http://127\.0\.0\.1:\d+/login",
    single_log_out=True,
)
for name in ("number", "cn", "kind"):
    ReplaceAttributName.objects.create(name=name, replace="", service_pattern=gateways)
for name in PEOPLE:
    User.objects.create_superuser(name, f"{name}@example.org", PASSWORD)
get_application_model().objects.create(
    client_id=CLIENT,
    client_secret=SECRET,
    name="gateway",
    client_type="confidential",
    authorization_grant_type="authorization-code",
    # On loopback any port will do (RFC 8252).
    redirect_uris="http://127.0.0.1/login/oidc/sso/callback",
    post_logout_redirect_uris="http://127.0.0.1/login",
    algorithm="RS256",
    skip_authorization=True,
)
run("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), threading=True)
