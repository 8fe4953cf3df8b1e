"""The zero-setup stack: PostgreSQL and Valkey out of wheels, migrations, the API and the worker, all as child processes.

`python -m deploy.local run` keeps serving, `python -m deploy.local demo` runs the main job once and cleans up.
Everything listens on loopback only. This is for trying out, development and tests; production has its own images.
"""
