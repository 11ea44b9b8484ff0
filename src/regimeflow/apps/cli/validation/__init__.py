"""The life of one small order at a venue, through the engine, one step after another."""
