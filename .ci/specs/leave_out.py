"""Prints a spec without what is at a JSON pointer, which has to be there.

leave_out.py SPEC POINTER
"""

import sys

from ruamel.yaml import YAML

spec, pointer = sys.argv[1:]
yaml = YAML()
yaml.width = 1 << 20  # Folds no line.
with open(spec, encoding="utf-8") as file:
    document = yaml.load(file)
*parents, last = (key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:])
place = document
for key in parents:
    place = place[key]
del place[last]
yaml.dump(document, sys.stdout)
