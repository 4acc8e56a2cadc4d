def service(name, data=()):
    """A service: its sources, alembic revisions and data files, and its PEX `dist/src.python.<name>/<name>.pex`.

    Walls, which hold for direct imports: a service imports itself and the shared library; its domain stands on the
    standard library, itself, and what of the shared library is as pure.
    """
    python_sources(name="lib", sources=["**/*.py", "!migrations/**"], dependencies=[":data"])
    # Found by alembic on disk, imported by nothing.
    python_sources(name="migrations", sources=["migrations/**/*.py"])
    resources(name="data", sources=["VERSION", *data])
    pex_binary(
        name=name,
        entry_point="main.py",
        dependencies=[
            ":migrations",
            "//src/python/events:migrations",
            "//3rdparty/python:default#asyncpg",  # named by a URL
            "//3rdparty/python:default#tzdata",  # for machines without zone data of their own
            # Stubs follow what they describe, and are of no use at run time.
            "!!//3rdparty/python:stubs#types-grpcio",
            "!!//3rdparty/python:stubs#types-python-dateutil",
        ],
        execution_mode="venv",  # alembic and templates need files, and a warm start reads no zip
        include_tools=True,  # an image's layers are made by `PEX_TOOLS=1 <pex> venv`
        shebang="#!/usr/bin/env python3.11",
    )
    __dependencies_rules__(
        (
            "[/domain/**]",
            "/domain/**",
            "/__init__.py",
            "<resources>[/**]",
            "//src/python/events/__init__.py",
            "//src/python/events/contracts/**",
            "//src/python/events/recurrence/**",
            "//src/python/events/errors.py",
            "!*",
        ),
        ("*", "/**", "//src/python/events/**", "//3rdparty/python/**", "!*"),
    )
