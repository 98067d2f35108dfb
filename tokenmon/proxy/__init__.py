"""The recording proxy: admission, forwarding, the usage tap."""
