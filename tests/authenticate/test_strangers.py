import asyncio

from clew.authenticate.strangers import FREE_PER_S, MOST_HELD, Strangers


class _Clock:
    now_s = 100.5

    def __call__(self) -> float:
        return self.now_s


def test_a_few_refusals_are_told_at_once() -> None:
    """Within a second so many wait for nothing, and as many again in the next one."""

    async def scenario() -> None:
        clock = _Clock()
        strangers = Strangers(clock, hold_s=3600)
        for _ in range(3):
            for _ in range(FREE_PER_S):
                await strangers.hold()
            clock.now_s += 1

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_many_wait_and_no_more_than_there_is_room_for() -> None:
    """Beyond that they are held, all at the same time; those beyond the room are told at once."""

    async def scenario() -> None:
        strangers = Strangers(_Clock(), hold_s=3600)
        tasks = [asyncio.create_task(strangers.hold()) for _ in range(FREE_PER_S + MOST_HELD + 5)]
        done, held = await asyncio.wait(tasks, timeout=5)
        assert (len(done), len(held), strangers.held) == (FREE_PER_S + 5, MOST_HELD, MOST_HELD)
        for task in held:
            task.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        assert strangers.held == 0

    asyncio.run(scenario())


def test_who_was_held_is_told_in_the_end() -> None:
    """The wait is as long as it says, and then over."""

    async def scenario() -> None:
        strangers = Strangers(_Clock(), hold_s=0.01)
        await asyncio.gather(*(strangers.hold() for _ in range(FREE_PER_S + 100)))
        assert strangers.held == 0

    asyncio.run(asyncio.wait_for(scenario(), 10))
