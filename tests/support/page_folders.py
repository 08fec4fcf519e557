"""What a reader of each page of the documentation has before its first command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from documents import ROOT
from emulated import emulate
from hook_repository import HookRepository
from imageio_ffmpeg import get_ffmpeg_exe
from object_store import KEYS, s3_server
from page_runs import PageRun
from PIL import Image
from published_forms import OPENAPI

DEMO: Final = ROOT / "fixtures/demo"


def demo(run: PageRun, _: ExitStack) -> None:
    """Copy a job that passes."""
    shutil.copytree(DEMO, run.work, dirs_exist_ok=True)


def checkout(run: PageRun, stack: ExitStack) -> None:
    demo(run, stack)
    shutil.copytree(ROOT / "fixtures", run.work / "fixtures")
    program = run.work / ".venv/bin/wanprep"
    program.parent.mkdir(parents=True)
    program.symlink_to(run.own / "bin/wanprep")


def phone(run: PageRun, _: ExitStack) -> None:
    """Write a photo on its side with a position, a screenshot with alpha, and a long clip."""
    folder = run.work / "phone"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 6.0), 3: "E", 4: (11.0, 34.0, 30.0)})
    photo = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    photo.save(folder / "IMG_2041.JPG", exif=exif)
    screen = Image.linear_gradient("L").resize((1170, 900)).convert("RGBA")
    screen.save(folder / "IMG_2044.PNG")
    video(folder / "IMG_2047.MOV", 34)


def video(path: Path, seconds: int) -> None:
    sources = [f"testsrc=duration={seconds}:size=640x360:rate=12", f"sine=duration={seconds}"]
    inputs = [word for source in sources for word in ("-f", "lavfi", "-i", source)]
    command = [get_ffmpeg_exe(), "-v", "error", *inputs, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)


def assets(run: PageRun, stack: ExitStack) -> None:
    """Add a folder in which one image is too small and one is wider than allowed, and more."""
    demo(run, stack)
    folder = run.work / "assets"
    folder.mkdir()
    for name in ("hero.jpg", "dance.mp4"):
        shutil.copy(DEMO / "refs" / name, folder)
    Image.new("RGB", (32, 24)).save(folder / "tiny.png")


def jobs(run: PageRun, stack: ExitStack) -> None:
    assets(run, stack)
    shutil.copytree(DEMO, run.work / "jobs")
    (run.work / "jobs/job.yaml").rename(run.work / "jobs/first.yaml")
    shutil.copytree(DEMO / "refs", run.work / "voices")


def faulty_job(run: PageRun, stack: ExitStack) -> None:
    """Give the job an image with alpha and a video that is too long."""
    assets(run, stack)
    Image.linear_gradient("L").resize((800, 600)).convert("RGBA").save(run.work / "refs/garden.png")


def repository(run: PageRun, stack: ExitStack) -> None:
    """Make a repository with old findings, a branch of somebody, and a new image on it."""
    assets(run, stack)
    old = HookRepository(run.work, run.own)
    old.git("init", "-q", "-b", "main")
    old.image("assets/screen.png", mode="RGBA")
    old.stage()
    old.commit()
    old.git("update-ref", "refs/remotes/origin/main", "HEAD")
    old.image("assets/new.png")
    old.stage()


def openapi(run: PageRun, stack: ExitStack) -> None:
    assets(run, stack)
    run.write("openapi.json", json.dumps(OPENAPI))


def bucket(run: PageRun, stack: ExitStack) -> None:
    """Run a store with media in its bucket, and with a second that is empty."""
    faulty_job(run, stack)
    server = stack.enter_context(s3_server())
    names = {"renders/hero.jpg": "hero.jpg", "renders/dance.mp4": "dance.mp4"}
    media = {key: (DEMO / "refs" / name).read_bytes() for key, name in names.items()}
    Image.new("RGB", (640, 480)).save(run.own / "hero.tiff")
    server.put("bucket", {**media, "renders/hero.tiff": (run.own / "hero.tiff").read_bytes()})
    run.environ |= {**KEYS, "AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": "us-east-1"}


def cluster(run: PageRun, stack: ExitStack) -> None:
    """Run a scheduler with a worker, and a store."""
    from distributed import LocalCluster  # heavy

    bucket(run, stack)
    workers = stack.enter_context(
        LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            protocol="tcp://",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        )
    )
    run.names["head:8786"] = workers.scheduler_address.partition("://")[2]
    run.names["/mnt/assets"] = str(run.work / "assets")


def provider(run: PageRun, stack: ExitStack) -> None:
    """Run a provider that takes jobs, with a key for it."""
    shutil.copytree(DEMO / "refs", run.work / "refs")
    shutil.copytree(DEMO / "refs", run.work / "jobs/refs")
    job = (DEMO / "job.yaml").read_text(encoding="utf-8").replace("1080p", "720p")
    for number, name in enumerate(("job", "jobs/first", "jobs/second")):
        run.write(f"{name}.yaml", job.replace("seed: 42", f"seed: {number}"))
    emulator = stack.enter_context(emulate())
    run.environ |= emulator.environment | {"WANPREP_POLL_INTERVAL": "0.1"}


FOLDERS: Final[dict[str, Callable[[PageRun, ExitStack], None]]] = {
    "README.md": checkout,
    "explanation/emulated-runs.md": demo,
    "how-to/add-a-target.md": openapi,
    "how-to/adopt-in-an-old-repository.md": repository,
    "how-to/check-a-bucket.md": bucket,
    "how-to/check-a-folder.md": jobs,
    "how-to/choose-a-provider.md": demo,
    "how-to/continuous-integration.md": repository,
    "how-to/fix-in-place.md": repository,
    "how-to/fix-media.md": faulty_job,
    "how-to/host-local-files.md": demo,
    "how-to/offline-and-proxies.md": demo,
    "how-to/pre-commit.md": repository,
    "how-to/query-results.md": assets,
    "how-to/query-with-jq-and-duckdb.md": assets,
    "how-to/report-formats.md": assets,
    "how-to/run-on-a-cluster.md": cluster,
    "how-to/submit-and-resume.md": provider,
    "how-to/use-from-an-agent.md": demo,
    "how-to/write-a-job.md": demo,
    "how-to/write-a-plugin.md": openapi,
    "tutorial.md": phone,
}
