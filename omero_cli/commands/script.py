"""List, upload, run and look after scripts that run on the server."""

from omero_cli.framework import Parser
from omero_cli.script_files import cat, change, delete, edit, list_scripts, replace, upload
from omero_cli.script_runs import demo, jobs, launch, run_here, serve, show_params

EXAMPLES = """Examples:
  omero script upload split.py
  omero script list user
  omero script params 51
  omero script launch 51 Image_ID=7 Mode=fast
  omero script run split.py Image_ID=7          # here, not on the server

A script is named by its id or its path on the server. WHO is user, group, user=ID or group=ID.
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    parser.epilog = EXAMPLES
    parser.command("demo", demo, "Upload, list, run and delete a small script").login_arguments()
    _who(parser.command("list", list_scripts, "List the official scripts, or those of users and groups"))
    _script(parser.command("cat", cat, "Print a script"))
    _script(parser.command("edit", edit, "Edit a script in $VISUAL or $EDITOR"))
    _script(parser.command("params", show_params, "Print what a script takes and gives"))
    start = _script(parser.command("launch", launch, "Run a script on the server and wait for it"))
    start.add_argument("input", nargs="*", help="Inputs as NAME=VALUE; missing ones are asked for")
    for name, mimetype, text in (
        ("disable", "text/plain", "Make a script no script, by its type"),
        ("enable", "text/x-python", "Make it a script again"),
    ):
        each = _script(parser.command(name, change, text))
        each.add_argument("--mimetype", default=mimetype, help=f"Its new type (default={mimetype})")
        each.set_defaults(word=f"{name.title()}d")
    other = _script(parser.command("replace", replace, "Replace the text of a script"))
    other.add_argument("file", help="File with the new text")
    runs = _who(parser.command("jobs", jobs, "List the scripts that run now"))
    runs.add_argument("--all", action="store_true", help="Those that have ended, too")
    _configure_others(parser)


def _configure_others(parser: Parser) -> None:
    helper = _who(parser.command("serve", serve, "Run scripts of the server in this process (not with this server)"))
    helper.add_argument("--verbose", action="store_true", help="Tell more")
    helper.add_argument("-b", "--background", action="store_true", help="In the background")
    helper.add_argument("-t", "--timeout", type=int, default=0, help="Seconds; 0 is without end")
    new = parser.command("upload", upload, "Upload a script").login_arguments()
    new.add_argument("file", help="The script; its path on the server is as it is written here")
    new.add_argument("--official", action="store_true", help="For all users (administrators)")
    parser.command("delete", delete, "Delete a script").login_arguments().add_argument("id", type=int, help="Its id")
    here = parser.command("run", run_here, "Run a script in a process of this machine").login_arguments()
    here.add_argument("file", help="The script")
    here.add_argument("input", nargs="*", help="Inputs as NAME=VALUE")


def _who(parser: Parser) -> Parser:
    parser.login_arguments().add_argument("who", nargs="*", help="user, group, user=ID or group=ID")
    return parser


def _script(parser: Parser) -> Parser:
    parser.login_arguments().add_argument("original_file", metavar="SCRIPT", help="Id, path, or file=ID")
    return parser
