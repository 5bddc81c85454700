"""The caller's side of HTTP/1.1: sockets, connections, deadlines, and replies as bytes."""
