"""The demo: a sample provider, traffic through the real proxy, and a home that is thrown away."""
