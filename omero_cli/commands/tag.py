"""List, make and attach tags and tag sets."""

from omero_cli.framework import Parser
from omero_cli.tag_changes import attach, create, create_set, load
from omero_cli.tag_lists import list_sets, list_tags

EXAMPLES = """Examples:
  omero tag list                                    # tags by tag set
  omero tag create --name mitosis --desc 'dividing cells'
  omero tag createset --tag 18 19 --name 'cell cycle'
  omero tag link Image:51 18
  omero tag load tags.json

The file of `load` is a JSON list: {"name": "a", "desc": "b"} is a tag, with "set": [{"name": ...}, ...] a tag set.
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    tags = _listing(parser.command("list", list_tags, "List tags by tag set"))
    tags.add_argument("--tagset", nargs="+", type=int, metavar="ID", help="Only the tags of these tag sets")
    sets = _listing(parser.command("listsets", list_sets, "List tag sets"))
    sets.add_argument("--tag", nargs="+", type=int, metavar="ID", help="Only those that these tags are in")
    _description(parser.command("create", create, "Make a tag and print it").login_arguments())
    of_tags = _description(parser.command("createset", create_set, "Make a tag set of tags and print it"))
    of_tags.login_arguments().add_argument("--tag", nargs="+", type=int, required=True, metavar="ID", help="The tags")
    source = parser.command("load", load, "Make tags and tag sets that a JSON file describes").login_arguments()
    source.add_argument("filename", nargs="?", help="The file (default: standard input)")
    link = _common(parser.command("link", attach, "Attach a tag to an object"))
    link.add_argument("object", help="The object as Class:ID")
    link.add_argument("tag_id", type=int, help="Id of the tag")


def _common(parser: Parser) -> Parser:
    parser.login_arguments()
    parser.add_argument("--admin", action="store_true", help="Look at the tags and objects of all groups")
    parser.add_argument("--nopage", action="store_true", help="Do not pause when the screen is full")
    return parser


def _listing(parser: Parser) -> Parser:
    _common(parser)
    parser.add_argument("--uid", metavar="ID", help="Only those of the user with this id")
    parser.add_argument("--desc", "--description", "--descriptions", action="store_true", help="Show descriptions")
    return parser


def _description(parser: Parser) -> Parser:
    parser.add_argument("--name", help="Its name (asked for when it is missing)")
    parser.add_argument("--desc", "--description", help="Its description")
    return parser
