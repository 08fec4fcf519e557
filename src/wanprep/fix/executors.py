"""Carry out a recipe, whatever it is for."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from wanprep.closing import Closing
from wanprep.fix.deliver import told
from wanprep.fix.plan.plan import AudioRecipe, ImageRecipe, Output, Renamed, Stripped, VideoRecipe

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import Plan, ProgressCallback, Recipe
    from wanprep.media.facts import Facts

Similarity = dict[str, float]


class Executors(Closing):
    """Those who do the work: processes for images, and ffmpeg for all that moves or sounds."""

    def __init__(self, workers: int, videos: int) -> None:
        from wanprep.fix.image.workers import ImageWorkers

        self._images = ImageWorkers(workers)
        # ffmpeg has threads of its own: as many as there are cores for each clip under way.
        self.threads = max(1, workers // max(1, min(videos, workers)))

    def close(self) -> None:
        """Send everybody home; whoever comes after them may begin anew."""
        from wanprep.fix.ffmpeg import resume

        self._images.close()
        resume()

    def stop(self) -> None:
        """End whatever is under way; those who wait for it learn that it failed."""
        from wanprep.fix.ffmpeg import stop_all

        self._images.close()
        stop_all()

    def placed(self, source: str, recipe: Recipe, facts: Facts) -> Recipe:
        """Choose what part of an image is kept, by looking at it."""
        window = getattr(recipe, "window", None)
        if window is None or window.corner is not None:
            return recipe
        if isinstance(recipe, ImageRecipe):
            return self._images.place_window(source, recipe, facts)
        assert isinstance(recipe, VideoRecipe)  # noqa: S101 - nothing else has a window
        from wanprep.fix.video.place_window import place_window

        return place_window(source, recipe, facts)

    def make(
        self, source: str, plan: Plan, into: str, progress: ProgressCallback | None
    ) -> tuple[Output, Similarity]:
        """Write the result under a temporary name, and measure how like its source it is."""
        facts = plan.facts
        match plan.recipe:
            case Renamed():
                with told(into):
                    shutil.copyfile(source, into)
                return Output(), {}
            case ImageRecipe() | Stripped() as recipe:
                made, ssim = self._images.make(source, recipe, facts, into)
                return made, {} if ssim is None else {"ssim": ssim}
            case VideoRecipe() as recipe:
                return self._video(source, recipe, facts, into, progress)
            case AudioRecipe() as recipe:
                from wanprep.fix.audio import make_audio

                return make_audio(source, recipe, facts, into, progress=progress), {}

    def _video(
        self,
        source: str,
        recipe: VideoRecipe,
        facts: Facts,
        into: str,
        progress: ProgressCallback | None,
    ) -> tuple[Output, Similarity]:
        from wanprep.fix.video.make import make_video
        from wanprep.fix.video.similarity import video_similarity

        made = make_video(source, recipe, facts, into, threads=self.threads, progress=progress)
        if recipe.video == "copy":
            return made, {}
        return made, video_similarity(source, recipe, facts, into, threads=self.threads)


def uncopied(recipe: Recipe, facts: Facts) -> VideoRecipe | None:
    """Return what else can be tried where streams were copied; None where none was."""
    if not isinstance(recipe, VideoRecipe) or "copy" not in (recipe.video, recipe.audio):
        return None
    from wanprep.fix.video.make import without_copying

    return without_copying(recipe, facts)


def planned_commands(
    source: str, recipe: Recipe, facts: Facts, into: str, threads: int
) -> tuple[tuple[str, ...], ...]:
    """Tell how ffmpeg will be called, before it is."""
    match recipe:
        case VideoRecipe():
            from wanprep.fix.video.commands import video_commands

            return video_commands(source, recipe, facts, into, threads=threads)
        case AudioRecipe():
            from wanprep.fix.audio import audio_commands

            return audio_commands(source, recipe, facts, into)
        case _:
            return ()


def sha256(path: str) -> str:
    """Name a file by its content."""
    with told(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
