"""The account watched while a session runs: losses, exposure, stops, the kill switch."""
