"""What a hypothesis has been through, for who looks back on a whole drive."""

from mapprior.model.ids import LinkId


class Story:
    """A stretch of a hypothesis' way: the links since the story before, ending with the one it was then on.

    `track`: (number of the fix, offset on the last link, variance of it), one for each fix taken on this stretch.
    """

    __slots__ = ("before", "track", "way")

    def __init__(self, before: "Story | None", way: tuple[LinkId, ...]) -> None:
        self.before = before
        self.way = way
        self.track: list[tuple[int, float, float]] = []

    def at(self, fix: int) -> "tuple[Story, float] | None":
        """The stretch on which a fix was taken, and the offset then; None before the story begins."""
        story: Story | None = self
        while story is not None:
            if story.track and story.track[0][0] <= fix:
                for number, s_m, _ in reversed(story.track):
                    if number <= fix:
                        return story, s_m
            story = story.before
        return None
