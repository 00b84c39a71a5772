"""What other teams use to test their policies and gateways."""
