"""Values of Python expressions as text that is the same for both libraries. Needs neither a server nor input."""

from contextlib import redirect_stdout
from io import StringIO


def described(value):
    """A value as text: RTypes as `RLong(1)`, objects by their attributes."""
    import omero
    import omero.model

    if isinstance(value, omero.RType):
        return f"{value.ice_id().split('::')[-1]}({described(value._val)})"
    if isinstance(value, omero.model.IObject):
        return f"{type(value).__name__}:{described(value.getId())}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(described, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{described(key)}: {described(value[key])}' for key in sorted(value, key=str))}}}"
    if hasattr(value, "ice_staticId"):
        return type(value).__name__ + described({key: held for key, held in vars(value).items() if held is not None})
    if type(value).__module__ == "numpy":
        return described(value.tolist())
    return repr(value)


def evaluate(setup, expressions):
    """The description of each expression's value, or class and text of the exception. `setup` are statements.

    What they print is thrown away.
    """
    import omero.all

    names = {"omero": omero}
    exec(setup, names)
    found = []
    for expression in expressions:
        try:
            with redirect_stdout(StringIO()):
                found.append(described(eval(expression, names)))
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found
