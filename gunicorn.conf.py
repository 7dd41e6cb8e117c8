"""Read by gunicorn from the folder it is started in."""

logger_class = "makers_market.core.server_log.ServerLog"
