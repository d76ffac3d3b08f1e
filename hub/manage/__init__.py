"""The staff desk of the whole hub: what concerns bookings and activities alike. It owns no table."""
