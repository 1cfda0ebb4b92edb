"""What Python expressions give with the official library."""

import warnings

from evaluated import evaluate
from shared import GIVEN, answer

warnings.simplefilter("ignore")
answer(evaluate(GIVEN["setup"], GIVEN["expressions"]))
