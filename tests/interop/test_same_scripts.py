"""Parameters of scripts: ours and the official ones are made, read and checked alike."""

from __future__ import annotations

import re

from tests.interop.conftest import Official
from tests.interop.scripts.evaluated import evaluate

SETUP = '''
from omero import scripts as s
from omero.rtypes import *

DESCRIPTION = """'n', 'd', s.Long('L', default=1, min=0, max=5), s.String('S', values=['a', 'b'], optional=False),
s.Bool('B'), s.Int('I'), s.Float('F'), s.Double('D'), s.List('LI'), s.List('LL').ofType(rlong(0)),
s.Set('SE').ofType(rstring('')), s.Map('M'), s.Object('O'), s.Color('C'), s.Point('P'), s.Plane('PL'),
s.String('OUT', out=True)"""

def parse(arguments):
    return s.parse_text("import omero.scripts as s\\nfrom omero.rtypes import *\\nc = s.client(%s)" % arguments)

def grouped(*groupings):
    made = [f"s.Long('p{number}', grouping='{grouping}')" for number, grouping in enumerate(groupings)]
    return s.group_params(parse(", ".join(["'n'"] + made)))

params = parse(DESCRIPTION)
'''
TYPES = ("Object", "Long", "Int", "Double", "Float", "String", "Bool", "Color", "Point", "Plane", "Set", "List", "Map")
MADE = [f"s.{name}('a')" for name in TYPES] + [
    "s.Long('a', default=3, min=1, max='5', values=[1, 2, 3])",
    "s.Long('a', default='x')",
    "s.Long('a', default=rlong(3))",
    "s.String('a', default='b', values=['a'])",
    "s.String('a', values=[rstring('a')])",
    "s.String('a', values=rlist(rstring('x')))",
    "s.Long('a', values=[1], default=2)",
    "s.Long('a', min=1, max=2, default=9)",
    "s.List('a', default=[1, 2])",
    "s.List('a', default='x')",
    "s.List('a', default=('x', 'y'))",
    "s.List('a', default=rlist(rstring('x')))",
    "s.List('a', values=['a', 'b'], default=['c'])",
    "s.List('a', values=['a', 'b'], default=['a', 'b'])",
    "s.List('a').ofType(rlong(0))",
    "s.List('a').ofType(omero.model.ImageI)",
    "s.List('a').ofType(omero.model.ImageI())",
    "s.List('a').ofType(str)",
    "s.List('a', default=['x']).ofType(rlong(0))",
    "s.List('a', default=[1]).ofType(rlong(0))",
    "s.List('a', default=[rlong(1)]).ofType(rlong(0))",
    "s.List('a', grouping='1').ofType(rlong(0)).out()",
    "s.List('a').inout()",
    "s.List('a').type(1, 2)",
    "s.Long('a').type(2)",
    "s.Set('a').ofType(rstring('')).append(rstring('z'))",
    "s.Set('a', default=[rint(1)])",
    "s.Map('a', default={'x': rint(1)})",
    "s.Map('a').update(a=rint(1))",
    "s.Bool('a', default='false')",
    "s.Bool('a', default=False)",
    "s.Float('a', default=1)",
    "s.Long('a', foo=3)",
    "s.Long('a', True, True, 'desc')",
    "s.Long('a', False, grouping='1.2', namespaces=['x'], description='d')",
    "s.Object('a', default=omero.model.ImageI(1, False))",
    "s.Object('a', default='Image:1')",
    "s.Point('a', default=omero.Point())",
    "s.Color('a', default=5)",
    "s.String('a', default='')",
    "s.String('a', min=1)",
    "s.Int('a', useDefault=True)",
    "s.Int('a', _name='c')",
    "s.Type('a')",
]
DESCRIBED = [
    f"parse({arguments!r})"
    for arguments in (
        "",
        "'n'",
        "s.Long('a')",
        "'n', 'd', s.Long('a'), s.String('b').out(), s.Int('c').inout(), version='1', authors=['x'], contact='z'",
        "'n', 'd', 'e'",
        "'n', s.Long('a'), 'd'",
        "'n', 'd', [s.Long('a')]",
        "'n', 'd', None",
        "'n', 'd', name='q'",
        "'n', description='dd', foo=3",
        "'n', namespaces=['a'], authorsInstitutions=[[1]], stdoutFormat='text/html'",
        "'n', 'd', s.Long('a', optional=False), s.Long('a')",
    )
] + ["s.parse_text('x = 1')", "s.parse_text('raise ValueError(3)')", "s.parse_text('x = (')"]
READ = [
    f"s.parse_input({text!r}, params)"
    for text in (
        *("L=3", "L=x", "L=", "L", "L= 3", " L=3", "S", "S=", "S=a b", "=3", "Z=3", ""),
        *("B=False", "B=0", "B=FALSE", "B=", "B=no", "B", "I=3", "I=3.5", "F=1.5", "D=1e3"),
        *("LI=a,b", "LI=", "LI=1,2", "LL=1,2", "LL=1, 2", "LL=1,x", "SE=a,b,a", "M=a", "C=1", "P=1", "PL=1"),
        *("O=Image:1", "O=ImageI:1", "O=Image", "O=Foo:1", "O=Image:x", "O=", "O=omero.model.Image:1", "OUT=x"),
    )
] + [
    f"s.parse_inputs({texts!r}, params)"
    for texts in (["S=a"], ["L=3", "S=b", "Z=3"], ["S=a", "S=b"], ["S="], ["S=a", "L="])
]
CHECKED = [
    f"s.validate_inputs(params, {inputs})"
    for inputs in (
        "{}",
        "{'S': rstring('a')}",
        "{'S': rstring('c'), 'L': rlong(9)}",
        "{'S': rint(1)}",
        "{'S': rstring('a'), 'Z': rstring('x')}",
        "{'S': rstring('a'), 'L': rlong(-1)}",
        "{'S': rstring('a'), 'LL': rlist(rint(1), rlong(2), rint(3))}",
        "{'S': None}",
        "{'S': rstring('a'), 'LL': rlist()}",
        "{'S': 'a'}",
        "{'S': rstring('a'), 'M': rmap(a=rlong(1))}",
        "{'S': rstring('a'), 'SE': rlist(rstring('x'))}",
        "{'S': rstring('a'), 'SE': rstring('x')}",
    )
] + [
    "s.check_boundaries('k', rlong(4), rlong(2), rlong(3))",
    "s.check_boundaries('k', None, rlong(5), rlist(rlong(8), rlong(9)))",
    "s.check_values('k', rlist(rstring('a')), rlist(rstring('a'), rstring('c'), rstring('d')))",
    "s.check_values('k', rlist(rint(1)), rlong(1))",
    "s.check_values('k', rlist(), rlong(1))",
    "s.check_values('k', None, rlong(1))",
    "s.compare_proto('k', rlong(0), None)",
    "s.compare_proto('k', rmap(a=rlong(0)), rmap(b=rint(1)))",
    "s.compare_proto('k', rlist(rlist(rlong(0))), rlist(rlist(rint(0))))",
    "s.expand(rlist(rlong(1)))",
    "s.expand([rlong(1)])",
    "s.expand(None)",
    "s.error_msg('A', 'k', '%s x %s', 1, 2)",
]
GROUPED = [
    f"grouped{groupings!r}"
    for groupings in (
        ("1", "2"),
        ("1", "1.1", "1.2", "2"),
        ("1.1", "1"),
        ("1.1.1", "1.1", "1"),
        ("", "1"),
        ("A", "A.1"),
        ("10", "2"),
        ("01", "02.3"),
        ("1.2.3", "1"),
    )
]


def test_parameters_of_scripts(official: Official) -> None:
    for expressions in (MADE, DESCRIBED, READ, CHECKED, GROUPED):
        wanted = official.script("expressions", setup=SETUP, expressions=expressions)
        ours = evaluate(SETUP, expressions)
        assert dict(zip(expressions, map(without_detail, ours), strict=True)) == dict(
            zip(expressions, map(without_detail, wanted), strict=True)
        )


def without_detail(text: str) -> str:
    """Python 3.10 and 3.11 word syntax errors differently."""
    return re.sub(r"^SyntaxError: .*", "SyntaxError", text)
