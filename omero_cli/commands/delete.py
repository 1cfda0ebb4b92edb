"""Delete objects and what belongs to them."""

from omero_cli.framework import Arguments, Context, Parser
from omero_cli.graphs import GraphCommand, graph_arguments

EXAMPLES = """Examples:
  omero delete Image:51
  omero delete Project:51 --report --dry-run
  omero delete Image:51,52 Dataset:53
  omero delete Image:60-69 --force
  omero delete Project/Image:51                  # the images in the project, not the project
  omero delete Image:51 --include TagAnnotation  # tags go too

Linked tags, terms and files stay unless they are included. A range of ids needs --force; without it only a dry run is
made. If one of the objects cannot be deleted, none is, and the exit code is 1.
"""


def configure(parser: Parser) -> None:
    graph_arguments(parser)
    parser.epilog = EXAMPLES
    parser.set_defaults(run=run)


def run(ctx: Context, args: Arguments) -> int:
    return GraphCommand(
        request="Delete2",
        sections={"deletedObjects": "Deleted objects"},
        excluded=("TagAnnotation", "TermAnnotation", "FileAnnotation"),
    ).run(ctx, args)
