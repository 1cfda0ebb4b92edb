"""Tools for the database: creation script, passwords, connection URI."""

from pathlib import Path

from omero_cli.framework import Arguments, CommandError, Context, Parser
from omero_server.control.config import Config

ROOT_ID = 0


def configure(parser: Parser) -> None:
    script = parser.command("script", write_script, "Write the SQL script that creates a database")
    script.add_argument("posversion", nargs="?", help="Version of the schema (only OMERO5.4)")
    script.add_argument("pospatch", nargs="?", help="Patch of the schema (only 0)")
    script.add_argument("pospassword", nargs="?", help="Password of the user root")
    script.add_argument("-f", "--file", help="Where to write ('-' is standard output; default VERSION__PATCH.sql)")
    script.add_argument("--version", dest="schema_version")
    script.add_argument("--patch")
    script.add_argument("--password", dest="root_password")
    password = parser.command("password", password_statement, "Print the SQL statement that sets a user's password")
    what = password.add_mutually_exclusive_group()
    what.add_argument("new_password", metavar="password", nargs="?")
    what.add_argument("--empty", action="store_true", help="Remove the password")
    password.add_argument("--user-id", type=int, default=ROOT_ID, help="Id of the user (default 0, root)")
    for each in (script, password):
        each.add_argument("--no-salt", action="store_true", help="Use the old md5 form that does not hold the user id")
    parser.command("uri", uri, 'Print the connection URI, e.g. for: psql "$(omero db uri)"')


def uri(ctx: Context, args: Arguments) -> None:
    from omero_server.db.location import database_uri

    ctx.out(database_uri(Config.load()))


def write_script(ctx: Context, args: Arguments) -> None:
    from omero_server.db.schema import script

    config = Config.load()
    version = _one("version", args.posversion, args.schema_version) or config.get("omero.db.version")
    patch = _one("patch", args.pospatch, args.patch) or config.get("omero.db.patch")
    if (version, patch) != ("OMERO5.4", "0"):
        ctx.die(2, f"Invalid database version or patch: {version}__{patch}. This server's is OMERO5.4__0")
    given = _one("password", args.pospassword, args.root_password)
    text = script(_hash(ctx, config, ROOT_ID, given, args.no_salt))
    if args.file == "-":
        ctx.out(text, newline=False)
        return
    path = Path(args.file or f"{version}__{patch}.sql")
    ctx.out(f"Saving to {path.absolute()}")
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def password_statement(ctx: Context, args: Arguments) -> None:
    value = "" if args.empty else _hash(ctx, Config.load(), args.user_id, args.new_password, args.no_salt)
    # Hashes hold no quotes, and user_id is an integer.
    ctx.out(f"UPDATE password SET hash = '{value}' WHERE experimenter_id = {args.user_id};")  # noqa: S608


def _hash(ctx: Context, config: Config, user_id: int, given: str | None, no_salt: bool) -> str:
    from omero_server.security.passwords import MD5, hash_password

    text = given if given is not None else _ask(ctx, user_id)
    if not text:
        ctx.die(100, "The password is empty")
    if no_salt:
        return hash_password(None, text, MD5)
    return hash_password(user_id, text, config.get("omero.security.password_hash"))


def _ask(ctx: Context, user_id: int) -> str:
    whom = "the OMERO root user" if user_id == ROOT_ID else f"the OMERO user {user_id}"
    for _ in range(3):
        first = ctx.input(f"Please enter password for {whom}: ", hidden=True, what="password")
        if first == ctx.input(f"Please re-enter password for {whom}: ", hidden=True, what="password"):
            return first
        ctx.err("Passwords don't match")
    raise CommandError("No password was entered", 100)


def _one(what: str, positional: str | None, option: str | None) -> str | None:
    if positional is not None and option is not None:
        raise CommandError(f"The {what} was given twice: {positional} and {option}", 1)
    return positional if positional is not None else option
