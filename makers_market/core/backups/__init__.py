"""A backup of the shop: one folder with a dump of the database, the files, and what they must be.

    manifest.json     when, from which server, every table's rows and digest, the audit log's head
    database.dump     pg_dump's custom format
    files.jsonl       one line a file: where it lay, its bytes and SHA-256
    files/<storage>/  the files themselves

`manage.py backup` writes one, `manage.py restore` reads it (docs/data-safety.md).
"""
