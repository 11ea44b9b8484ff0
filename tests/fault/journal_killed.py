"""Writes a journal until it is killed; says after each append how far it is. usage: FOLDER"""

from __future__ import annotations

import sys

from regimeflow._core.journal_writer import JournalWriter
from regimeflow._core.messages import Quote

writer = JournalWriter(sys.argv[1], segment_bytes=65536)
number = writer.recovery.segment * 1_000_000 if writer.recovery is not None else 0
# Never closed: the process is killed.
said = open(sys.argv[2], "ab", buffering=0)  # noqa: PTH123, SIM115
while True:
    number += 1
    writer.append(Quote("BTCUSDT", number, 1, number, 1, update_id=number))
    said.write(b"%d\n" % number)
    if number % 50 == 0:
        writer.prepare_next()
