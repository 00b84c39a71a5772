"""What Envoy's ext_authz says over gRPC: our own description of the published messages, and what is generated of it."""
