"""What a web server loads: the application, refused when a guarantee is missing from its database."""

from hub import create_app
from hub.db import must_hold_guarantees

app = create_app()
must_hold_guarantees(app)
