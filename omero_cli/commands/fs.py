"""Files and disk usage of the server's data."""

from omero_cli.disk_usage import COLUMNS, SUMS, UNITS, usage
from omero_cli.fileset_tables import IMAGE_ORDERS, SET_ORDERS, list_images, list_sets, rename_set
from omero_cli.filesets import list_files, make_folder, parse_fileset, repositories, show_log
from omero_cli.framework import Parser
from omero_cli.import_times import import_times
from omero_cli.requests import wait_argument

TRANSFERS = ("cp", "cp_rm", "ln", "ln_rm", "ln_s", "upload_rm")
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
    _configure_tables(parser)
    rename = _fileset(parser.command("rename", rename_set, "Move a fileset to another folder (disabled)"))
    rename.add_argument("--no-move", action="store_true", help="Only print what would be moved")
    times = parser.command("importtime", import_times, "Show how long an import took").login_arguments()
    times.add_argument("fileset", type=parse_fileset, nargs="?", help="Id, or Fileset:ID")
    what = times.add_mutually_exclusive_group()
    what.add_argument("--cache", action="store_true", help="Keep it as an annotation on the fileset")
    what.add_argument("--summary", action="store_true", help="Print all that is kept, as CSV")
    make = parser.command("mkdir", make_folder, "Make a folder in the managed repository").login_arguments()
    make.add_argument("new_dir", help="Path of the folder")
    make.add_argument("--parents", action="store_true", help="Make those above too; it is no error if it exists")


def _configure_tables(parser: Parser) -> None:
    sets = parser.command("sets", list_sets, "List filesets").login_arguments().limit_arguments()
    images = parser.command("images", list_images, "List images with their files").login_arguments().limit_arguments()
    for table, orders in ((sets, SET_ORDERS), (images, IMAGE_ORDERS)):
        table.style_argument()
        table.add_argument("--order", choices=tuple(orders), default="newest", help="Order of the rows")
        table.add_argument("--extended", action="store_true", help="Show more, which takes longer")
    sets.add_argument("--without-images", action="store_true", help="Only those that have no images any more")
    sets.add_argument("--with-transfer", nargs="+", action="append", choices=TRANSFERS, help="Only those that came so")
    sets.add_argument("--check", action="store_true", help="Compare the files with their checksums (administrators)")
    images.add_argument("--archived", action="store_true", help="Only those with archived files, without filesets")


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
