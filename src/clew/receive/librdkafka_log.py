"""What librdkafka writes to its log, which repeats itself for every broker and every try to reach it."""

import logging

log = logging.getLogger(__name__)


class QuietLog:
    """Takes the place of a logger. All of it is for debugging: what matters comes as an error event as well."""

    def log(self, level: int, message: str, *values: object) -> None:
        """A line, whatever librdkafka takes its level to be."""
        log.debug(message, *values)
