"""The desk's pages on scoring for others, below /desk/perspective/. The endpoint's own addresses are in front.py."""

from django.urls import path

from moderation.views import perspective_desk

urlpatterns = [
    path("", perspective_desk.key_page, name="desk_perspective"),
    path("keys/<int:key_id>/revoke/", perspective_desk.revoke, name="desk_perspective_revoke"),
    path("thresholds/", perspective_desk.threshold_page, name="desk_perspective_thresholds"),
]
