def service(name, data=()):
    """A service: its sources, alembic revisions and data files, and its PEX `dist/src.python.<name>/<name>.pex`."""
    python_sources(name="lib", sources=["**/*.py", "!migrations/**"], dependencies=[":data"])
    # Found by alembic on disk, imported by nothing.
    python_sources(name="migrations", sources=["migrations/**/*.py"])
    resources(name="data", sources=["VERSION", *data])
    pex_binary(
        name=name,
        entry_point="main.py",
        dependencies=[":migrations", "//src/python/events:migrations"],
        execution_mode="venv",  # alembic and templates need files, and a warm start reads no zip
        include_tools=True,  # an image's layers are made by `PEX_TOOLS=1 <pex> venv`
        shebang="#!/usr/bin/env python3.11",
    )
