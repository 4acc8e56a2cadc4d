"""The whole of Tickler on one machine: fetched or built, started, supervised and stopped.

Everything but `topics` and `jars` needs the standard library alone, since it runs before anything is installed.
"""
