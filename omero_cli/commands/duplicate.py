"""Make copies of objects and of what belongs to them."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.graphs import GraphCommand, class_names, classes_argument, graph_arguments

EXAMPLES = """Examples:
  omero duplicate Dataset:50
  omero duplicate Dataset:50 --report --dry-run
  omero duplicate Project/Dataset:51                     # the datasets in the project, not the project
  omero duplicate Dataset:50 --reference Image           # the copy of the dataset holds the same images
  omero duplicate Dataset:50 --ignore ImageAnnotationLink  # the copies of its images have no annotations

Copies of images have their files and pixel data. For each object, the most specific class that --duplicate, --reference
or --ignore name decides. What needs an object that is left out cannot be copied. A range of ids needs --force; without
it only a dry run is made.
"""
CHOICES = {"duplicate": "Classes to copy", "reference": "Classes to use as they are", "ignore": "Classes to leave out"}


def configure(parser: Parser) -> None:
    graph_arguments(parser)
    for name, help in CHOICES.items():
        classes_argument(parser, name, help)
    parser.epilog = EXAMPLES
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    return GraphCommand(
        request="Duplicate",
        sections={"duplicates": "Duplicates"},
        values={
            "typesToDuplicate": class_names(args.duplicate),
            "typesToReference": class_names(args.reference),
            "typesToIgnore": class_names(args.ignore),
        },
    ).run(ctx, args)
