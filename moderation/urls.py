"""The desk's addresses, below /desk/."""

from django.urls import path

from moderation.views import appeal, decide, insight, queues, readers, record, rules

urlpatterns = [
    path("", queues.home, name="desk"),
    path("queue/<slug:name>/", queues.queue_page, name="desk_queue"),
    path("live/", queues.live, name="desk_live"),
    path("comments/<int:comment_id>/", queues.card_page, name="desk_comment"),
    path("comments/<int:comment_id>/lease/", queues.lease, name="desk_lease"),
    path("comments/<int:comment_id>/spans/", queues.spans, name="desk_spans"),
    path("comments/<int:comment_id>/decide/", decide.decide, name="desk_decide"),
    path("comments/<int:comment_id>/ask/", readers.ask_colleague, name="desk_ask"),
    path("comments/<int:comment_id>/unask/", readers.unask, name="desk_unask"),
    path("comments/<int:comment_id>/appeal/", appeal.write, name="appeal"),
    path("decisions/<int:decision_id>/undo/", decide.undo, name="desk_undo"),
    path("many/", decide.many, name="desk_many"),
    path("many/<uuid:batch>/undo/", decide.undo_many, name="desk_undo_many"),
    path("appeals/<int:appeal_id>/answer/", appeal.answer, name="desk_answer"),
    path("appeals/<int:appeal_id>/reopen/", appeal.reopen, name="desk_reopen"),
    path("readers/<int:reader_id>/", readers.reader, name="desk_reader"),
    path("readers/<int:reader_id>/notes/", readers.note, name="desk_note"),
    path("readers/<int:reader_id>/sanctions/", readers.sanction, name="desk_sanction"),
    path("readers/<int:reader_id>/trust/", readers.trust_reader, name="desk_trust"),
    path("trust/<int:trust_id>/end/", readers.untrust, name="desk_untrust"),
    path("notes/<int:note_id>/delete/", readers.unnote, name="desk_unnote"),
    path("sanctions/<int:sanction_id>/lift/", readers.lift, name="desk_lift"),
    path("record/", record.record, name="desk_record"),
    path("record/export/", insight.export, name="desk_export"),
    path("policy/", rules.page, name="desk_rules"),
    path("policy/<int:version>/back/", rules.go_back, name="desk_go_back"),
    path("policy/<int:version>/again/", rules.judge_again, name="desk_judge_again"),
    path("insight/", insight.page, name="desk_insight"),
    path("insight/<slug:key>.csv", insight.table, name="desk_table"),
]
