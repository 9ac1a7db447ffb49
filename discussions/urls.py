"""Addresses of the reading side. `home`, `article` and `comment` are linked from outside and stay."""

from django.urls import path

from discussions.views import feeds, following, forgetting, language, me, reacting, reading, reporting, taking_part

urlpatterns = [
    path("", reading.home, name="home"),
    path("sections/<slug:section>/", reading.home, name="section"),
    path("articles/<slug:slug>/", reading.article, name="article"),
    path("articles/<slug:slug>/comments/", taking_part.post, name="post"),
    path("articles/<slug:slug>/new/", reading.news, name="news"),
    path("articles/<slug:slug>/follow/", following.follow_article, name="follow_article"),
    path("articles/<slug:slug>/feed/", feeds.article, name="article_feed"),
    path("feed/", feeds.site, name="feed"),
    path("counts/", reading.counts, name="counts"),
    path("comments/<int:pk>/", reading.comment, name="comment"),
    path("comments/<int:pk>/replies/", reading.replies, name="replies"),
    path("comments/<int:pk>/reply/", taking_part.reply, name="reply"),
    path("comments/<int:pk>/mine/", taking_part.standing, name="standing"),
    path("comments/<int:pk>/edit/", taking_part.edit, name="edit"),
    path("comments/<int:pk>/delete/", taking_part.delete, name="delete"),
    path("comments/<int:pk>/vote/", reacting.vote, name="vote"),
    path("comments/<int:pk>/report/", reporting.report, name="report"),
    path("comments/<int:pk>/pick/", reacting.pick, name="pick"),
    path("comments/<int:pk>/pin/", reacting.pin, name="pin"),
    path("comments/<int:pk>/follow/", following.follow_comment, name="follow_comment"),
    path("readers/<int:pk>/", reading.reader, name="reader"),
    path("readers/<int:pk>/mute/", following.mute, name="mute"),
    path("follows/<int:pk>/", following.change_follow, name="change_follow"),
    path("confirm/", following.confirm_again, name="confirm_again"),
    path("confirm/<str:token>/", following.confirm_guest, name="confirm_guest"),
    path("unsubscribe/<str:token>/", following.unsubscribe, name="unsubscribe"),
    path("digest/<str:token>/", following.stop_digest, name="stop_digest"),
    path("me/", me.me, name="me"),
    path("me/forget/", forgetting.forget, name="forget"),
    path("forget/<str:token>/", forgetting.confirmed, name="forget_confirmed"),
    path("language/<str:code>/", language.choose, name="language"),
]
