"""The site's settings as the tests want them: same laws, same middleware, quick passwords, none of your environment.

The environment is set before the site's settings read it, so what a developer has exported cannot change a result.
"""

import os

from tests import engine

for name in [name for name in os.environ if name.startswith(("STRIPE_", "SECURE_", "EMAIL_", "READ_", "LOG_"))]:
    del os.environ[name]
os.environ.update(
    DEMO="1",
    DEBUG="0",
    SITE_URL="http://localhost:8000",
    SECRET_KEY="tests-only-" + "k" * 50,
    VAULT_KEY="dGVzdHMtb25seS12YXVsdC1rZXktMzItYnl0ZXMhISE=",
    TIME_ZONE="Asia/Shanghai",
    LOG_LEVEL="WARNING",
    ALLOWED_HOSTS="localhost,127.0.0.1,[::1],testserver",
    VAR_DIR=str(engine.var_dir()),
    DATABASE_URL=engine.database_url(),
)

from charity_site.settings import *  # noqa: E402, F403
from charity_site.settings import DATABASES, VAR_DIR  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405 - whitenoise warns of a missing folder
STATICFILES_DIRS = [path for path in STATICFILES_DIRS if path.exists()]  # noqa: F405
# A file, as on a real site: write-ahead log, locks between connections and bytes that a test may change.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
# WhiteNoise warns about a folder that nobody has collected into yet.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
