from __future__ import annotations

import asyncio
import warnings

from regimeflow.engine.awaiting import Reply, waiting_of, watch


def test_a_call_that_is_given_up_before_it_began_leaves_nothing_unawaited() -> None:
    replies: list[Reply[int]] = []

    async def answer() -> int:
        return 1

    async def main() -> None:
        waiting_of(watch(answer(), replies.append, is_inline=False, patience_s=1.0)).cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())

    assert [] == [str(each.message) for each in caught]
    assert [] == replies
