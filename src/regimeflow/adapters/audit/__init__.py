"""The audit log: lines of JSON, each sealed with the hash of all before it."""
