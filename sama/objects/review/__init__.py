"""Answers that a person has accepted, and proposals to go through: a folder that `sama finetune` takes."""

from sama.objects.review.accepted import accepted_session, write_accepted
from sama.objects.review.progress import ACCEPTED, SKIPPED, Progress
from sama.objects.review.proposals import Proposal, proposals_of

__all__ = [
    "ACCEPTED",
    "SKIPPED",
    "Progress",
    "Proposal",
    "accepted_session",
    "proposals_of",
    "write_accepted",
]
