"""What a data API uses to carry decisions out: it knows the service by its address and its public keys alone."""
