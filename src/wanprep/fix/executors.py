"""Carry out a recipe: images in worker processes, video and audio with ffmpeg."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from wanprep.closing import Closing
from wanprep.files.atomic import explain_os_errors
from wanprep.fix.plan.plan import (
    AudioRecipe,
    ImageRecipe,
    Output,
    Rename,
    StripLocation,
    VideoRecipe,
)

if TYPE_CHECKING:
    from wanprep.fix.plan.plan import Plan, ProgressCallback, Recipe
    from wanprep.media.facts import Facts

Similarity = dict[str, float]  # by measure: "ssim", "vmaf"


class Executors(Closing):
    """What runs recipes; methods may be called from several threads."""

    def __init__(self, workers: int, videos: int) -> None:
        from wanprep.fix.image.workers import ImageWorkers

        self._images = ImageWorkers(workers)
        self._is_stopped = False
        # ffmpeg has threads of its own: share the cores among the videos that run at once.
        self._threads = max(1, workers // max(1, min(videos, workers)))

    def close(self) -> None:
        """End the worker processes, and allow ffmpeg to run again."""
        self._images.close()
        if self._is_stopped:
            from wanprep.fix.ffmpeg import resume

            resume()

    def stop(self) -> None:
        """End everything that runs; calls in other threads raise CannotFix."""
        from wanprep.fix.ffmpeg import stop_all

        self._is_stopped = True
        self._images.close()
        stop_all()

    def write_output(
        self, source: str, plan: Plan, path: str, progress: ProgressCallback | None
    ) -> tuple[Output, Similarity]:
        """Write the result to `path`, and measure how similar to the source it is."""
        facts = plan.facts
        match plan.recipe:
            case Rename():
                with explain_os_errors(path):
                    shutil.copyfile(source, path)
                return Output(), {}
            case ImageRecipe() | StripLocation() as recipe:
                output, ssim = self._images.make(source, recipe, facts, path)
                return output, {} if ssim is None else {"ssim": ssim}
            case VideoRecipe() as recipe:
                return self._write_video(source, recipe, facts, path, progress)
            case AudioRecipe() as recipe:
                from wanprep.fix.audio import make_audio

                return make_audio(source, recipe, facts, path, progress=progress), {}

    def _write_video(
        self,
        source: str,
        recipe: VideoRecipe,
        facts: Facts,
        path: str,
        progress: ProgressCallback | None,
    ) -> tuple[Output, Similarity]:
        from wanprep.fix.video.make import make_video
        from wanprep.fix.video.place_window import place_window
        from wanprep.fix.video.similarity import video_similarity

        threads, recipe = self._threads, place_window(source, recipe, facts)
        output = make_video(source, recipe, facts, path, threads=threads, progress=progress)
        if recipe.video == "copy":
            return output, {}
        return output, video_similarity(source, recipe, facts, path, threads=threads)


def without_copies(recipe: Recipe, facts: Facts) -> VideoRecipe | None:
    """Return a recipe that encodes the streams which this one copies; None if it copies none."""
    if not isinstance(recipe, VideoRecipe) or "copy" not in (recipe.video, recipe.audio):
        return None
    from wanprep.fix.video.make import encode_all_streams

    return encode_all_streams(recipe, facts)


def planned_commands(
    source: str, recipe: Recipe, facts: Facts, path: str
) -> tuple[tuple[str, ...], ...]:
    """List the ffmpeg commands that a recipe will run."""
    match recipe:
        case VideoRecipe():
            from wanprep.fix.video.commands import video_commands

            return video_commands(source, recipe, facts, path, threads=1)
        case AudioRecipe():
            from wanprep.fix.audio import audio_commands

            return audio_commands(source, recipe, facts, path)
        case _:
            return ()


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
