"""Files and disk usage of the server's data."""

from omero_cli.disk_usage import COLUMNS, SUMS, UNITS, usage
from omero_cli.filesets import list_files, make_folder, parse_fileset, repositories, show_log
from omero_cli.framework import Parser
from omero_cli.requests import wait_argument

USAGE = """Examples:
  omero fs usage                              # your data
  omero fs usage --groups                     # all data in your groups
  omero fs usage Image:1,2 Dataset:5-9 --report
  omero fs usage 'Experimenter:*' --report --sum-by user group
  omero fs usage Project:1 --units M

Objects are Class:IDs, or Class:* for all of a class. Counted are the files of filesets, import logs, attached files,
pixel data, pyramids and thumbnails, each file once in the total.
"""


def configure(parser: Parser) -> None:
    parser.login_arguments()
    _configure_usage(parser)
    repos = parser.command("repos", repositories, "List the repositories").login_arguments()
    repos.style_argument()
    repos.add_argument("--managed", action="store_true", help="Only those that imports go to")
    _fileset(parser.command("ls", list_files, "List the files of a fileset"))
    log = _fileset(parser.command("logfile", show_log, "Print or save the log of an import"))
    log.add_argument("filename", nargs="?", default="-", help="New file to save it in; - prints it (default)")
    what = log.add_mutually_exclusive_group()
    what.add_argument("--name", action="store_true", help="Print its path in the repository")
    what.add_argument("--size", action="store_true", help="Print its size in bytes")
    make = parser.command("mkdir", make_folder, "Make a folder in the managed repository").login_arguments()
    make.add_argument("new_dir", help="Path of the folder")
    make.add_argument("--parents", action="store_true", help="Make those above too; it is no error if it exists")


def _fileset(parser: Parser) -> Parser:
    parser.login_arguments()
    parser.add_argument("fileset", type=parse_fileset, help="Id, or Fileset:ID")
    return parser


def _configure_usage(parser: Parser) -> None:
    show = parser.command("usage", usage, "Show how much disk space data take", epilog=USAGE).login_arguments()
    show.add_argument("obj", nargs="*", help="Class:IDs or Class:*; your own data by default")
    show.style_argument()
    wait_argument(show)
    show.add_argument("--size-only", action="store_true", help="Print the number of bytes alone")
    show.add_argument("--report", action="store_true", help="Print a table as well")
    show.add_argument("--sum-by", nargs="+", choices=SUMS, metavar="COLUMN", help=f"Columns: {', '.join(SUMS)}")
    show.add_argument("--sort-by", nargs="+", choices=COLUMNS, metavar="COLUMN", help=f"Order: {', '.join(COLUMNS)}")
    show.add_argument("--reverse", action="store_true", help="Turn the order round")
    units = show.add_mutually_exclusive_group()
    units.add_argument("--units", choices=UNITS, help="Show sizes in kibibytes, mebibytes, ...")
    units.add_argument("--human-readable", action="store_true", help="Show each size in the unit that suits it")
    show.add_argument("--groups", action="store_true", help="All data in your groups")
