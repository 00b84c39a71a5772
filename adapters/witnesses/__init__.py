"""Departments co-sign each other's checkpoints: the endpoint for the logs of others, the client for our own."""
