"""Wire formats: from the bytes of a provider to usage."""
