"""What the gateway is measured against: other people's proxies, doing the same translation."""
