"""The saving room: graphs of objects from clients into rows."""
