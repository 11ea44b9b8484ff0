"""What every local venue shares: accounts, faults, market, control endpoint, runner."""
