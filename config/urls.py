"""Every address of the site. The desk stands on its own prefix, the discussion at the root."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health
from moderation.views import access, nudge

access.guard_admin(admin.site)
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("livez", health.livez, name="livez"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("desk/perspective/", include("moderation.perspective.urls")),
    path("desk/", include("moderation.urls")),
    path("nudge/", nudge.nudge, name="nudge"),
    path("", include("discussions.urls")),
]
if settings.PARLEY_LOCAL:
    from discussions.views import mailbox

    urlpatterns.insert(0, path("mailbox/", mailbox.mailbox, name="mailbox"))

handler400 = "discussions.views.errors.bad_request"
handler403 = "discussions.views.errors.forbidden"
handler404 = "discussions.views.errors.not_found"
handler429 = "discussions.views.errors.too_many"  # asked for by allauth
handler500 = "discussions.views.errors.server_error"
