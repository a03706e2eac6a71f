"""`sama review`: go through a folder of proposals in the page."""

import argparse
from pathlib import Path

from sama.commands import app

ACCEPTED = "accepted"  # in the folder of proposals, by default


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the `review` command."""
    parser.add_argument(
        "directory", metavar="DIR", type=Path, help="sessions, labels/ or alphas/, such as `batch` leaves"
    )
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="where the photos are; by default DIR/images, or DIR"
    )
    app.add_arguments(parser)


def main(args: argparse.Namespace) -> int:
    """Serve until interrupted; raises SamaError, and returns 2 where the page cannot be served."""
    from sama.objects.review import Progress, proposals_of

    accepted = args.accept or args.directory / ACCEPTED
    proposals = proposals_of(args.directory, args.photos, without=accepted)
    done = len(Progress(accepted).done.keys() & {each.photo.name for each in proposals})
    print(f"{len(proposals)} photos, {done} of them done; accepted answers go to {accepted}")
    return app.serve(args, accepted, proposals)
