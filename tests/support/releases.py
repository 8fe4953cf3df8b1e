"""The API or a worker of another release, as far as others can tell: the schema it needs, and the bells it knows (F14).

Started in place of the module that `TEST_PROCESS` names. `TEST_SCHEMA` is the migration it needs, `TEST_BELLS` the only
bells that it knows, with commas between; each by default what this build has.
"""

import importlib
import os

from attain_shared.db import schema
from attain_shared.doorbell import Bell
from attain_worker import bell

MODULE = "tests.support.releases"
PROCESS, SCHEMA, BELLS = "TEST_PROCESS", "TEST_SCHEMA", "TEST_BELLS"
KNOWN = "Bell"
"""What the bells are known by there."""


def main() -> None:
    """Be that process."""
    schema.SCHEMA_REVISION = os.environ.get(SCHEMA, schema.SCHEMA_REVISION)
    if names := os.environ.get(BELLS):
        setattr(bell, KNOWN, tuple(Bell(name) for name in names.split(",")))
    importlib.import_module(os.environ[PROCESS]).main()


if __name__ == "__main__":
    main()
