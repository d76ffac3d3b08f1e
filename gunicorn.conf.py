"""The web server: threads for slow clients, workers renewed now and then, no control socket."""

from config import web

bind, workers, threads = web()
worker_class = "gthread"
wsgi_app = "wsgi:app"
preload_app = True  # loaded once, shared by the processes: one that dies is back at once
timeout = 30
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
control_socket_disable = True
