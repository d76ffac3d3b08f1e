"""Officine Mezzogiorno, the portal: `create_app` puts the rooms together, lowest first."""

from collections.abc import Mapping

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from hub import assets, commands, db, errors, filters, health, language, web
from hub.accounts import personal as accounts_personal
from hub.accounts import sign_in
from hub.accounts.codes import bp as second_factor
from hub.accounts.my_data import bp as my_data
from hub.accounts.oidc import bp as oidc
from hub.accounts.security import bp as security
from hub.accounts.staff import bp as accounts_staff
from hub.accounts.views import bp as accounts
from hub.agenda import fetching
from hub.agenda import personal as agenda_personal
from hub.agenda.feeds import bp as feeds
from hub.agenda.listing_views import bp as listing
from hub.agenda.partner_views import bp as partners
from hub.agenda.views import bp as agenda
from hub.booking import personal as booking_personal
from hub.booking.closures import bp as closures
from hub.booking.desk import bp as desk
from hub.booking.payments import bp as payments
from hub.booking.recurring import bp as series
from hub.booking.regulations import bp as regulations
from hub.booking.staff import bp as booking_staff
from hub.booking.statistics import bp as statistics
from hub.booking.steps import bp as booking_steps
from hub.booking.views import bp as booking
from hub.evaluation import told
from hub.evaluation.export_views import bp as exports
from hub.evaluation.impact_views import bp as impact
from hub.evaluation.views import bp as evaluation
from hub.families import personal as families_personal
from hub.families.guardians import bp as family_people
from hub.families.staff import bp as families_staff
from hub.families.views import bp as families
from hub.labs import personal as labs_personal
from hub.labs.certificate_desk import bp as certificate_desk
from hub.labs.certificate_views import bp as certificates
from hub.labs.edition_views import bp as editions
from hub.labs.enrol_views import bp as enrolling
from hub.labs.feedback_views import bp as feedback
from hub.labs.group_file_views import bp as group_files
from hub.labs.group_views import bp as groups
from hub.labs.health_views import bp as health_notes
from hub.labs.mentor_views import bp as mentoring
from hub.labs.message_views import bp as messages
from hub.labs.mine_views import bp as enrolments
from hub.labs.path_staff import bp as paths_staff
from hub.labs.path_views import bp as paths
from hub.labs.presence_views import bp as presence
from hub.labs.question_views import bp as questions
from hub.labs.register_views import bp as register
from hub.labs.school_views import bp as school_hours
from hub.labs.session_views import bp as sessions
from hub.labs.staff import bp as labs_staff
from hub.labs.team_views import bp as team
from hub.labs.views import bp as labs
from hub.manage.day import bp as day
from hub.notices.staff import bp as notices_staff
from hub.notices.views import bp as notices
from hub.organisations import personal as organisations_personal
from hub.organisations.people import bp as organisations_people
from hub.organisations.staff import bp as organisations_staff
from hub.organisations.views import bp as organisations
from hub.pages import navigation
from hub.pages import personal as pages_personal
from hub.pages.rating import bp as rating
from hub.pages.reports import bp as reports
from hub.pages.search import bp as search
from hub.pages.staff import bp as pages_staff
from hub.pages.views import bp as pages
from hub.proposals import personal as proposals_personal
from hub.proposals.answer_staff import bp as answer_staff
from hub.proposals.assisted_desk import bp as assisted
from hub.proposals.author_views import bp as proposal_authors
from hub.proposals.claim_views import bp as claim
from hub.proposals.comment_views import bp as debate
from hub.proposals.data_views import bp as proposal_data
from hub.proposals.document_views import bp as document
from hub.proposals.draft_views import bp as drafts
from hub.proposals.feed_views import bp as proposal_feeds
from hub.proposals.file_views import bp as proposal_files
from hub.proposals.follow_views import bp as following
from hub.proposals.list_views import bp as proposal_list
from hub.proposals.meeting_staff import bp as meetings_staff
from hub.proposals.merge_views import bp as merging
from hub.proposals.merge_views import desk as merging_staff
from hub.proposals.moderation_staff import bp as moderation_staff
from hub.proposals.outcome_views import bp as outcome
from hub.proposals.pattern_staff import bp as patterns
from hub.proposals.process_staff import bp as processes_staff
from hub.proposals.process_views import bp as processes
from hub.proposals.result_staff import bp as result_staff
from hub.proposals.support_views import bp as supports
from hub.proposals.views import bp as proposals
from hub.spaces.entrances import bp as entrances
from hub.spaces.hours import bp as hours
from hub.spaces.prices import bp as prices
from hub.spaces.views import bp as spaces

GROUND = (web, db, language, filters, assets, errors, health, commands, sign_in, fetching, told, navigation)
PERSONAL = (
    *(accounts_personal, organisations_personal, families_personal, booking_personal),
    *(labs_personal, proposals_personal, agenda_personal, pages_personal),
)
ROOMS = (
    *(notices, notices_staff, accounts, my_data, security, second_factor, accounts_staff, oidc),
    *(organisations, organisations_people, organisations_staff),
    *(families, family_people, families_staff),
    *(spaces, hours, prices, booking, booking_steps, series, booking_staff, payments, statistics, closures, regulations),
    *(desk, labs, labs_staff, sessions, editions, team, questions, enrolling, enrolments, health_notes),
    *(register, presence, certificates, certificate_desk, school_hours, feedback),
    *(paths, mentoring, paths_staff, groups, group_files, messages),
    *(processes, processes_staff, meetings_staff),
    *(
        proposals,
        drafts,
        proposal_files,
        supports,
        patterns,
        document,
        assisted,
        claim,
    ),
    *(proposal_list, proposal_feeds, proposal_data, proposal_authors),
    *(outcome, answer_staff, result_staff, merging, merging_staff),
    *(debate, following, moderation_staff),
    *(entrances, agenda, listing, feeds, partners, evaluation, exports, impact, day),
    *(pages, rating, reports, search, pages_staff),
)


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The portal for this environment (the process's own where none is given)."""
    app = Flask(__name__, static_folder=None)
    app.config.update(config.load() if environ is None else config.load(environ))
    if hops := app.config["PROXY_HOPS"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    for part in (*GROUND, *PERSONAL):
        part.init(app)
    for room in ROOMS:
        app.register_blueprint(room)
    return app
