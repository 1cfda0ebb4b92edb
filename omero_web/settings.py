"""Django settings, read from the configuration of the OMERO instance (environment variable OMERODIR)."""

from __future__ import annotations

from pathlib import Path

from omero_web.config import web_config

_config = web_config()
_here = Path(__file__).parent
_sessions, _collected = _config.state / "sessions", _config.state / "static"
_sessions.mkdir(parents=True, exist_ok=True, mode=0o700)
_collected.mkdir(exist_ok=True)

DEBUG = _config.properties.get_bool("omero.web.debug")
SECRET_KEY = _config.secret()
# Whoever exposes the server puts a proxy before it; host names are checked there, and no page builds links to mail out.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "omero_web.urls"
WSGI_APPLICATION = "omero_web.wsgi.application"
INSTALLED_APPS = ["django.contrib.staticfiles", "omero_web"]
DATABASES: dict[str, object] = {}
USE_TZ = True
TIME_ZONE = _config.text("omero.web.time_zone", "Europe/London")
LANGUAGE_CODE = "en-gb"
APPEND_SLASH = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "omero_web.cors.CorsMiddleware",
    "omero_web.assets.StaticFiles",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "omero_web.errors.ErrorMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": _config.properties.get_json("omero.web.template_dirs", []),
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["omero_web.assets.page_context"],
            "builtins": ["django.templatetags.static"],
        },
    }
]

FORCE_SCRIPT_NAME = _config.prefix or None
STATIC_URL = _config.static_url
STATIC_ROOT = str(_collected)
STATICFILES_DIRS: list[str] = [str(_here / "static"), *_config.properties.get_json("omero.web.staticfile_dirs", [])]
# The built front end is served from where it was built: no copying step, and no second copy that may be out of date.
WHITENOISE_USE_FINDERS = True
# Vite puts a hash of the content into the name, so a browser need never ask again.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/dist/.+-[\w-]{8}\.(?:js|css)$"
WHITENOISE_AUTOREFRESH = DEBUG

SESSION_ENGINE = "django.contrib.sessions.backends.file"
SESSION_FILE_PATH = str(_sessions)
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_NAME = _config.text("omero.web.session_cookie_name", "sessionid")
SESSION_COOKIE_AGE = _config.number("omero.web.session_cookie_age", 86400)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = _config.text("omero.web.session_cookie_samesite", "Lax")
SESSION_COOKIE_SECURE = _config.properties.get_bool("omero.web.session_cookie_secure")
SESSION_COOKIE_PATH = _config.text("omero.web.session_cookie_path", _config.prefix or "/")
SESSION_EXPIRE_AT_BROWSER_CLOSE = _config.properties.get_bool("omero.web.session_expire_at_browser_close")
CSRF_COOKIE_SAMESITE = _config.text("omero.web.csrf_cookie_samesite", "Lax")
CSRF_COOKIE_SECURE = _config.properties.get_bool("omero.web.csrf_cookie_secure")
CSRF_COOKIE_PATH = SESSION_COOKIE_PATH
CSRF_TRUSTED_ORIGINS = _config.properties.get_json("omero.web.csrf_trusted_origins", [])
CSRF_FAILURE_VIEW = "omero_web.errors.csrf_failure"
X_FRAME_OPTIONS = _config.text("omero.web.x_frame_options", "SAMEORIGIN")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
USE_X_FORWARDED_HOST = _config.properties.get_bool("omero.web.use_x_forwarded_host")
_proxy_header = _config.properties.get_json("omero.web.secure_proxy_ssl_header", [])
SECURE_PROXY_SSL_HEADER = tuple(_proxy_header) if _proxy_header else None

# A list of many ids or an upload form may be long; a body larger than this is refused before it is read.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Refusals and missing pages are the visitors' affair.
    "loggers": {"django.request": {"level": "ERROR"}},
}
