"""`sama weights`: which weights there are, download, check and convert them."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from sama.commands.parser import Parser
from sama.errors import WeightsError
from sama.weights.digest import check_sha256
from sama.weights.field_records import (
    FIELD_RECORDS,
    NO_COMMERCE,
    FieldRecord,
    absence,
    check_terms,
    files_here,
)
from sama.weights.hub import HubFile, announced_sha256, cached, fetch, parse_hub_id
from sama.weights.records import RECORDS, WEIGHTS, ModelRecord, record_of
from sama.weights.shares import added_share


def add_arguments(parser: Parser) -> None:
    """Add the subcommands; without one the models are listed."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION")

    def action(name: str, does: str, example: str = "") -> argparse.ArgumentParser:
        sentence = f"{does[0].upper()}{does[1:]}."
        return actions.add_parser(name, help=does, description=sentence, example=example)

    action("list", "list the models, their files, and which are here")
    get = action(
        "get", "download a model, or SAMA's modules, from the hub; its licence is shown first", "vit_b"
    )
    get.add_argument("what", metavar="MODEL|OWNER/NAME[:FILE]")
    get.add_argument(
        NO_COMMERCE, action="store_true", help="take weights whose licence forbids commercial use"
    )
    verify = action("verify", "check a checkpoint's sha256 and every tensor's name and shape", "mini")
    verify.add_argument("what", metavar="MODEL|FILE")
    verify.add_argument("--model", choices=sorted(RECORDS), help="the model that FILE must fit")
    convert = action(
        "convert",
        "rewrite a SAM checkpoint: .pth as transformers' .safetensors, or back",
        "sam_vit_b_01ec64.pth model.safetensors",
    )
    convert.add_argument("source", type=Path, metavar="FROM")
    convert.add_argument("target", type=Path, metavar="TO", help="its ending, .pth or .safetensors, decides")


def main(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; raises WeightsError."""
    if args.action == "get":
        lines = _get_field(args) if args.what in FIELD_RECORDS else _get(args.what)
        for line in lines:
            print(line, flush=True)
    elif args.action == "verify":
        for line in _verify(args.what, args.model):
            print(line)
    elif args.action == "convert":
        # Imported late, as below: torch takes seconds, a list should not.
        from sama.weights.official import convert

        convert(args.source, args.target)
        print(f"wrote {args.target} ({_megabytes(args.target.stat().st_size)})")
    else:
        _list()
    return 0


def _list() -> None:
    """A line a model: name, parameters, licence, what is here; then a line for each published file."""
    for record in RECORDS.values():
        millions = f"{record.parameters / 1e6:.1f} M"
        print(f"{record.name:6} {millions:>8}  {_presence(record)}; {record.licence}")
        for file in record.published:
            size = (
                f"about {4 * record.parameters / 1e6:.0f} MB" if file.size is None else _megabytes(file.size)
            )
            digest = f"sha256 {file.sha256 or 'as the hub announces it'}"
            print(f"{'':17}{file.url or f'{file.hub}, {file.name}'}: {size}, {digest}")
        if share := added_share(record):
            print(f"{'':17}{share}")
    print("Other projects' models, for comparison and for words; never used unless named:")
    for each in FIELD_RECORDS.values():
        print(f"{each.name:14} {each.megabytes:>4} MB  {_field_presence(each)}; {each.title}, {each.terms}")


def _field_presence(record: FieldRecord) -> str:
    if not absence(record, here=_is_here(record)):
        return "downloaded"
    if _is_here(record):
        return "downloaded, but its extra `field` is not installed"
    flag = "" if record.commercial else f" {NO_COMMERCE}"
    return f"not here: `weights get {record.name}{flag}`"


def _is_here(record: FieldRecord) -> bool:
    from sama.methods import METHODS
    from sama.methods.field import Field

    method = METHODS.get(record.name)
    return (method.files() if isinstance(method, Field) else files_here(record)) is not None


def _get_field(args: argparse.Namespace) -> Iterator[str]:
    """Say under which licence a model of others is, then fetch it."""
    record = FIELD_RECORDS[args.what]
    yield from record.licence_lines
    check_terms(record, args.non_commercial)
    if not record.files:
        from sama.methods.rembg_crop import fetch_weights

        paths = [fetch_weights()]
    else:
        paths = (fetch(HubFile.of(file), flag=None, fixed=True) for file in record.files)
    for path in paths:
        digest = check_sha256(path, announced_sha256(path))
        yield f"{path}: {_megabytes(path.stat().st_size)}, sha256 {digest}"
    if lacking := absence(record, here=True):
        yield lacking


def _presence(record: ModelRecord) -> str:
    if record.hub_file is not None:
        here = cached(HubFile.of(record.hub_file))
        where = "downloaded" if here else f"not here: `weights get {record.name}`, or --checkpoint FILE"
        return f"{where}; no SAMA weights"
    files = [name for name in (record.backbone_file, record.sama_file) if name]
    found = [name for name in files if (WEIGHTS / name).is_file()]
    missing = [name for name in files if name not in found]
    size = sum((WEIGHTS / name).stat().st_size for name in found) / 2**20
    text = f"embedded: {', '.join(found)} ({size:.1f} MiB)" if found else ""
    return text + (f" missing: {', '.join(missing)}" if missing else "")


def _get(what: str) -> list[str]:
    if what in RECORDS:
        published = record_of(what).hub_file
        if published is None:
            return [f"{what} is embedded; there is nothing to download."]
        file = HubFile.of(published)
        path = fetch(file, flag="--checkpoint", sha256=published.sha256, fixed=True)
        digest = check_sha256(path, published.sha256 or announced_sha256(path))
    else:
        file = parse_hub_id(what, "sama_vit_b.safetensors")
        if file is None:
            raise WeightsError(
                f"{what!r} is neither a model ({', '.join((*RECORDS, *FIELD_RECORDS))}) nor a hub id; write "
                "owner/name or owner/name:file."
            )
        path = fetch(file, flag="--sama-weights")
        digest = check_sha256(path, announced_sha256(path))
    return [f"{path}", f"{_megabytes(path.stat().st_size)}, sha256 {digest}"]


def _verify(what: str, model: str | None) -> list[str]:
    from sama.weights.inspection import inspect_file
    from sama.weights.zoo import load_model

    if what not in RECORDS:
        return inspect_file(Path(what), model)
    record = record_of(what)
    if record.hub_file is None:
        names = [name for name in (record.backbone_file, record.sama_file) if name]
        lines = [line for name in names for line in inspect_file(WEIGHTS / name, what)]
        load_model(what)  # refuses files that do not belong together
        return [*lines, "The two belong together."]
    file = cached(HubFile.of(record.hub_file))
    if file is None:
        raise WeightsError(
            f"{what} is not downloaded; run `python -m sama weights get {what}`, or name a file to verify."
        )
    return inspect_file(file, what)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
